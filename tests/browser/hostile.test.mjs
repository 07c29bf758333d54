import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { PAGE_POLICY } from './lib/assets.mjs';
import { answer, done, passage, sentence } from './lib/answers.mjs';
import { askAndWait, lastTurn, sourcePanel } from './lib/chat.mjs';
import { openHouse } from './lib/house.mjs';

const house = openHouse();

const MARKUP = '<img src=x onerror="alert(1)"><script>window.owned = true</script><b>bold</b>&lt;i&gt; <svg onload=alert(2)> <a href="javascript:alert(3)">x</a>';
const SCRIPT_ADDRESS = 'javascript:window.owned=true';

/** Every string a service can send, replaced by markup. */
const hostileAnswer = answer([
  ['facts', { facts: [{ kind: MARKUP, title: MARKUP, rows: [{ label: MARKUP, value: MARKUP }], source: { edition: MARKUP, document: MARKUP, place: MARKUP, url: SCRIPT_ADDRESS } }] }],
  ['notice', { kind: MARKUP, text: MARKUP }],
  sentence(MARKUP),
  sentence(MARKUP, [], MARKUP),
  sentence(MARKUP, [1], 'item'),
  ['withheld', { reason: MARKUP, detail: MARKUP }],
  done({ writer: 'model', model: MARKUP, fallback: { reason: MARKUP, text: MARKUP }, editions: [MARKUP] }),
], {
  codes: [{ system: MARKUP, code: MARKUP }], modifiers: [MARKUP],
  passages: [passage(1, { id: MARKUP, title: MARKUP, text: MARKUP, authority: MARKUP, document: MARKUP, section: MARKUP, place: MARKUP, url: SCRIPT_ADDRESS, edition: MARKUP, effective_from: MARKUP })],
});

/** What markup would have left behind, anywhere in the page. */
const damage = (page) => page.evaluate(() => {
  const shadow = document.querySelector('[data-codecite]').shadowRoot;
  return { owned: window.owned ?? false, elements: [...shadow.querySelectorAll('img, script, b, i, svg[onload], a:not(.outward), [onerror]')].map((node) => node.outerHTML) };
});

test('markup in any field of an answer is shown as text and does nothing', async () => {
  house.mock.answerWith(async (_, wire) => {
    await wire.play(hostileAnswer);
    wire.end();
  });
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, MARKUP), 'answered');
    await lastTurn(page).locator('.text p .cite').click();
    await sourcePanel(page).waitFor();
    assert.deepEqual(await damage(page), { owned: false, elements: [] });
    for (const place of ['h3', '.text p', '.text li', '.notices .notice', 'caption', 'th', 'td', '.chips', '.closing .note']) {
      assert.ok((await lastTurn(page).locator(place).first().textContent()).includes(MARKUP), `${place} shows the text as it came`);
    }
    assert.ok((await sourcePanel(page).locator('blockquote').textContent()).includes(MARKUP));
    assert.deepEqual(complaints, []);
  });
});

test('markup in a refusal is shown as text', async () => {
  house.mock.answerWith((_, wire) => wire.problem({ status: 400, title: MARKUP, detail: MARKUP, advice: MARKUP, request_id: MARKUP }));
  await house.visit(async (page) => {
    assert.equal(await askAndWait(page, 'q'), 'failed');
    assert.deepEqual(await damage(page), { owned: false, elements: [] });
    assert.ok((await lastTurn(page).locator('.failure h4').textContent()).includes('<script>'));
  });
});

test('only http and https addresses become links', async () => {
  const addresses = [SCRIPT_ADDRESS, ' JavaScript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'file:///etc/passwd',
    'blob:https://x/1', '//evil.example', '/api/v1/editions', 'not an address', '', 'https://www.cms.gov/ok', 'http://www.cdc.gov/ok'];
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([
      ['facts', { facts: addresses.map((url) => ({ kind: 'k', title: url, rows: [], source: { document: 'd', edition: 'e', url } })) }],
      ...addresses.map((_address, index) => sentence(`Sentence ${index + 1}.`, [index + 1])),
    ], { passages: addresses.map((url, index) => passage(index + 1, { url })) }));
    wire.end();
  });
  await house.visit(async (page) => {
    await askAndWait(page, 'q');
    const expected = ['https://www.cms.gov/ok', 'http://www.cdc.gov/ok'];
    const links = (within) => within.locator('a').evaluateAll((nodes) => nodes.map((node) => [node.href, node.rel, node.target]));
    const safe = expected.map((href) => [href, 'noopener noreferrer', '_blank']);
    assert.deepEqual(await links(lastTurn(page)), safe);
    const opened = [];
    await lastTurn(page).locator('.text .cite').first().click();
    for (let index = 0; index < addresses.length; index += 1) {
      opened.push(...await links(sourcePanel(page)));
      if (index < addresses.length - 1) await sourcePanel(page).getByRole('button', { name: 'Next source' }).click();
    }
    assert.deepEqual(opened, safe);
  });
});

test('the widget has no way to make markup of text, to run text, or to store anything', async () => {
  const source = await readFile(new URL('../../crates/faces/assets/widget.js', import.meta.url), 'utf8');
  for (const forbidden of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTML', 'document.write', 'DOMParser', 'createContextualFragment', 'srcdoc',
    'eval(', 'new Function', 'import(', 'localStorage', 'sessionStorage', 'indexedDB', 'document.cookie', "setAttribute('style'"]) {
    assert.equal(source.includes(forbidden), false, `widget.js must not contain ${forbidden}`);
  }
  // The one <style> element is the way out for browsers without constructed style sheets.
  assert.equal(source.match(/el\('style'/g).length, 1);
});

test('the chat page works under its policy, which is really in force', async () => {
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([sentence('Yes.')]));
    wire.end();
  });
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, 'q'), 'answered');
    assert.deepEqual(complaints, []);
    const background = await page.locator('.button.primary').evaluate((node) => getComputedStyle(node).backgroundColor);
    assert.equal(background, 'rgb(11, 93, 110)', 'the constructed style sheet applies');
    // Proof that the policy above was not merely absent.
    await page.evaluate(() => {
      const inline = document.createElement('script');
      inline.textContent = 'window.owned = true';
      document.body.append(inline);
    });
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.ok(complaints.some((complaint) => complaint.includes('policy violation: script-src-elem')), complaints.join('\n'));
  });
  const page = await fetch(`${house.mock.origin}/`);
  assert.equal(page.headers.get('content-security-policy'), PAGE_POLICY);
  assert.doesNotMatch(await page.text(), /<style|style=|\son\w+=|<script>(?!<)/, 'nothing inline in index.html');
});

test('the footer says what the reader has to know', async () => {
  await house.visit(async (page) => {
    const footer = await page.locator('footer').innerText();
    for (const words of [/only from the sources they cite/, /not medical or legal advice/, /Do not type patient identifiers/, /CPT® is a registered trademark of the American Medical Association/]) assert.match(footer, words);
    assert.equal(await page.getByRole('list', { name: 'Example questions' }).getByRole('button').count(), 4);
  });
});
