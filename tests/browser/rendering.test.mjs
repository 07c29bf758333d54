import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABSTAINED, ADD_ON_CODE, FALLEN_BACK, answer, done, passage, sentence } from './lib/answers.mjs';
import { answerText, ask, askAndWait, lastTurn, question, settled, sourcePanel } from './lib/chat.mjs';
import { PHONE } from './lib/chromium.mjs';
import { openHouse } from './lib/house.mjs';

const house = openHouse();

const plays = (events) => house.mock.answerWith(async (_, wire) => {
  await wire.play(events);
  wire.end();
});

test('an answer shows its sentences, citations, rows, notices, withheld sentences and sources', async () => {
  plays(ADD_ON_CODE);
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, 'What is CPT 38900?'), 'answered');
    const turn = lastTurn(page);
    assert.equal(await turn.locator('h3').innerText(), 'What is CPT 38900?');
    assert.deepEqual(await turn.locator('.chips li').allInnerTexts(), ['Date of service Nov 23, 2026 (today)', 'CPT 38900']);
    assert.deepEqual(await turn.locator('.text > *').evaluateAll((blocks) => blocks.map((block) => block.localName)), ['p', 'ul', 'p']);
    assert.match(await turn.locator('.text p').first().innerText(), /operation\.\s*1\s*It is never reported alone\.\s*1\s*2/);
    assert.equal(await turn.locator('.text li').count(), 2);
    assert.match(await turn.locator('.text li').nth(1).innerText(), /note shows\.\s*2\s*The primary procedure/);
    assert.equal(await turn.locator('.notice').innerText(), 'Older edition. The fee schedule loaded here is of October 2026; a newer one may have been published.');
    assert.equal(await turn.locator('table caption').first().innerText(), 'CPT 38900');
    assert.deepEqual(await turn.locator('table').first().locator('tr').allInnerTexts(), ['In force\tyes', 'Add-on code\tyes', 'Global days\tZZZ']);
    assert.match(await turn.locator('figcaption').first().innerText(), /Medicare physician fee schedule · row 4711 · RVU26D/);
    assert.equal(await turn.locator('summary').first().innerText(), '1 sentence withheld: the cited source does not contain that code');
    assert.equal(await turn.getByText('A sentence named a code that its source').isVisible(), false);
    await turn.locator('summary').first().click();
    assert.equal(await turn.getByText('A sentence named a code that its source').isVisible(), true);
    assert.deepEqual(await turn.locator('.sources > ol .title').allInnerTexts(), ['What CPT 38900 is', 'How add-on codes are reported', 'Global days of add-on codes']);
    assert.equal(await turn.getByText('1 other passage read, not cited').count(), 1);
    assert.match(await turn.locator('.closing').innerText(), /without a language model · 6 sentences checked · 12 ms · starter 2026\.1, RVU26D/);
    assert.deepEqual(complaints, []);
  });
});

test('a citation opens its source with everything that identifies it', async () => {
  plays(ADD_ON_CODE);
  await house.visit(async (page, complaints) => {
    await askAndWait(page, 'What is CPT 38900?');
    await lastTurn(page).getByRole('button', { name: 'Source 2: How add-on codes are reported' }).first().click();
    const source = sourcePanel(page);
    assert.equal(await source.getByRole('heading').innerText(), 'How add-on codes are reported');
    assert.match(await source.locator('blockquote').innerText(), /^An add-on code describes work/);
    assert.deepEqual(await source.locator('dl > div').allInnerTexts().then((rows) => rows.map((row) => row.replace(/\s*\n\s*/, ': '))), [
      'Authority: CMS NCCI', 'Document: NCCI policy manual for Medicare services', 'Section: Chapter I, section R', 'Place: page 34',
      'Edition: NCCI policy manual 2026', 'In force: Jan 1, 2026 to Dec 31, 2026', 'Passage: 00000000-0000-4000-8000-000000000002']);
    const link = source.getByRole('link');
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    assert.equal(await link.getAttribute('target'), '_blank');
    assert.equal(new URL(await link.getAttribute('href')).host, 'www.cms.gov');
    await source.getByRole('button', { name: 'Next source' }).click();
    assert.equal(await source.getByRole('heading').innerText(), 'Global days of add-on codes');
    assert.equal(await source.getByRole('link').count(), 0, 'a source without an address has no link');
    await source.getByRole('button', { name: 'Close source' }).click();
    assert.equal(await source.isVisible(), false);
    assert.deepEqual(complaints, []);
  });
});

