import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CODECITE_CHROMIUM ?? '/usr/bin/chromium';
const SWITCHES = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** Starts Chromium. Without one the tests fail: a page that nobody opened is not a page that works. */
export async function startChromium() {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`no Chromium at ${EXECUTABLE}: install it (Debian: apt-get install -y chromium) or name another one in CODECITE_CHROMIUM`);
  }
  return chromium.launch({ executablePath: EXECUTABLE, args: SWITCHES });
}

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/**
 * Opens a page that keeps a list of everything wrong with it: console errors, uncaught exceptions, policy violations,
 * and requests to anywhere but loopback.
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-US', timezoneId: 'America/New_York', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]|data:|blob:|about:)/.test(request.url())) complaints.push(`request to ${request.url()}`);
  });
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return { page, context, complaints };
}
