import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADD_ON_CODE, answer, sentence } from './lib/answers.mjs';
import { askAndWait, answerText, focused, lastTurn, question, sourcePanel } from './lib/chat.mjs';
import { PHONE } from './lib/chromium.mjs';
import { openHouse } from './lib/house.mjs';
import { HOSTILE_STYLE, hostPage } from './lib/pages.mjs';

const house = openHouse();

const plays = (events) => house.mock.answerWith(async (_, wire) => {
  await wire.play(events);
  wire.end();
});
const launcher = (page) => page.getByRole('button', { name: 'Ask coding' });
const dialog = (page) => page.locator('dialog.window');
const script = (attributes = '') => `<script src="${house.mock.origin}/widget.js" ${attributes}></script>`;

/** How the parts of the widget look, to compare one page with another. */
const looks = (page) => page.evaluate(() => {
  const host = document.querySelector('[data-codecite]');
  const properties = ['display', 'position', 'visibility', 'opacity', 'color', 'backgroundColor', 'fontFamily', 'fontSize', 'lineHeight', 'letterSpacing',
    'textTransform', 'textAlign', 'direction', 'transform', 'filter', 'zIndex', 'borderTopWidth', 'paddingLeft', 'marginLeft', 'cursor', 'wordSpacing'];
  const seen = [host, ...host.shadowRoot.querySelectorAll('.launcher, dialog, .bar h2, .turn h3, .text p, .cite, textarea, .button, input, select, table, td')];
  return seen.map((node) => {
    const style = getComputedStyle(node);
    const box = node.getBoundingClientRect();
    return [`${node.localName}.${node.className}`, ...properties.map((name) => `${name}: ${style[name]}`), `${Math.round(box.width)}×${Math.round(box.height)}`].join('; ');
  });
});

test('one script tag puts the chat on a page of another origin, whatever its style', async () => {
  plays(ADD_ON_CODE);
  const seen = [];
  for (const style of ['', HOSTILE_STYLE]) {
    const address = await house.foreignPage(hostPage({ style, script: script('data-title="Ask coding"') }));
    await house.visit(async (page, complaints) => {
      assert.notEqual(new URL(address).origin, house.mock.origin);
      await launcher(page).click();
      assert.equal(await askAndWait(page, 'What is CPT 38900?'), 'answered');
      await question(page).focus();
      await page.mouse.move(5, 5);
      await page.waitForTimeout(300);
      seen.push(await looks(page));
      await lastTurn(page).locator('.text .cite').nth(1).click();
      assert.equal(await sourcePanel(page).isVisible(), true);
      assert.deepEqual(complaints, []);
    }, { address });
  }
  assert.ok(seen[0].length > 15);
  assert.deepEqual(seen[1], seen[0], 'the hostile page changes nothing');
});