test('an abstention is shown as its own type, not as an answer', async () => {
  plays(ABSTAINED);
  await house.visit(async (page) => {
    assert.equal(await askAndWait(page, 'Who won the cup?'), 'abstained');
    const abstention = lastTurn(page).locator('.abstention');
    assert.equal(await abstention.getAttribute('data-type'), 'not_in_sources');
    assert.match(await abstention.innerText(), /^The sources do not say\s+None of the loaded sources speaks of this\./);
    assert.equal(await lastTurn(page).locator('.text').isVisible(), false);
    assert.equal(await lastTurn(page).locator('.closing').innerText(), 'Searched: starter 2026.1');
  });
});

test('every abstention type, withheld reason and notice of the contract has words', async () => {
  const types = ['not_in_sources', 'needs_documentation', 'date_out_of_range', 'licence_gated', 'conflicting_authority', 'out_of_scope'];
  const reasons = ['uncited', 'unknown_citation', 'code_not_in_sources', 'code_not_in_force', 'number_not_in_sources', 'modifier_not_in_sources',
    'date_not_in_sources', 'unsafe_text', 'too_long', 'off_sources', 'contradicts_source'];
  await house.visit(async (page) => {
    const headings = new Set();
    for (const type of types) {
      plays(answer([done({ outcome: 'abstained', abstention: { type, text: 'Because.' } })]));
      await askAndWait(page, type);
      headings.add(await lastTurn(page).locator('.abstention h4').innerText());
    }
    assert.equal(headings.size, types.length);
    assert.ok(!headings.has('No answer'));
    const kinds = ['stale_edition', 'near_miss', 'header_not_billable', 'not_in_force', 'unknown_code', 'unlisted', 'unsettled', 'not_loaded', 'two_systems', 'part_only'];
    plays(answer(kinds.map((kind) => ['notice', { kind, text: 'Words.' }])));
    await askAndWait(page, 'notices');
    const labels = await lastTurn(page).locator('.notice strong').allInnerTexts();
    assert.equal(new Set(labels).size, kinds.length);
    assert.ok(!labels.includes('Note.'));
    const summaries = new Set();
    for (const reason of reasons) {
      plays(answer([['withheld', { reason, detail: '' }], done({ withheld: 1 })]));
      await askAndWait(page, reason);
      summaries.add(await lastTurn(page).locator('summary').first().innerText());
    }
    assert.equal(summaries.size, reasons.length);
    assert.ok([...summaries].every((summary) => !summary.includes('did not pass the check')));
  });
});

test('a fallback says so', async () => {
  plays(FALLEN_BACK);
  await house.visit(async (page) => {
    assert.equal(await askAndWait(page, 'modifier 25'), 'answered');
    assert.equal(await lastTurn(page).locator('[data-kind="fallback"]').innerText(),
      'Written from the sources alone. The language model stopped answering, so this answer quotes the sources directly.');
  });
});

test('several withheld sentences are counted, and an open list stays open as it grows', async () => {
  let more;
  const asked = new Promise((resolve) => { more = resolve; });
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([['withheld', { reason: 'uncited', detail: 'First.' }], ['withheld', { reason: 'uncited', detail: 'Second.' }]]).slice(0, -1));
    await asked;
    await wire.play([['withheld', { reason: 'date_not_in_sources', detail: 'Third.' }], done({ withheld: 3 })]);
    wire.end();
  });
  await house.visit(async (page) => {
    await ask(page, 'q');
    await page.getByText('2 sentences withheld: it named no source').click();
    more();
    await settled(page);
    assert.equal(await lastTurn(page).locator('summary').first().innerText(), '3 sentences withheld for 2 reasons');
    assert.equal(await page.getByText('Third.').isVisible(), true);
  });
});

