import { serveAsset } from './assets.mjs';
import { bodyOf, startServer } from './server.mjs';

/** What the service sends so that a page of another origin may read its answers, `Retry-After` included. */
const CROSS_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET, OPTIONS',
  'access-control-allow-headers': 'content-type, accept',
  'access-control-expose-headers': 'retry-after, x-request-id',
};

/**
 * A service that speaks the wire contract of /api/v1/answers from a script.
 *
 * `answerWith(script)` sets what plays the next answers, as `script(question, wire)`; `asked` keeps every request body
 * and its headers.
 */
export async function startMock(script = () => { throw new Error('this test did not script an answer'); }) {
  const asked = [];
  const server = await startServer(async (request, response, url) => {
    if (await serveAsset(url.pathname, response)) return;
    if (url.pathname !== '/api/v1/answers') {
      response.writeHead(404).end();
      return;
    }
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CROSS_ORIGIN).end();
      return;
    }
    const question = JSON.parse(await bodyOf(request));
    asked.push({ ...question, headers: request.headers });
    await script(question, new Wire(request, response));
  });
  return { ...server, asked, answerWith(next) { script = next; } };
}

/** The sending side of one answer. */
class Wire {
  #response;

  constructor(request, response) {
    this.#response = response;
    /** Resolves when the reader goes away. */
    this.left = new Promise((resolve) => { response.once('close', resolve); });
  }

  problem(problem, headers = {}) {
    this.#response.writeHead(problem.status, { ...CROSS_ORIGIN, 'content-type': 'application/problem+json', ...headers });
    this.#response.end(JSON.stringify(problem));
  }

  plain(status, type, body) {
    this.#response.writeHead(status, { ...CROSS_ORIGIN, 'content-type': type }).end(body);
  }

  /** Sends bytes as they are, starting the event stream if it has not started. */
  async raw(bytes) {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { ...CROSS_ORIGIN, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    }
    await new Promise((resolve) => { this.#response.write(bytes, resolve); });
  }

  send(name, payload) {
    return this.raw(`event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`);
  }

  async play(events) {
    for (const [name, payload] of events) await this.send(name, payload);
  }

  end() {
    this.#response.end();
  }

  /** Breaks the connection in the middle, as a dying network does. */
  cut() {
    this.#response.destroy();
  }
}