test('the host page needs no style, inline or trusted-types permission', async () => {
  plays(ADD_ON_CODE);
  const { origin } = house.mock;
  const policy = `default-src 'none'; script-src ${origin}; connect-src ${origin}; style-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
  const address = await house.foreignPage(hostPage({ script: script('data-title="Ask coding"') }), { 'content-security-policy': policy });
  await house.visit(async (page, complaints) => {
    await launcher(page).click();
    assert.equal(await askAndWait(page, 'What is CPT 38900?'), 'answered');
    assert.equal(await launcher(page).evaluate((node) => getComputedStyle(node).position), 'fixed');
    assert.deepEqual(complaints, []);
  }, { address });
});

test('no cookie and no address of the host page reach the service', async () => {
  plays(answer([sentence('Yes.')]));
  const address = await house.foreignPage(hostPage({ script: script('data-title="Ask coding"') }), { 'referrer-policy': 'unsafe-url' });
  await house.visit(async (page) => {
    await page.context().addCookies([{ name: 'session', value: 'secret', url: house.mock.origin }]);
    await launcher(page).click();
    await askAndWait(page, 'q');
    const { headers } = house.mock.asked.at(-1);
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.referer, undefined);
    assert.equal(headers.origin, new URL(address).origin);
  }, { address: `${address}?patient=4711` });
});

test('Retry-After is read across origins', async () => {
  house.mock.answerWith((_, wire) => wire.problem({ status: 429, title: 'Too many questions' }, { 'retry-after': '3000' }));
  const address = await house.foreignPage(hostPage({ script: script('data-title="Ask coding"') }));
  await house.visit(async (page) => {
    await launcher(page).click();
    await askAndWait(page, 'q');
    assert.match(await lastTurn(page).locator('[data-action="retry"]').innerText(), /^Retry in 50 min$/);
  }, { address });
});

test('Escape closes the source first, then the window, and the focus goes back each time', async () => {
  plays(ADD_ON_CODE);
  const address = await house.foreignPage(hostPage({ script: script('data-title="Ask coding"') }));
  for (const options of [{}, { viewport: PHONE }]) {
    await house.visit(async (page) => {
      await launcher(page).focus();
      await page.keyboard.press('Enter');
      assert.equal(await focused(page), 'Your coding question');
      assert.equal(await launcher(page).getAttribute('aria-expanded').catch(() => 'true'), 'true');
      await page.keyboard.type('What is CPT 38900?');
      await page.keyboard.press('Enter');
      await lastTurn(page).locator('.actions button').first().waitFor();
      await lastTurn(page).locator('.text .cite').first().press('Enter');
      await page.keyboard.press('Escape');
      assert.equal(await sourcePanel(page).isVisible(), false);
      assert.equal(await dialog(page).isVisible(), true, 'the first Escape leaves the window open');
      assert.match(await focused(page), /^Source 1/);
      await page.keyboard.press('Escape');
      assert.equal(await dialog(page).isVisible(), false);
      assert.equal(await focused(page), 'Ask coding');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator('article.turn').count(), 1, 'closing keeps the conversation');
    }, { address, ...options });
  }
});

test('on a phone the window is a sheet over the whole screen that keeps the page behind it out of reach', async () => {
  plays(ADD_ON_CODE);
  // A page that is wider than the phone would widen the very viewport that the sheet is measured against.
  const style = `${HOSTILE_STYLE} h1, p { display: none; }`;
  const address = await house.foreignPage(hostPage({ style, script: script('data-title="Ask coding"') }));
  await house.visit(async (page, complaints) => {
    await launcher(page).tap();
    await page.waitForTimeout(300);
    assert.deepEqual(await dialog(page).boundingBox(), { x: 0, y: 0, ...PHONE });
    assert.equal(await askAndWait(page, 'What is CPT 38900?'), 'answered');
    assert.match(await answerText(page), /^38900 is an add-on code/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.id === 'behind'), false, 'Tab does not leave the sheet for the page');
    }
    await page.getByRole('button', { name: 'Close', exact: true }).tap();
    assert.equal(await dialog(page).isVisible(), false);
    assert.deepEqual(complaints, []);
  }, { address, viewport: PHONE, hasTouch: true, isMobile: true });
});

test('keys typed in the chat do not trigger shortcuts of the host page', async () => {
  plays(answer([sentence('Yes.')]));
  const address = await house.foreignPage(hostPage({ script: script('data-title="Ask coding"') }));
  await house.visit(async (page) => {
    await page.evaluate(() => {
      window.heard = [];
      document.addEventListener('keydown', (event) => { if (event.target.localName !== 'textarea') window.heard.push(event.key); });
    });
    await launcher(page).click();
    assert.doesNotMatch(await dialog(page).innerText(), /false|null|undefined|NaN/);
    await page.keyboard.type('s/?');
    assert.deepEqual(await page.evaluate(() => window.heard), []);
    assert.equal(await question(page).inputValue(), 's/?');
  }, { address });
});

test('inline, the chat fills its target; settings come from the tag', async () => {
  plays(answer([sentence('Yes.')]));
  const attributes = 'data-target="#here" data-title="Kodierung" data-date-of-service="2025-03-01" data-setting="practitioner" data-theme="dark" data-examples="One?|Two?"';
  const address = await house.foreignPage(hostPage({ body: '<div id="here"></div>', script: script(attributes) + script(attributes) }));
  await house.visit(async (page, complaints) => {
    assert.equal(await page.locator('#here > [data-codecite="inline"]').count(), 1, 'a second tag for the same target adds nothing');
    assert.equal(await page.getByRole('heading', { name: 'Kodierung' }).isVisible(), true);
    assert.equal(await page.locator('.codecite').getAttribute('data-theme'), 'dark');
    await page.getByRole('button', { name: 'Two?' }).click();
    await lastTurn(page).locator('.actions button').first().waitFor();
    const { headers, ...body } = house.mock.asked.at(-1);
    assert.deepEqual(body, { question: 'Two?', date_of_service: '2025-03-01', setting: 'practitioner' });
    const box = await page.locator('[data-codecite]').boundingBox();
    assert.ok(box.height >= 420 && box.height <= 800 * 0.85 + 1, `${box.height} px high`);
    assert.notEqual(await focused(page), 'Your coding question', 'an embedded chat does not take the focus of the page');
    assert.deepEqual(complaints, []);
  }, { address });
});

test('inline without a target, the chat stands where its tag stands', async () => {
  for (const when of ['', 'defer', 'async']) {
    const address = await house.foreignPage(hostPage({ script: `<main><p id="before"></p>${script(`${when} data-mode="inline"`)}<p id="after"></p></main>` }));
    await house.visit(async (page, complaints) => {
      await question(page).waitFor();
      assert.deepEqual(await page.locator('main > *').evaluateAll((nodes) => nodes.map((node) => node.id || node.localName)), ['before', 'script', 'div', 'after']);
      assert.deepEqual(complaints, []);
    }, { address });
  }
});

test('a target that is not there is named on the console', async () => {
  for (const target of ['#missing', '#no selector!']) {
    const address = await house.foreignPage(hostPage({ script: script(`data-target="${target}"`) }));
    await house.visit(async (page, complaints) => {
      assert.equal(complaints.length, 1);
      assert.ok(complaints[0].includes(`no element matches data-target="${target}"; add that element`), complaints[0]);
    }, { address });
  }
});

test('bottom-left stands on the left', async () => {
  const address = await house.foreignPage(hostPage({ script: script('data-title="Ask coding" data-position="bottom-left"') }));
  await house.visit(async (page) => {
    const box = await launcher(page).boundingBox();
    assert.equal(box.x, 20);
  }, { address });
});
