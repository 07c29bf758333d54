import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, done, sentence } from './lib/answers.mjs';
import { answerText, ask, askAndWait, lastTurn, question, settled } from './lib/chat.mjs';
import { openHouse } from './lib/house.mjs';

const house = openHouse();

/** Chromium itself reports a refused or broken request on the console; everything else there is ours. */
const ours = (complaints) => complaints.filter((complaint) => !complaint.startsWith('console: Failed to load resource'));

/**
 * Asks once for each list of chunks, with `fetch` replaced inside the page so that the cuts fall exactly where they are
 * meant to, and returns what each answer showed and how it ended.
 */
const replay = (page, answersInChunks) => page.evaluate(async (answers) => {
  const shadow = document.querySelector('[data-codecite]').shadowRoot;
  const box = shadow.querySelector('textarea');
  const shown = [];
  for (const chunks of answers) {
    window.fetch = async () => new Response(new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Uint8Array.from(chunk));
        controller.close();
      },
    }), { headers: { 'content-type': 'text/event-stream' } });
    box.value = 'q';
    box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true }));
    const turn = [...shadow.querySelectorAll('article.turn')].at(-1);
    while (turn.dataset.state === 'running') await new Promise((resolve) => { setTimeout(resolve); });
    shown.push(`${turn.dataset.state}: ${turn.querySelector('.text').textContent}`);
  }
  return shown;
}, answersInChunks);

// Every line end, a byte order mark, comments, a field without colon, data over several lines, and characters of two,
// three and four bytes, so that a cut can fall inside each of them.
const AWKWARD = [
  '\uFEFF: hello\r\n\r\n',
  'retry: 10\r\nid: 7\r\nevent: evidence\r\ndata: {"passages":[{"number":1,\r\ndata: "title":"t"}]}\r\n\r\n',
  ': keep-alive\n\n',
  'event:text\ndata:{"block":"paragraph","text":"Café – 5 µg 𝛼.","citations":[1]}\n\n',
  'event: text\rdata: {"block":"continue","text":"Two: colons: stay.","citations":[]}\r\r',
  'nonsense\nevent: unheard_of\ndata: {}\n\n',
  'event: nothing\n\n',
  'event: done\r\ndata: {"outcome":"answered"}\r\n\r\n',
].join('');
const AWKWARD_SHOWS = 'answered: Café – 5 µg 𝛼.1 Two: colons: stay.';

test('events survive a cut at every byte, and one byte at a time', async () => {
  const bytes = [...Buffer.from(AWKWARD, 'utf8')];
  const cutEverywhere = bytes.map((_, at) => [bytes.slice(0, at), bytes.slice(at)]);
  await house.visit(async (page, complaints) => {
    const shown = await replay(page, [[bytes], bytes.map((byte) => [byte]), ...cutEverywhere]);
    assert.equal(shown.length, bytes.length + 2);
    assert.deepEqual(new Set(shown), new Set([AWKWARD_SHOWS]));
    assert.deepEqual(complaints, []);
  });
});

test('a stream that ends at any event boundary before its terminal event is called incomplete', async () => {
  const events = answer([sentence('One.'), sentence('Two.', [1], 'continue')]).map(([name, payload]) => `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`);
  const prefixes = events.map((_, count) => [[...Buffer.from(events.slice(0, count).join(''), 'utf8')]]);
  await house.visit(async (page) => {
    const shown = await replay(page, prefixes);
    assert.ok(shown.every((end) => end.startsWith('failed: ')), shown.join('\n'));
    assert.equal(shown.at(-1), 'failed: One.1 Two.1');
    assert.match(await lastTurn(page).locator('.failure').innerText(), /connection was lost before the answer was complete/);
  });
});

test('an unfinished last event is not shown', async () => {
  const cut = 'event: text\ndata: {"block":"paragraph","text":"Never closed.","citations":[]}\n';
  await house.visit(async (page) => {
    assert.deepEqual(await replay(page, [[[...Buffer.from(cut)]]]), ['failed: ']);
  });
});

test('nothing after the terminal event is shown', async () => {
  house.mock.answerWith(async (_, wire) => {
    await wire.play([...answer([sentence('One.')]), sentence('Too late.'), ['failed', { title: 'Too late' }]]);
    wire.end();
  });
  await house.visit(async (page) => {
    assert.equal(await askAndWait(page, 'q'), 'answered');
    assert.equal(await page.getByText('Too late').count(), 0);
  });
});