test('the copied answer carries question, date, text, rows, withheld sentences and full sources', async () => {
  plays(ADD_ON_CODE);
  await house.visit(async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await askAndWait(page, 'What is CPT 38900?');
    await lastTurn(page).getByRole('button', { name: 'Copy' }).click();
    await lastTurn(page).getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied.replaceAll('\r\n', '\n'), `Question: What is CPT 38900?
Date of service: 2026-11-23

Older edition: The fee schedule loaded here is of October 2026; a newer one may have been published.

38900 is an add-on code for marking the path of lymph drainage during an operation.[1] It is never reported alone.[1][2]
- Beside a lymph node biopsy or removal done in the same session.[1]
- Once for each side that was mapped, as the operative note shows.[2] The primary procedure has to be on the same claim.[2]

Global days follow the primary procedure, because an add-on code has none of its own.[3]

CPT 38900
  In force: yes
  Add-on code: yes
  Global days: ZZZ
  Source: Medicare physician fee schedule, row 4711, RVU26D

Units a day, practitioner
  MUE value: 1
  Adjudication: 2, date of service (policy)
  Source: Practitioner services MUE table, row 8120, MUE 2026 Q4

Withheld: A sentence named a code that its source, passage 2, does not contain.

Sources
[1] What CPT 38900 is. CMS, Starter knowledge base, topic 38900, passage 1, starter 2026.1, in force from Jan 1, 2021, no end date.
[2] How add-on codes are reported. CMS NCCI, NCCI policy manual for Medicare services, Chapter I, section R, page 34, NCCI policy manual 2026, in force Jan 1, 2026 to Dec 31, 2026. https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits
[3] Global days of add-on codes. CMS, Medicare physician fee schedule, row 4711, RVU26D, in force from Jan 1, 2021, no end date.

Editions: starter 2026.1, RVU26D

Answer: 0198-answer
`);
  });
});

test('the date of service travels only when somebody chose it, the setting likewise', async () => {
  plays(answer([sentence('Yes.')]));
  await house.visit(async (page) => {
    const localToday = await page.evaluate(() => new Intl.DateTimeFormat('en-CA').format(new Date()));
    assert.equal(await page.getByLabel('Date of service').inputValue(), localToday);
    const first = house.mock.asked.length;
    await askAndWait(page, 'one');
    await page.getByLabel('Date of service').fill('2025-09-30');
    await page.getByLabel('Setting').selectOption('outpatient_hospital');
    await askAndWait(page, 'two');
    await page.getByLabel('Date of service').fill('');
    await page.getByLabel('Date of service').blur();
    assert.equal(await page.getByLabel('Date of service').inputValue(), localToday, 'an emptied date goes back to today');
    await askAndWait(page, 'three');
    const sent = house.mock.asked.slice(first).map(({ headers, ...body }) => body);
    assert.deepEqual(sent, [
      { question: 'one' },
      { question: 'two', date_of_service: '2025-09-30', setting: 'outpatient_hospital' },
      { question: 'three', setting: 'outpatient_hospital' },
    ]);
    assert.equal(house.mock.asked[first].headers.accept, 'text/event-stream');
    assert.equal(house.mock.asked[first].headers.cookie, undefined);
    assert.equal(house.mock.asked[first].headers.referer, undefined);
  });
});

test('a question taken back for editing returns to the box; clearing forgets the conversation', async () => {
  plays(answer([sentence('Yes.')]));
  await house.visit(async (page) => {
    await askAndWait(page, 'first wording');
    await lastTurn(page).getByRole('button', { name: 'Edit question' }).click();
    assert.equal(await question(page).inputValue(), 'first wording');
    await page.getByRole('button', { name: 'Clear the conversation' }).click();
    assert.equal(await page.locator('article.turn').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'What is CPT 38900?' }).isVisible(), true);
    await page.getByRole('button', { name: 'What is CPT 38900?' }).click();
    await settled(page);
    assert.equal(house.mock.asked.at(-1).question, 'What is CPT 38900?');
    const stored = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
    assert.equal(stored, 0, 'nothing is stored');
  });
});

