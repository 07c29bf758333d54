import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADD_ON_CODE, answer, sentence } from './lib/answers.mjs';
import { answerText, focused, lastTurn, question, settled, sourcePanel } from './lib/chat.mjs';
import { openHouse } from './lib/house.mjs';

const house = openHouse();

const plays = (events) => house.mock.answerWith(async (_, wire) => {
  await wire.play(events);
  wire.end();
});

/** Presses Tab (or Shift+Tab) until `name` has the focus; fails when it is not reached in `limit` presses. */
async function tabTo(page, name, { key = 'Tab', limit = 30 } = {}) {
  for (let presses = 0; presses < limit; presses += 1) {
    await page.keyboard.press(key);
    if ((await focused(page)).includes(name)) return;
  }
  assert.fail(`"${name}" was not reached by ${limit} presses of ${key}`);
}

const focusRing = (page) => page.evaluate(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return `${outlineWidth} ${outlineStyle}`;
});

test('ask, read a source, come back, all without a mouse', async () => {
  plays(ADD_ON_CODE);
  await house.visit(async (page, complaints) => {
    assert.equal(await focused(page), 'Your coding question', 'the chat page starts in the question');
    await page.keyboard.type('What is CPT 38900?');
    await page.keyboard.press('Enter');
    assert.equal(await settled(page), 'answered');
    assert.equal(await focused(page), 'Your coding question', 'the next question can follow at once');
    await tabTo(page, 'Source 3', { key: 'Shift+Tab' });
    assert.equal(await focusRing(page), '2px solid');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'Global days of add-on codes', 'opening a source moves to its heading');
    await page.keyboard.press('Escape');
    assert.equal(await sourcePanel(page).isVisible(), false);
    assert.match(await focused(page), /^Source 3/, 'closing it goes back to the citation');
    await tabTo(page, 'Copy');
    await tabTo(page, 'Retry');
    await page.keyboard.press('Enter');
    assert.equal(await settled(page), 'answered');
    assert.equal(await focused(page), 'Your coding question', 'the focus is never lost');
    assert.deepEqual(complaints, []);
  });
});

test('Shift+Enter starts a new line, Enter asks, an empty question asks nothing', async () => {
  plays(answer([sentence('Yes.')]));
  await house.visit(async (page) => {
    const before = house.mock.asked.length;
    await question(page).press('Enter');
    await question(page).pressSequentially('  ');
    await question(page).press('Enter');
    assert.equal(house.mock.asked.length, before);
    await question(page).fill('');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    assert.equal(await question(page).inputValue(), 'one\ntwo');
    await page.keyboard.press('Enter');
    await settled(page);
    assert.equal(house.mock.asked.at(-1).question, 'one\ntwo');
    assert.equal(await question(page).inputValue(), '');
  });
});

test('Enter that ends an input method composition does not ask', async () => {
  await house.visit(async (page) => {
    await question(page).fill('k');
    await question(page).evaluate((box) => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, composed: true })));
    assert.equal(await page.locator('article.turn').count(), 0);
  });
});

test('stop is reachable by keyboard and hands the focus back', async () => {
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([sentence('So far.')]).slice(0, -1));
    await wire.left;
  });
  await house.visit(async (page) => {
    await page.keyboard.type('slow');
    await page.keyboard.press('Enter');
    await page.getByText('So far.').waitFor();
    await tabTo(page, 'Stop');
    await page.keyboard.press('Enter');
    assert.equal(await settled(page), 'stopped');
    assert.equal(await focused(page), 'Your coding question');
    assert.match(await answerText(page), /^So far\./);
  });
});

test('every control has a name, and headings descend in order', async () => {
  plays(ADD_ON_CODE);
  await house.visit(async (page) => {
    await page.keyboard.type('What is CPT 38900?');
    await page.keyboard.press('Enter');
    await settled(page);
    await lastTurn(page).locator('.text .cite').first().click();
    const nameless = await page.evaluate(() => [...document.querySelector('[data-codecite]').shadowRoot.querySelectorAll('button, a, input, select, textarea')]
      .filter((node) => !(node.getAttribute('aria-label') ?? node.labels?.[0]?.textContent ?? node.textContent).trim())
      .map((node) => node.outerHTML));
    assert.deepEqual(nameless, []);
    const ids = await page.evaluate(() => [...document.querySelector('[data-codecite]').shadowRoot.querySelectorAll('[id]')].map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length, 'no id twice');
  });
});