test('a network that breaks in the middle keeps what was checked and offers a retry that works', async () => {
  let attempts = 0;
  house.mock.answerWith(async (_, wire) => {
    attempts += 1;
    const events = answer([sentence('First half.'), sentence('Second half.', [1], 'continue')]);
    if (attempts > 1) {
      await wire.play(events);
      return wire.end();
    }
    await wire.play(events.slice(0, 6));
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    return wire.cut();
  });
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, 'q'), 'failed');
    assert.match(await answerText(page), /^First half\./);
    assert.match(await lastTurn(page).locator('.failure').innerText(), /Each sentence shown was checked, but sentences may be missing\./);
    await lastTurn(page).getByRole('button', { name: 'Retry' }).click();
    assert.equal(await settled(page), 'answered');
    assert.match(await answerText(page), /^First half\.\s*1\s*Second half\.\s*1$/);
    assert.equal(await page.locator('article.turn').count(), 1, 'a retry takes the place of what failed');
    assert.equal(await page.locator('.failure').count(), 0);
    assert.deepEqual(ours(complaints), []);
  });
});

test('a failed event shows its detail, advice and request id', async () => {
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([['failed', {
      type: 'https://codecite.example/problems/index_unavailable', title: 'The index is not available', status: 503, code: 'index_unavailable',
      detail: 'The index did not answer in time.', advice: 'Ask again in a minute.', request_id: 'req-42',
    }]]));
    wire.end();
  });
  await house.visit(async (page) => {
    assert.equal(await askAndWait(page, 'q'), 'failed');
    assert.equal(await lastTurn(page).locator('.failure').innerText().then((words) => words.replace(/\n+/g, ' | ')),
      'The index is not available | The index did not answer in time. | Ask again in a minute. | Request req-42');
  });
});

test('429 and 503 show how long to wait, and the retry opens when the wait is over', async () => {
  const refused = (status) => ({ type: 'about:blank', title: `Refused ${status}`, status, code: 'x', detail: 'Too busy.', advice: 'Wait.', request_id: 'r' });
  await house.visit(async (page, complaints) => {
    await page.clock.install({ time: new Date('2026-11-23T15:00:00Z') });
    for (const [status, header] of [[429, '42'], [503, new Date(Date.parse('2026-11-23T15:00:42Z')).toUTCString()]]) {
      await page.clock.setFixedTime(new Date('2026-11-23T15:00:00Z'));
      house.mock.answerWith((_, wire) => wire.problem(refused(status), { 'retry-after': header }));
      assert.equal(await askAndWait(page, 'q'), 'failed');
      assert.equal(await lastTurn(page).locator('.failure h4').innerText(), `Refused ${status}`);
      const retry = lastTurn(page).locator('[data-action="retry"]');
      assert.equal(await retry.innerText(), 'Retry in 42 s');
      assert.equal(await retry.isDisabled(), true);
      await page.clock.setFixedTime(new Date('2026-11-23T15:00:43Z'));
      await page.clock.runFor(1100);
      assert.equal(await retry.innerText(), 'Retry');
      assert.equal(await retry.isEnabled(), true);
    }
    assert.deepEqual(ours(complaints), []);
  });
});

test('replies that are not an answer are explained', async () => {
  const cases = [
    [(wire) => wire.plain(502, 'text/html', '<h1>Bad gateway</h1>'), /refused the question \(status 502\)/],
    [(wire) => wire.plain(200, 'text/html', '<h1>Portal log-in</h1>'), /reply could not be read/],
    [(wire) => wire.plain(200, 'text/event-stream', 'event: text\ndata: {not json\n\n'), /reply could not be read/],
    [(wire) => wire.plain(422, 'application/problem+json', '[]'), /refused the question \(status 422\)/],
    [(wire) => wire.cut(), /could not be reached/],
  ];
  await house.visit(async (page, complaints) => {
    for (const [reply, expected] of cases) {
      house.mock.answerWith((_, wire) => reply(wire));
      assert.equal(await askAndWait(page, 'q'), 'failed');
      assert.match(await lastTurn(page).locator('.failure h4').innerText(), expected);
      assert.equal(await lastTurn(page).getByRole('button', { name: 'Retry' }).isEnabled(), true);
    }
    assert.deepEqual(ours(complaints), []);
  });
});

test('payloads of the wrong shape neither break the page nor show up as objects', async () => {
  const wrong = [
    ['understood', { codes: 'x', modifiers: [{}, 7, null], date_of_service: 5, setting: {} }],
    ['evidence', { passages: [null, 3, { number: 'one' }, { number: 1, title: { a: 1 }, text: null }] }],
    ['facts', { facts: [null, { rows: 'no' }, { title: 't', rows: [null, { label: 1, value: {} }], source: 'x' }] }],
    ['notice', { text: ['a'] }],
    ['text', { block: 'spiral', text: 'Shown.', citations: [1, 'two', 99, null] }],
    ['text', { block: 'paragraph', text: { html: 'x' }, citations: [] }],
    ['withheld', {}],
    ['done', { outcome: 'answered', editions: 'x', shown: 'many', duration_ms: null, fallback: 'x', abstention: 4 }],
  ];
  house.mock.answerWith(async (_, wire) => {
    await wire.play(wrong);
    wire.end();
  });
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, 'q'), 'answered');
    assert.match(await answerText(page), /^Shown\.\s*1\s*99$/);
    assert.equal((await lastTurn(page).innerText()).includes('[object'), false);
    await lastTurn(page).locator('.text button.cite').click();
    await page.getByText('Untitled source').waitFor();
    assert.deepEqual(complaints, []);
  });
});

