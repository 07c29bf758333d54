import { once } from 'node:events';
import { createServer } from 'node:http';

/** A server on a free loopback port. `handle(request, response, url)` may be async; what it throws becomes a 500. */
export async function startServer(handle) {
  const server = createServer(async (request, response) => {
    try {
      await handle(request, response, new URL(request.url, 'http://loopback'));
    } catch (error) {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
