import { after, before } from 'node:test';
import { openPage, startChromium } from './chromium.mjs';
import { startMock } from './mock.mjs';
import { startServer } from './server.mjs';

/** One browser and one scripted service for a test file; both are stopped after its last test. */
export function openHouse() {
  const house = { stops: [] };
  before(async () => {
    house.browser = await startChromium();
    house.mock = await startMock();
  });
  after(async () => {
    for (const stop of house.stops) await stop();
    await house.browser?.close();
    await house.mock?.stop();
  });

  /** Opens `address` (default: the chat page), hands it to `visit`, and closes it whatever happens. */
  house.visit = async (visit, { address = `${house.mock.origin}/`, ...options } = {}) => {
    const { page, context, complaints } = await openPage(house.browser, options);
    try {
      await page.goto(address);
      return await visit(page, complaints);
    } finally {
      await context.close();
    }
  };

  /** A page of another origin, with its own policy if it has one. Returns its address. */
  house.foreignPage = async (html, headers = {}) => {
    const server = await startServer((request, response) => {
      if (new URL(request.url, 'http://loopback').pathname === '/') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(html);
      else response.writeHead(204).end();
    });
    house.stops.push(() => server.stop());
    return `${server.origin}/`;
  };
  return house;
}
