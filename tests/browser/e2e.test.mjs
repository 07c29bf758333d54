/* The real service, in a real browser. `make test` starts the binary and names it in CODECITE_BASE_URL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerText, ask, askAndWait, focused, lastTurn, settled, sourcePanel } from './lib/chat.mjs';
import { PHONE } from './lib/chromium.mjs';
import { openHouse } from './lib/house.mjs';
import { HOSTILE_STYLE, hostPage } from './lib/pages.mjs';

const base = process.env.CODECITE_BASE_URL?.replace(/\/*$/, '/');
const unset = base ? false : 'CODECITE_BASE_URL is not set; start `codecite serve` and name its address there, as `make test` does';
if (unset) console.error(`e2e.test.mjs is skipped: ${unset}`);

const house = openHouse();
const real = (name, run) => test(name, { skip: unset }, run);
const QUESTION = 'What is CPT 38900?';

/** The answer is about the code, and each of its sentences carries a citation that opens a source. */
async function assertCitedAnswer(page) {
  assert.equal(await settled(page), 'answered');
  const turn = lastTurn(page);
  assert.match(await answerText(page), /\b38900\b/);
  assert.ok(await turn.locator('.text button.cite').count() > 0, 'the text has citations');
  assert.equal(await turn.locator('.text .cite.unknown').count(), 0, 'each citation resolves');
  const uncited = await turn.locator('.text p, .text li').evaluateAll((blocks) => blocks.filter((block) => !block.lastElementChild?.matches('.cite')).map((block) => block.textContent));
  assert.deepEqual(uncited, [], 'each paragraph and list item ends with a citation');
  assert.ok(await turn.locator('.sources .source-row').count() > 0);
}

async function assertSourceOpens(page) {
  await sourcePanel(page).waitFor();
  assert.ok((await sourcePanel(page).locator('blockquote').innerText()).trim().length > 20, 'the source shows its text');
  const terms = await sourcePanel(page).locator('dt').allInnerTexts();
  for (const term of ['Authority', 'Document', 'Edition']) assert.ok(terms.includes(term), `the source names its ${term.toLowerCase()}`);
}

real('the chat page answers with citations that open, under its policy and without a complaint', async () => {
  const head = await fetch(base);
  assert.equal(head.status, 200);
  assert.match(head.headers.get('content-type'), /^text\/html/);
  const policy = head.headers.get('content-security-policy') ?? '';
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]) assert.ok(policy.includes(rule), `the policy of the page lacks ${rule}: ${policy}`);
  assert.doesNotMatch(policy, /unsafe-/);
  await house.visit(async (page, complaints) => {
    await page.getByRole('button', { name: QUESTION }).click();
    await assertCitedAnswer(page);
    await lastTurn(page).locator('.text button.cite').first().click();
    await assertSourceOpens(page);
    assert.equal(await lastTurn(page).locator('.failure').count(), 0);
    assert.deepEqual(complaints, []);
  }, { address: base });
});

real('a nonsense question is declined with its type', async () => {
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, 'Which wine goes with grilled unicorn?'), 'abstained');
    assert.match(await lastTurn(page).locator('.abstention').getAttribute('data-type'), /^(not_in_sources|out_of_scope)$/);
    assert.deepEqual(complaints, []);
  }, { address: base });
});

real('the date of service is understood and shown', async () => {
  await house.visit(async (page, complaints) => {
    await page.getByLabel('Date of service').fill('2026-03-02');
    await ask(page, QUESTION);
    await settled(page);
    assert.match(await lastTurn(page).locator('.chips').innerText(), /Date of service Mar 2, 2026(?! \(today\))/);
    assert.deepEqual(complaints, []);
  }, { address: base });
});

real('a whole visit by keyboard', async () => {
  await house.visit(async (page, complaints) => {
    assert.equal(await focused(page), 'Your coding question');
    await page.keyboard.type(QUESTION);
    await page.keyboard.press('Enter');
    await assertCitedAnswer(page);
    for (let presses = 0; presses < 60 && !/^Source \d+: /.test(await focused(page)); presses += 1) await page.keyboard.press('Shift+Tab');
    assert.match(await focused(page), /^Source \d+: /);
    const citation = await focused(page);
    await page.keyboard.press('Enter');
    await assertSourceOpens(page);
    await page.keyboard.press('Escape');
    assert.equal(await sourcePanel(page).isVisible(), false);
    assert.equal(await focused(page), citation);
    assert.deepEqual(complaints, []);
  }, { address: base });
});

real('a phone of 360 by 740', async () => {
  await house.visit(async (page, complaints) => {
    await page.getByRole('button', { name: QUESTION }).tap();
    await assertCitedAnswer(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is wider than the phone');
    await lastTurn(page).locator('.text button.cite').first().tap();
    await assertSourceOpens(page);
    assert.ok((await sourcePanel(page).boundingBox()).width >= 355);
    assert.deepEqual(complaints, []);
  }, { address: base, viewport: PHONE, hasTouch: true, isMobile: true });
});

real('embedded on a page of another origin with a style of its own', async () => {
  const script = `<script src="${base}widget.js" data-title="Ask coding"></script>`;
  const address = await house.foreignPage(hostPage({ style: HOSTILE_STYLE, script }));
  await house.visit(async (page, complaints) => {
    await page.getByRole('button', { name: 'Ask coding' }).click();
    await ask(page, QUESTION);
    await assertCitedAnswer(page);
    await lastTurn(page).locator('.text button.cite').first().click();
    await assertSourceOpens(page);
    assert.deepEqual(complaints, []);
  }, { address });
});

real('a page of another origin can read when to retry', async () => {
  const preflight = await fetch(new URL('api/v1/answers', base), {
    method: 'OPTIONS',
    headers: { origin: 'https://intranet.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  });
  assert.ok(preflight.ok, `the preflight was answered with ${preflight.status}`);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /content-type|\*/i);
  const reply = await fetch(new URL('api/v1/answers', base), {
    method: 'POST', headers: { origin: 'https://intranet.example', 'content-type': 'application/json' }, body: '{}',
  });
  await reply.body?.cancel();
  assert.match(reply.headers.get('access-control-expose-headers') ?? '', /retry-after|\*/i);
});