test('rows that the question asked for stand above the text, and the usual ones below', async () => {
  const fact = (kind, title, label) => ({ kind, title, rows: [{ label, value: '1' }], source: { document: 'd' } });
  plays(answer([sentence('What it is.'), ['facts', { facts: [
    fact('physician_fee_schedule', 'A fee', 'where'), fact('mue', 'Units', 'MUE value'), fact('ptp', 'A pair', 'column 1'), fact('code_status', 'A status', 'on 2026-10-01'),
  ] }]]));
  await house.visit(async (page) => {
    await askAndWait(page, 'q');
    const order = await lastTurn(page).locator('caption, .text p').allInnerTexts();
    assert.deepEqual(order.map((words) => words.replace(/\s*1$/, '')), ['A fee', 'A pair', 'A status', 'What it is.', 'Units']);
  });
});

test('on a phone nothing is wider than the screen and a source covers the chat', async () => {
  const long = 'x'.repeat(400);
  plays(answer([sentence(`A very ${long} word.`), ['facts', { facts: [{ kind: 'k', title: long, rows: [{ label: long, value: long }], source: { document: long } }] }]],
    { passages: [passage(1, { title: long, text: long, document: long })] }));
  await house.visit(async (page) => {
    await askAndWait(page, 'q');
    const tooWide = () => page.evaluate(() => {
      const shadow = document.querySelector('[data-codecite]').shadowRoot;
      const wide = [...shadow.querySelectorAll('*')].filter((node) => node.getClientRects().length > 0 && !node.closest('.unseen') && node.getBoundingClientRect().right > innerWidth + 1);
      return wide.map((node) => `${node.localName}.${node.className}`).concat(document.documentElement.scrollWidth > innerWidth ? ['the page'] : []);
    });
    assert.deepEqual(await tooWide(), []);
    const labels = await page.locator('.field .name').evaluateAll((names) => names.map((name) => [name.scrollWidth, name.clientWidth]));
    assert.ok(labels.every(([needed, given]) => needed <= given), `labels fit their fields: ${labels}`);
    await lastTurn(page).locator('.text .cite').click();
    assert.deepEqual(await tooWide(), []);
    const box = await sourcePanel(page).boundingBox();
    assert.ok(box.width >= 355, `the source is ${box.width} px wide`);
    assert.equal(await page.locator('.talk').evaluate((talk) => talk.inert), true, 'what is covered can not be reached by Tab');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.talk').evaluate((talk) => talk.inert), false);
    assert.match(await answerText(page), /^A very x+/);
  }, { viewport: PHONE, hasTouch: true, isMobile: true });
});

test('the system colour scheme is followed, text keeps its contrast, and motion stops when asked', async () => {
  plays(ADD_ON_CODE);
  for (const colorScheme of ['light', 'dark']) {
    await house.visit(async (page) => {
      await askAndWait(page, 'What is CPT 38900?');
      assert.equal(await page.locator('.codecite').getAttribute('data-theme'), colorScheme);
      const weak = await page.evaluate(() => {
        const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
        const ground = (node) => {
          for (let at = node; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
          }
          return [255, 255, 255];
        };
        const shadow = document.querySelector('[data-codecite]').shadowRoot;
        const worded = [...shadow.querySelectorAll('*')].filter((node) => node.checkVisibility() && !node.closest('.unseen')
          && [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim()));
        return worded.map((node) => {
          const [light, dark] = [luminance(channels(getComputedStyle(node).color)), luminance(ground(node))].sort((a, b) => b - a);
          return [(light + 0.05) / (dark + 0.05), `${node.localName}.${node.className}`];
        }).filter(([ratio]) => ratio < 4.5);
      });
      assert.deepEqual(weak, [], 'all text has a contrast of 4.5 or more');
    }, { colorScheme });
  }
  house.mock.answerWith(async (_, wire) => {
    await wire.play(ADD_ON_CODE.slice(0, 3));
    await wire.left;
  });
  for (const [reducedMotion, animation] of [['reduce', 'none'], ['no-preference', 'pulse']]) {
    await house.visit(async (page) => {
      await ask(page, 'q');
      await page.getByText('Searching the sources…').last().waitFor();
      assert.equal(await page.locator('.pulse').evaluate((dot) => getComputedStyle(dot).animationName), animation);
    }, { reducedMotion });
  }
});