test('stop ends the answer, keeps what was shown, and the service sees the reader leave', async () => {
  let left;
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([sentence('Checked so far.')]).slice(0, -1));
    left = wire.left;
    await wire.left;
  });
  await house.visit(async (page, complaints) => {
    await ask(page, 'slow');
    await page.getByText('Checked so far.').waitFor();
    assert.equal(await lastTurn(page).getAttribute('data-state'), 'running');
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.equal(await settled(page), 'stopped');
    await left;
    assert.match(await lastTurn(page).locator('.closing').innerText(), /Stopped\. What is shown was checked\./);
    assert.equal(await page.locator('.failure').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Stop' }).isVisible(), false);
    assert.deepEqual(complaints, []);
  });
});

test('a new question while one streams stops the first and answers the second', async () => {
  let firstLeft;
  house.mock.answerWith(async ({ question: words }, wire) => {
    if (words === 'second') {
      await wire.play(answer([sentence('Second answer.')]));
      return wire.end();
    }
    await wire.play(answer([sentence('First answer.')]).slice(0, -1));
    firstLeft = wire.left;
    return wire.left;
  });
  await house.visit(async (page, complaints) => {
    await ask(page, 'first');
    await page.getByText('First answer.').waitFor();
    assert.equal(await askAndWait(page, 'second'), 'answered');
    await firstLeft;
    assert.deepEqual(await page.locator('article.turn').evaluateAll((turns) => turns.map((turn) => turn.dataset.state)), ['stopped', 'answered']);
    assert.match(await answerText(page), /^Second answer\./);
    await page.locator('article.turn').first().getByRole('button', { name: 'Retry' }).click();
    await page.locator('article.turn[data-state="running"]').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.equal(await question(page).isEnabled(), true);
    assert.deepEqual(complaints, []);
  });
});

test('a connection that falls silent for a minute is given up', async () => {
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer([sentence('Then silence.')]).slice(0, -1));
    await wire.left;
  });
  await house.visit(async (page) => {
    await page.clock.install();
    await ask(page, 'q');
    await page.getByText('Then silence.').waitFor();
    await page.clock.runFor(61_000);
    assert.equal(await settled(page), 'failed');
    assert.match(await lastTurn(page).locator('.failure h4').innerText(), /connection was lost/);
  });
});

test('two hundred sentences arrive whole, in order, under a question that stays in view', async () => {
  const sentences = Array.from({ length: 200 }, (_, index) => sentence(`Sentence number ${index + 1} of two hundred.`, [1], index % 5 === 0 ? 'paragraph' : 'continue'));
  house.mock.answerWith(async (_, wire) => {
    await wire.play(answer(sentences));
    wire.end();
  });
  await house.visit(async (page, complaints) => {
    assert.equal(await askAndWait(page, 'q'), 'answered');
    const words = await answerText(page);
    assert.deepEqual([...words.matchAll(/Sentence number (\d+) of/g)].map(([, number]) => Number(number)), sentences.map((_, index) => index + 1));
    assert.equal(await lastTurn(page).locator('.text p').count(), 40);
    const drift = await page.evaluate(() => {
      const shadow = document.querySelector('[data-codecite]').shadowRoot;
      return shadow.querySelector('.turn h3').getBoundingClientRect().top - shadow.querySelector('.log').getBoundingClientRect().top;
    });
    assert.ok(drift >= 0 && drift < 60, `the question is ${drift} px below the top`);
    assert.deepEqual(complaints, []);
  });
});

test('the silent announcer says stages and the end', async () => {
  let finish;
  const go = new Promise((resolve) => { finish = resolve; });
  const events = answer([sentence('One.'), done({ shown: 1 })]);
  house.mock.answerWith(async (_, wire) => {
    await wire.play(events.slice(0, 3));
    await go;
    await wire.play(events.slice(3));
    wire.end();
  });
  await house.visit(async (page) => {
    const status = page.getByRole('status');
    await ask(page, 'q');
    await status.getByText('Searching the sources…').waitFor();
    finish();
    await settled(page);
    assert.equal(await status.innerText(), 'Answer complete: 1 sentence, 1 source.');
    assert.equal(await lastTurn(page).locator('.text').getAttribute('aria-live'), 'polite');
  });
});
