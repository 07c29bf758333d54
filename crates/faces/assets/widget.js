/*
 * Codecite chat widget: medical coding answers with their sources, on any page, from one script tag.
 *
 *   <script src="https://codecite.example/widget.js" data-title="Coding questions"></script>
 *
 * This is one file on purpose: a host page needs one tag and no build step. It reads, top to bottom: settings of the
 * tag, talking to the service, small DOM helpers, one turn (a question and its answer), the source panel, the widget,
 * and the style sheet.
 *
 * Two rules hold in the whole file. What the service sends becomes text nodes, never markup, so a sentence can not
 * become a script. And nothing is stored: the conversation lives as long as the page does.
 */
(() => {
  'use strict';

  // ---------------------------------------------------------------------------------------------------------------
  // Settings: what the script tag says
  // ---------------------------------------------------------------------------------------------------------------

  // Only valid while the script runs for the first time, so it is taken before anything waits.
  const scriptTag = document.currentScript;
  if (!scriptTag) {
    console.error('codecite: load widget.js with a plain <script src="…"> tag; import and type="module" hide the tag that carries its settings');
    return;
  }

  /** A day as the service writes it, such as `2026-02-14`. */
  const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
  const SETTINGS_OF_CARE = [
    ['', 'Any setting'],
    ['practitioner', 'Practitioner'],
    ['outpatient_hospital', 'Outpatient hospital'],
    ['inpatient_hospital', 'Inpatient hospital'],
    ['dme', 'DME supplier'],
  ];

  function readSettings(tag) {
    const data = tag.dataset;
    const oneOf = (value, allowed) => (allowed.includes(value) ? value : allowed[0]);
    return {
      service: new URL('.', tag.src),
      mode: oneOf(data.mode ?? (data.target ? 'inline' : 'floating'), ['floating', 'inline']),
      target: data.target ?? null,
      title: data.title ?? (data.mode === 'inline' || data.target ? '' : 'Coding questions'),
      position: oneOf(data.position, ['bottom-right', 'bottom-left']),
      theme: oneOf(data.theme, ['auto', 'light', 'dark']),
      dateOfService: ISO_DAY.test(data.dateOfService ?? '') ? data.dateOfService : null,
      setting: oneOf(data.setting, SETTINGS_OF_CARE.map(([value]) => value)),
      examples: (data.examples ?? '').split('|').map((example) => example.trim()).filter(Boolean).slice(0, 6),
      autofocus: 'autofocus' in data,
    };
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Talking to the service
  // ---------------------------------------------------------------------------------------------------------------

  /** The service sends a comment every few seconds while it works; silence for this long means the line is dead. */
  const SILENCE_LIMIT_MS = 60_000;
  /** Far above any real event; it only stops a broken server from filling the reader's memory. */
  const LONGEST_EVENT_CHARS = 4_000_000;
  const LONGEST_QUESTION_CHARS = 2_000;

  /** Why there is no (whole) answer, in words for the person who asked. */
  class AnswerFailure extends Error {
    constructor({ title, detail = '', advice = '', retryAfterSeconds = null, requestId = '' }) {
      super(title);
      Object.assign(this, { title, detail, advice, retryAfterSeconds, requestId });
    }

    static fromProblem(problem, retryAfterSeconds) {
      return new AnswerFailure({
        title: text(problem.title) || 'The question could not be answered',
        detail: text(problem.detail),
        advice: text(problem.advice) || 'Try again. If it happens again, tell whoever runs this service.',
        requestId: text(problem.request_id),
        retryAfterSeconds,
      });
    }

    static unreachable() {
      return new AnswerFailure({
        title: 'The service could not be reached',
        detail: 'The question was not answered.',
        advice: 'Check the network connection and try again. If other pages load, the service may be down or may not allow this page.',
      });
    }

    static cutOff() {
      return new AnswerFailure({
        title: 'The connection was lost before the answer was complete',
        detail: 'Each sentence shown was checked, but sentences may be missing.',
        advice: 'Retry to get the whole answer.',
      });
    }

    static unreadable() {
      return new AnswerFailure({
        title: 'The reply could not be read',
        detail: 'Something other than a Codecite answer came back.',
        advice: 'Tell whoever runs this service: the address that served widget.js must also serve api/v1/answers.',
      });
    }
  }

  /**
   * Server-sent events from bytes, however the network cut them.
   *
   * Follows the event stream format of the HTML standard: lines end with CR, LF or CRLF, a line that starts with a
   * colon is a comment, several `data` lines make one payload, and an event without its closing blank line is dropped.
   */
  class EventStreamParser {
    #decoder = new TextDecoder();
    #unfinishedLine = '';
    #endedWithCr = false;
    #name = '';
    #data = [];
    #size = 0;

    /** Returns the events that `bytes` completed, in order. */
    push(bytes) {
      let chunk = this.#decoder.decode(bytes, { stream: true });
      if (chunk === '') return [];
      // A CR already ended the line; the LF that follows it in the next chunk belongs to the same line end.
      if (this.#endedWithCr && chunk[0] === '\n') chunk = chunk.slice(1);
      this.#endedWithCr = chunk.endsWith('\r');
      const lines = (this.#unfinishedLine + chunk).split(/\r\n|\r|\n/);
      this.#unfinishedLine = lines.pop();
      if (this.#unfinishedLine.length + this.#size > LONGEST_EVENT_CHARS) throw AnswerFailure.unreadable();
      return lines.map((line) => this.#line(line)).filter(Boolean);
    }

    #line(line) {
      if (line === '') return this.#dispatch();
      const colon = line.indexOf(':');
      if (colon === 0) return null;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') this.#name = value;
      if (field === 'data') {
        this.#data.push(value);
        this.#size += value.length;
      }
      return null;
    }

    #dispatch() {
      const event = this.#data.length === 0 ? null : { name: this.#name || 'message', data: this.#data.join('\n') };
      this.#name = '';
      this.#data = [];
      this.#size = 0;
      return event;
    }
  }

  /** Asks, and yields `{name, payload}` for each event as it arrives. Throws an `AnswerFailure`, or an `AbortError` when stopped. */
  async function* answerEvents(service, question, abort) {
    const response = await post(new URL('api/v1/answers', service), question, abort.signal);
    if (!response.ok) throw await refusal(response);
    if (!/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '') || !response.body) {
      response.body?.cancel().catch(() => {});
      throw AnswerFailure.unreadable();
    }
    const reader = response.body.getReader();
    const parser = new EventStreamParser();
    try {
      for (;;) {
        const { done, value } = await nextBytes(reader, abort.signal);
        if (done) return;
        for (const event of parser.push(value)) yield { name: event.name, payload: parsePayload(event.data) };
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  async function post(address, body, signal) {
    try {
      return await fetch(address, {
        method: 'POST',
        headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // No cookies travel, and the address of the host page (which may name a patient's chart) stays at home.
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        signal,
      });
    } catch (error) {
      throw signal.aborted ? error : AnswerFailure.unreachable();
    }
  }

  async function nextBytes(reader, signal) {
    let alarm;
    const silence = new Promise((_, reject) => {
      alarm = setTimeout(() => reject(AnswerFailure.cutOff()), SILENCE_LIMIT_MS);
    });
    try {
      return await Promise.race([reader.read(), silence]);
    } catch (error) {
      throw signal.aborted || error instanceof AnswerFailure ? error : AnswerFailure.cutOff();
    } finally {
      clearTimeout(alarm);
    }
  }

  async function refusal(response) {
    let problem = {};
    try {
      problem = record(await response.json());
    } catch {
      // A proxy in between may answer with a page of its own; the status still says enough.
    }
    if (!problem.title) problem = { ...problem, title: `The service refused the question (status ${response.status})` };
    return AnswerFailure.fromProblem(problem, retryAfterSeconds(response.headers.get('retry-after')));
  }

  /** `Retry-After` is a number of seconds or a date. Another origin sees it only if the service exposes the header. */
  function retryAfterSeconds(header) {
    if (!header) return null;
    const seconds = /^\d+$/.test(header.trim()) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
    return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 86_400) : null;
  }

  function parsePayload(data) {
    try {
      return record(JSON.parse(data));
    } catch {
      throw AnswerFailure.unreadable();
    }
  }

  // Payloads come from outside, so each field is asked for by type; what does not fit reads as empty.
  const record = (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {});
  const list = (value) => (Array.isArray(value) ? value : []);
  const text = (value) => (typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '');
  const whole = (value) => (Number.isSafeInteger(value) && value >= 0 ? value : 0);

  // ---------------------------------------------------------------------------------------------------------------
  // Words
  // ---------------------------------------------------------------------------------------------------------------

  const STAGES = {
    understanding: 'Reading the question',
    looking_up: 'Looking up exact rows',
    retrieving: 'Searching the sources',
    writing: 'Writing and checking each sentence',
  };

  const NOTICES = {
    stale_edition: 'Older edition',
    near_miss: 'Close match',
    header_not_billable: 'Not billable',
    not_in_force: 'Not in force on this date',
    unsettled: 'Not settled for this date',
    unknown_code: 'Unknown code',
    unlisted: 'Not in the fee schedule',
    two_systems: 'Two code systems',
    part_only: 'Said of the parts only',
    several_authorities: 'Several authorities',
    other_setting: 'Another setting',
    no_fee: 'No fee worked out',
    not_loaded: 'Not loaded for this date',
    unread_date: 'Date not understood',
    long_question: 'Long question',
  };

  // Rows that are sent only where the question asks for their table: they are the answer, and stand above the text.
  const ASKED_KINDS = new Set(['ptp', 'hcc', 'hcc_hierarchy', 'risk_eligible', 'crosswalk', 'coverage', 'change']);
  const ASKED_LABELS = /^(?:where$|on \d{4}-)/;
  const isAskedFor = ({ kind, rows }) => ASKED_KINDS.has(kind) || list(rows).some((row) => ASKED_LABELS.test(text(record(row).label)));

  const WITHHELD = {
    uncited: 'it named no source',
    unknown_citation: 'it named a source that was not found',
    code_not_in_sources: 'the cited source does not contain that code',
    code_not_in_force: 'the code was not in force on the date of service',
    number_not_in_sources: 'the cited source does not contain that number',
    modifier_not_in_sources: 'the cited source does not contain that modifier',
    date_not_in_sources: 'the cited source does not contain that date',
    unsafe_text: 'it contained text that is not safe to show',
    too_long: 'it was too long to check',
    off_sources: 'the cited source does not say it',
    contradicts_source: 'the cited source says otherwise',
  };

  const ABSTENTIONS = {
    not_in_sources: 'The sources do not say',
    needs_documentation: 'The documentation decides',
    date_out_of_range: 'No source for this date of service',
    licence_gated: 'A licensed source is needed',
    conflicting_authority: 'The authorities disagree',
    out_of_scope: 'Outside medical coding',
  };

  const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

  /** `2026-02-14` as `Feb 14, 2026`, in the reader's language: figures alone read differently on both sides of the Atlantic. */
  function readableDay(day) {
    if (!ISO_DAY.test(day)) return day;
    const date = new Date(`${day}T00:00:00Z`);
    if (Number.isNaN(date.getTime())) return day;
    return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' }).format(date);
  }

  function today() {
    const now = new Date();
    const two = (number) => String(number).padStart(2, '0');
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  }

  function effectiveRange(from, to) {
    if (!text(from) && !text(to)) return '';
    if (!text(to)) return `from ${readableDay(text(from))}, no end date`;
    if (!text(from)) return `until ${readableDay(text(to))}`;
    return `${readableDay(text(from))} to ${readableDay(text(to))}`;
  }

  const joined = (...parts) => parts.map(text).filter(Boolean).join(' · ');

  // ---------------------------------------------------------------------------------------------------------------
  // DOM helpers
  // ---------------------------------------------------------------------------------------------------------------

  /** Makes an element. Strings among the children become text nodes, false, null and '' nothing; a function is a listener. */
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === 'function') node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
    return node;
  }

  const ICONS = {
    ask: 'M5 12h13M12 5l7 7-7 7',
    chat: 'M4 5h16v11H9l-5 4z M8.5 9.2h7 M8.5 12.2h4.5',
    close: 'M6 6l12 12M18 6L6 18',
    copy: 'M9 9h10v11H9z M15 9V5H5v11h4',
    done: 'M5 13l4 4L19 7',
    edit: 'M5 19l1-4L16 5l3 3L9 18z',
    next: 'M9 5l7 7-7 7',
    open: 'M14 5h5v5M19 5l-8 8M17 14v5H5V7h5',
    previous: 'M15 5l-7 7 7 7',
    retry: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
    stop: 'M7 7h10v10H7z',
  };

  function icon(name) {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    const path = document.createElementNS(space, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', ICONS[name]);
    svg.append(path);
    return svg;
  }

  const button = (label, iconName, onclick, kind = 'quiet') =>
    el('button', { type: 'button', class: `button ${kind}`, onclick }, iconName && icon(iconName), el('span', {}, label));

  const iconButton = (label, iconName, onclick) =>
    el('button', { type: 'button', class: 'button bare', 'aria-label': label, title: label, onclick }, icon(iconName));

  /** The address if a reader may follow it, otherwise null: `javascript:`, `data:` and relative addresses are not sources. */
  function followable(address) {
    try {
      const url = new URL(text(address));
      return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
    } catch {
      return null;
    }
  }

  function outwardLink(address, label) {
    const url = followable(address);
    if (!url) return null;
    return el('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer', class: 'outward' },
      label, icon('open'), el('span', { class: 'unseen' }, ' (opens in a new tab)'));
  }

  const motionIsWelcome = () => !matchMedia('(prefers-reduced-motion: reduce)').matches;

  /** Copies without the clipboard permission where a page (plain http, an old iframe) does not have it. */
  async function copyText(words, shadow) {
    try {
      await navigator.clipboard.writeText(words);
      return true;
    } catch {
      const before = shadow.activeElement;
      const field = el('textarea', { class: 'unseen', 'aria-hidden': 'true', tabindex: '-1' });
      field.value = words;
      shadow.querySelector('.codecite').append(field);
      field.select();
      const copied = document.execCommand('copy');
      field.remove();
      before?.focus();
      return copied;
    }
  }

  // ---------------------------------------------------------------------------------------------------------------
  // The text of an answer
  // ---------------------------------------------------------------------------------------------------------------

  /** Builds paragraphs and lists from checked sentences, in the order they arrive. */
  class AnswerText {
    /** Announced politely while it grows: each sentence arrives whole, so a screen reader reads whole sentences. */
    node = el('div', { class: 'text', 'aria-live': 'polite' });
    #open = null;
    #lines = [];

    constructor(makeCitation) {
      this.makeCitation = makeCitation;
    }

    get isEmpty() {
      return this.#lines.length === 0;
    }

    add({ block, text: words, citations }) {
      const sentence = text(words);
      const numbers = list(citations).filter((number) => Number.isSafeInteger(number));
      if (sentence === '') return;
      const follows = block === 'continue' && this.#open !== null;
      if (!follows) this.#open = this.#begin(block);
      this.#open.append(follows ? ' ' : '', sentence, ...numbers.map((number) => this.makeCitation(number)));
      this.#remember(block, follows, sentence + numbers.map((number) => `[${number}]`).join(''));
    }

    #begin(block) {
      if (block === 'item') {
        const last = this.node.lastElementChild;
        const items = last?.localName === 'ul' ? last : this.node.appendChild(el('ul'));
        return items.appendChild(el('li'));
      }
      return this.node.appendChild(el('p'));
    }

    #remember(block, follows, line) {
      if (follows) this.#lines[this.#lines.length - 1] += ` ${line}`;
      else this.#lines.push(block === 'item' ? `- ${line}` : this.isEmpty ? line : `\n${line}`);
    }

    plain() {
      return this.#lines.join('\n');
    }
  }

  // ---------------------------------------------------------------------------------------------------------------
  // One turn: a question and its answer
  // ---------------------------------------------------------------------------------------------------------------

  class Turn {
    /** `running`, `answered`, `abstained`, `stopped` or `failed`. */
    state = 'running';
    #abort = new AbortController();
    #countdown = null;

    /** `request` is the body of the call; `widget` opens sources, announces and takes a question back for editing. */
    constructor(request, widget) {
      this.request = request;
      this.widget = widget;
      this.node = el('article', { class: 'turn' });
      this.#reset();
    }

    #reset() {
      this.passages = new Map();
      this.cited = new Set();
      this.facts = [];
      this.notices = [];
      this.withheld = [];
      this.understood = {};
      this.summary = null;
      this.text = new AnswerText((number) => this.#citation(number));
      const slot = (name) => el('div', { class: `slot ${name}` });
      this.slots = Object.fromEntries(
        ['understood', 'notices', 'outcome', 'facts', 'withheld', 'sources', 'progress', 'closing', 'actions'].map((name) => [name, slot(name)]));
      this.slots.asked = el('div', { class: 'slot facts asked' });
      const { understood, notices, outcome, asked, facts, withheld, sources, progress, closing, actions } = this.slots;
      this.node.replaceChildren(
        el('h3', { class: 'question' }, this.request.question),
        understood, notices, outcome, asked, this.text.node, progress, facts, withheld, sources, closing, actions);
      this.node.dataset.state = this.state;
    }

    /** Runs to its end; never throws. */
    async run() {
      // A retry replaces the controller, so what a former run still reports is told apart from this one.
      const abort = this.#abort;
      const isCurrent = () => abort === this.#abort && this.state === 'running';
      this.#showStage('Sending the question');
      try {
        for await (const { name, payload } of answerEvents(this.widget.settings.service, this.request, abort)) {
          if (isCurrent()) this.#take(name, payload);
          if (!isCurrent()) return;
        }
        throw AnswerFailure.cutOff();
      } catch (error) {
        if (isCurrent()) this.#fail(error instanceof AnswerFailure ? error : AnswerFailure.unreadable());
      }
    }

    stop(reason) {
      if (this.state !== 'running') return;
      this.#finish('stopped');
      this.#abort.abort();
      this.slots.closing.append(el('p', { class: 'note' }, reason));
      this.widget.announce(reason);
    }

    /** Asks the same question again, for the same date of service, in the same place. */
    retry() {
      this.stop('Stopped.');
      clearInterval(this.#countdown);
      this.#abort = new AbortController();
      this.state = 'running';
      this.#reset();
      return this.run();
    }

    #take(name, payload) {
      switch (name) {
        case 'status': return this.#showStage(STAGES[payload.stage] ?? 'Working');
        case 'understood': return this.#showUnderstood(payload);
        case 'evidence': return this.#keepEvidence(payload);
        case 'facts': return this.#showFacts(payload);
        case 'notice': return this.#showNotice(payload);
        case 'text': return this.text.add(payload);
        case 'withheld': return this.#showWithheld(payload);
        case 'done': return this.#done(payload);
        case 'failed': return this.#fail(AnswerFailure.fromProblem(payload, null));
        // A newer service may send events that this widget does not know yet.
        default: return undefined;
      }
    }

    #showStage(words) {
      this.slots.progress.replaceChildren(el('p', { class: 'progress-line' }, el('span', { class: 'pulse' }), `${words}…`));
      this.widget.announce(`${words}…`);
    }

    #showUnderstood(payload) {
      this.understood = payload;
      const day = text(payload.date_of_service);
      const setting = SETTINGS_OF_CARE.find(([value]) => value !== '' && value === payload.setting);
      const chips = [
        day && `Date of service ${readableDay(day)}${payload.date_given === false ? ' (today)' : ''}`,
        ...list(payload.codes).map((code) => `${text(record(code).system)} ${text(record(code).code)}`.trim()),
        ...list(payload.modifiers).map((modifier) => text(modifier) && `Modifier ${text(modifier)}`),
        setting?.[1],
      ].filter(Boolean);
      this.slots.understood.replaceChildren(
        el('ul', { class: 'chips', 'aria-label': 'Understood as' }, chips.map((chip) => el('li', {}, chip))));
    }

    #keepEvidence({ passages }) {
      for (const passage of list(passages).map(record)) {
        if (Number.isSafeInteger(passage.number)) this.passages.set(passage.number, passage);
      }
    }

    #citation(number) {
      const passage = this.passages.get(number);
      if (!passage) return el('span', { class: 'cite unknown', title: 'This source was not sent' }, String(number));
      this.cited.add(number);
      return el('button', {
        type: 'button',
        class: 'cite',
        'aria-haspopup': 'dialog',
        'aria-label': `Source ${number}: ${text(passage.title)}`,
        title: text(passage.title),
        onclick: (event) => this.widget.openSource(this, number, event.currentTarget),
      }, String(number));
    }

    #showFacts({ facts }) {
      for (const [place, fact] of list(facts).map(record).entries()) {
        this.facts.push(fact);
        // The first row is of the table that the words name, if they name one.
        const leads = place === 0 && text(fact.says) !== '';
        (leads || isAskedFor(fact) ? this.slots.asked : this.slots.facts).append(factTable(fact));
      }
    }

    #showNotice(notice) {
      const words = text(notice.text);
      if (words === '') return;
      const label = NOTICES[notice.kind] ?? 'Note';
      this.notices.push(`${label}: ${words}`);
      this.slots.notices.append(el('p', { class: 'notice', 'data-kind': text(notice.kind) }, el('strong', {}, `${label}.`), ' ', words));
    }

    #showWithheld(payload) {
      this.withheld.push({ reason: WITHHELD[payload.reason] ?? 'it did not pass the check', detail: text(payload.detail) });
      const reasons = new Set(this.withheld.map(({ reason }) => reason));
      const head = `${counted(this.withheld.length, 'sentence')} withheld`;
      const wasOpen = this.slots.withheld.querySelector('details')?.open ?? false;
      this.slots.withheld.replaceChildren(
        el('details', { class: 'withheld-notice', open: wasOpen },
          el('summary', {}, reasons.size === 1 ? `${head}: ${[...reasons][0]}` : `${head} for ${counted(reasons.size, 'reason')}`),
          el('ul', {}, this.withheld.map(({ reason, detail }) => el('li', {}, detail || `${reason}.`)))));
    }

    #done(summary) {
      this.summary = summary;
      this.#finish(summary.outcome === 'abstained' ? 'abstained' : 'answered');
      this.#showAbstention(record(summary.abstention));
      this.#showFallback(record(summary.fallback));
      this.#showSources();
      this.slots.closing.append(el('p', { class: 'note' }, this.#closingLine()));
      this.widget.announce(this.state === 'answered'
        ? `Answer complete: ${counted(whole(summary.shown), 'sentence')}, ${counted(this.cited.size, 'source')}.`
        : 'The question was declined; the reason is shown.');
    }

    #showAbstention(abstention) {
      if (this.state !== 'abstained') return;
      this.slots.outcome.append(el('section', { class: 'abstention', 'data-type': text(abstention.type) },
        el('h4', {}, ABSTENTIONS[abstention.type] ?? 'No answer'),
        el('p', {}, text(abstention.text) || 'There is no cited answer to this question.')));
    }

    #showFallback(fallback) {
      if (!fallback.reason) return;
      this.slots.closing.append(el('p', { class: 'notice', 'data-kind': 'fallback' }, el('strong', {}, 'Written from the sources alone.'), ' ',
        text(fallback.text) || 'The language model did not give an answer that passed the checks.'));
    }

    #showSources() {
      if (this.passages.size === 0) return;
      const cited = this.citedNumbers();
      const others = [...this.passages.keys()].filter((number) => !this.cited.has(number)).sort((a, b) => a - b);
      const rows = (numbers) => el('ol', { class: 'source-rows' }, numbers.map((number) => this.#sourceRow(number)));
      this.slots.sources.append(
        ...(cited.length ? [el('h4', {}, 'Sources'), rows(cited)] : []),
        ...(others.length ? [el('details', { class: 'others' },
          el('summary', {}, `${counted(others.length, cited.length ? 'other passage' : 'passage')} read, not cited`), rows(others))] : []));
    }

    #sourceRow(number) {
      const passage = this.passages.get(number);
      return el('li', {}, el('button', {
        type: 'button',
        class: 'source-row',
        'aria-haspopup': 'dialog',
        onclick: (event) => this.widget.openSource(this, number, event.currentTarget),
      }, el('span', { class: 'number' }, String(number)), el('span', { class: 'what' },
        el('span', { class: 'title' }, text(passage.title)),
        el('span', { class: 'where' }, joined(passage.document, passage.place, passage.edition)))));
    }

    #closingLine() {
      const { writer, model, shown, duration_ms: duration } = this.summary;
      const editions = list(this.summary.editions).map(text).filter(Boolean).join(', ');
      if (this.state === 'abstained') return editions ? `Searched: ${editions}` : '';
      return joined(
        writer === 'model' ? `Written by ${text(model) || 'a language model'}` : 'Written from the sources, without a language model',
        whole(shown) > 0 && `${counted(whole(shown), 'sentence')} checked`,
        Number.isFinite(duration) && (duration < 1000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`),
        editions);
    }

    #fail(failure) {
      this.#finish('failed');
      if (this.cited.size > 0) this.#showSources();
      this.slots.closing.append(el('section', { class: 'failure' },
        el('h4', {}, failure.title),
        failure.detail && el('p', {}, failure.detail),
        failure.advice && el('p', {}, failure.advice),
        failure.requestId && el('p', { class: 'note' }, `Request ${failure.requestId}`)));
      if (failure.retryAfterSeconds) this.#holdRetry(failure.retryAfterSeconds);
      this.widget.announce([failure.title, failure.detail, failure.advice].filter(Boolean).join('. '));
    }

    /** Keeps the retry button shut for as long as the service asked, and says how long that is. */
    #holdRetry(seconds) {
      const retry = this.slots.actions.querySelector('[data-action="retry"]');
      const label = retry.querySelector('span');
      const until = Date.now() + seconds * 1000;
      const tick = () => {
        const left = Math.ceil((until - Date.now()) / 1000);
        retry.disabled = left > 0;
        label.textContent = left > 90 ? `Retry in ${Math.ceil(left / 60)} min` : left > 0 ? `Retry in ${left} s` : 'Retry';
        if (left <= 0) clearInterval(this.#countdown);
      };
      this.#countdown = setInterval(tick, 1000);
      tick();
    }

    #finish(state) {
      this.state = state;
      this.node.dataset.state = state;
      this.slots.progress.replaceChildren();
      const retry = button('Retry', 'retry', () => this.widget.retry(this));
      retry.dataset.action = 'retry';
      this.slots.actions.replaceChildren(
        ...(state === 'failed' && this.text.isEmpty ? [] : [button('Copy', 'copy', (event) => this.#copy(event.currentTarget))]),
        retry,
        button('Edit question', 'edit', () => this.widget.edit(this.request.question)));
      this.widget.settled(this);
    }

    async #copy(pressed) {
      const copied = await copyText(plainAnswer(this), this.widget.shadow);
      const label = pressed.querySelector('span');
      label.textContent = copied ? 'Copied' : 'Not allowed here';
      this.widget.announce(copied ? 'Answer copied with its sources.' : 'This page does not allow copying.');
      setTimeout(() => { label.textContent = 'Copy'; }, 2000);
    }

    citedNumbers() {
      return [...this.cited].sort((a, b) => a - b);
    }

    discard() {
      this.stop('Stopped.');
      clearInterval(this.#countdown);
    }
  }

  /** One exact row of an official table, with where it stands. */
  function factTable(fact) {
    const source = record(fact.source);
    const rows = list(fact.rows).map(record);
    return el('figure', { class: 'fact', 'data-kind': text(fact.kind) },
      el('table', {},
        el('caption', {}, text(fact.title), text(fact.says) && el('span', { class: 'says' }, text(fact.says))),
        el('tbody', {}, rows.map((row) => el('tr', {},
          el('th', { scope: 'row' }, text(row.label)),
          el('td', {}, text(row.value)))))),
      el('figcaption', {}, joined(source.document, source.section, source.place, source.edition), ' ', outwardLink(source.url, 'Source')));
  }

  /** The answer as it is filed: question, date, notes, sentences, rows, what was withheld, and every source in full. */
  function plainAnswer(turn) {
    const { request, understood, notices, summary, facts, withheld, passages } = turn;
    const abstention = turn.state === 'abstained' ? record(summary.abstention) : null;
    const numbers = turn.cited.size ? turn.citedNumbers() : [...passages.keys()].sort((a, b) => a - b);
    const sections = [
      [`Question: ${request.question}`, `Date of service: ${text(understood.date_of_service) || request.date_of_service || today()}`].join('\n'),
      notices.join('\n'),
      abstention && `${ABSTENTIONS[abstention.type] ?? 'No answer'}: ${text(abstention.text)}`,
      turn.text.plain(),
      ...facts.map(plainFact),
      withheld.length && `Withheld: ${withheld.map(({ reason, detail }) => detail || `${reason}.`).join(' ')}`,
      turn.state === 'stopped' && 'The answer was stopped before its end.',
      turn.state === 'failed' && 'The answer is incomplete: the connection or the service failed before its end.',
      numbers.length && ['Sources', ...numbers.map((number) => plainSource(number, passages.get(number)))].join('\n'),
      summary && list(summary.editions).length && `Editions: ${summary.editions.map(text).join(', ')}`,
      summary && text(summary.id) && `Answer: ${text(summary.id)}`,
    ];
    return `${sections.filter(Boolean).join('\n\n')}\n`;
  }

  function plainFact(fact) {
    const source = record(fact.source);
    const rows = list(fact.rows).map(record).map((row) => `  ${text(row.label)}: ${text(row.value)}`);
    return [text(fact.title), ...[text(fact.says)].filter(Boolean).map((says) => `  ${says}`), ...rows, `  Source: ${[source.document, source.section, source.place, source.edition].map(text).filter(Boolean).join(', ')}`].join('\n');
  }

  function plainSource(number, passage) {
    const place = [passage.authority, passage.document, passage.section, passage.place, passage.edition].map(text).filter(Boolean).join(', ');
    const range = effectiveRange(passage.effective_from, passage.effective_to);
    return `[${number}] ${text(passage.title)}. ${place}${range && `, in force ${range}`}.${followable(passage.url) ? ` ${followable(passage.url).href}` : ''}`;
  }

  // ---------------------------------------------------------------------------------------------------------------
  // The source panel
  // ---------------------------------------------------------------------------------------------------------------

  class SourcePanel {
    #turn = null;
    #number = 0;
    #opener = null;

    constructor(widget) {
      this.widget = widget;
      this.heading = el('h3', { id: 'source-title', tabindex: '-1' });
      this.position = el('p', { class: 'position' });
      this.body = el('div', { class: 'source-body', tabindex: '0', role: 'group', 'aria-label': 'Source text' });
      this.previous = iconButton('Previous source', 'previous', () => this.#step(-1));
      this.next = iconButton('Next source', 'next', () => this.#step(1));
      this.node = el('aside', { class: 'source', role: 'dialog', 'aria-labelledby': 'source-title', hidden: true },
        el('header', {}, this.position, this.previous, this.next, iconButton('Close source', 'close', () => this.close())),
        this.heading, this.body);
    }

    get isOpen() {
      return !this.node.hidden;
    }

    open(turn, number, opener) {
      this.#opener?.removeAttribute('data-open');
      this.#turn = turn;
      this.#opener = opener;
      opener.setAttribute('data-open', '');
      this.node.hidden = false;
      this.#show(number);
      this.widget.sourceToggled();
      this.heading.focus({ preventScroll: true });
    }

    /** Closes, and puts the reader back where the source was opened, if that still stands. */
    close({ refocus = true } = {}) {
      if (!this.isOpen) return;
      this.node.hidden = true;
      this.#opener?.removeAttribute('data-open');
      this.widget.sourceToggled();
      if (!refocus) return;
      if (this.#opener?.isConnected) this.#opener.focus({ preventScroll: true });
      else this.widget.focusQuestion();
    }

    belongsTo(turn) {
      return this.isOpen && this.#turn === turn;
    }

    #numbers() {
      const cited = this.#turn.citedNumbers();
      return cited.includes(this.#number) ? cited : [...this.#turn.passages.keys()].sort((a, b) => a - b);
    }

    #step(by) {
      const numbers = this.#numbers();
      this.#show(numbers[numbers.indexOf(this.#number) + by] ?? this.#number);
      this.heading.focus({ preventScroll: true });
    }

    #show(number) {
      const passage = this.#turn.passages.get(number);
      this.#number = number;
      const numbers = this.#numbers();
      const index = numbers.indexOf(number);
      this.position.replaceChildren(el('span', { class: 'number' }, String(number)), `Source ${index + 1} of ${numbers.length}`);
      this.previous.disabled = index <= 0;
      this.next.disabled = index >= numbers.length - 1;
      this.heading.textContent = text(passage.title) || 'Untitled source';
      this.body.replaceChildren(el('blockquote', {}, text(passage.text)), sourceDetails(passage),
        ...[followable(passage.url) && el('p', { class: 'outward-line' }, outwardLink(passage.url, `Open at ${followable(passage.url).host}`))].filter(Boolean));
      this.body.scrollTop = 0;
    }
  }

  function sourceDetails(passage) {
    const rows = [
      ['Authority', passage.authority],
      ['Document', passage.document],
      ['Section', passage.section],
      ['Place', passage.place],
      ['Edition', passage.edition],
      ['In force', effectiveRange(passage.effective_from, passage.effective_to)],
      ['Passage', passage.id],
    ].filter(([, value]) => text(value) !== '');
    return el('dl', {}, rows.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, text(value)))));
  }

  // ---------------------------------------------------------------------------------------------------------------
  // The widget
  // ---------------------------------------------------------------------------------------------------------------

  /** Below this width a source covers the conversation instead of standing beside it. */
  const TWO_COLUMNS_PX = 860;
  /** Below this width the labels of the fields stand above them. */
  const SLIM_PX = 560;
  const MOST_TURNS = 100;
  const SHEET = '(max-width: 560px), (max-height: 440px)';

  class Widget {
    turns = [];
    #dateIsChosen = false;

    constructor(settings) {
      this.settings = settings;
      this.host = el('div', { 'data-codecite': settings.mode, lang: 'en' });
      this.shadow = this.host.attachShadow({ mode: 'open' });
      adoptStyle(this.shadow);
      this.source = new SourcePanel(this);
      this.status = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
      this.stage = el('div', { class: 'stage' }, el('div', { class: 'talk' }, this.#makeLog(), this.#makeComposer()), this.source.node);
      this.root = el('div', { class: 'codecite', 'data-mode': settings.mode, 'data-position': settings.position },
        this.status, settings.mode === 'floating' ? this.#makeWindow() : this.#makeSection());
      this.shadow.append(this.root);
      this.#keepTheme();
      this.#watchWidth();
      this.#listen();
      if (settings.dateOfService) this.#chooseDate(settings.dateOfService);
      else this.#freshenDate();
    }

    // Building

    #makeLog() {
      const { examples } = this.settings;
      this.welcome = el('div', { class: 'welcome' },
        el('p', { class: 'lead' }, 'Ask a medical coding question.'),
        el('p', {}, 'Each sentence of an answer is checked against the source it cites before you see it. The numbers open the sources.'),
        examples.length > 0 && el('ul', { class: 'examples', 'aria-label': 'Example questions' },
          examples.map((example) => el('li', {}, el('button', { type: 'button', class: 'example', onclick: () => this.ask(example) }, example)))));
      this.log = el('div', { class: 'log', role: 'region', 'aria-label': 'Questions and answers', tabindex: '0' }, this.welcome);
      return this.log;
    }

    #makeComposer() {
      this.date = el('input', { type: 'date', id: 'dos', min: '1990-01-01', max: '2099-12-31', 'aria-describedby': 'dos-note' });
      this.dateNote = el('span', { id: 'dos-note', class: 'aside' });
      this.setting = el('select', { id: 'setting' }, SETTINGS_OF_CARE.map(([value, label]) =>
        el('option', { value, selected: value === this.settings.setting }, label)));
      this.question = el('textarea', {
        id: 'question', rows: '1', maxlength: String(LONGEST_QUESTION_CHARS), placeholder: 'Ask a coding question',
        'aria-describedby': 'hint', enterkeyhint: 'send', autocomplete: 'off',
      });
      this.stopButton = el('button', { type: 'button', class: 'button stop', hidden: true, onclick: () => this.#stop() }, icon('stop'), el('span', {}, 'Stop'));
      this.clearButton = button('Clear', null, () => this.#clear());
      this.clearButton.setAttribute('aria-label', 'Clear the conversation');
      this.clearButton.hidden = true;
      const send = el('button', { type: 'submit', class: 'button primary', 'aria-label': 'Ask', title: 'Ask (Enter)' }, icon('ask'));
      this.form = el('form', { class: 'composer', novalidate: true },
        el('div', { class: 'ask' }, el('label', { for: 'question', class: 'unseen' }, 'Your coding question'), this.question, this.stopButton, send),
        el('div', { class: 'fields' },
          el('div', { class: 'field' }, el('div', { class: 'name' }, el('label', { for: 'dos' }, 'Date of service'), this.dateNote), this.date),
          el('div', { class: 'field' }, el('div', { class: 'name' }, el('label', { for: 'setting' }, 'Setting')), this.setting),
          this.clearButton),
        el('p', { id: 'hint', class: 'hint' }, 'Do not type patient identifiers. ', el('span', { class: 'keys' }, 'Enter asks, Shift+Enter adds a line.')));
      return this.form;
    }

    #makeSection() {
      const { title } = this.settings;
      return el('section', { class: 'window', 'aria-label': title || 'Coding questions' }, title && el('header', { class: 'bar' }, el('h2', {}, title)), this.stage);
    }

    #makeWindow() {
      const { title } = this.settings;
      this.window = el('dialog', { class: 'window', 'aria-label': title || 'Coding questions' },
        el('header', { class: 'bar' }, el('h2', {}, title || 'Coding questions'), iconButton('Close', 'close', () => this.close())), this.stage);
      this.launcher = el('button', { type: 'button', class: 'launcher', 'aria-expanded': 'false', 'aria-haspopup': 'dialog', onclick: () => this.toggle() },
        icon('chat'), el('span', {}, title || 'Coding questions'));
      return [this.window, this.launcher];
    }

    #keepTheme() {
      const dark = matchMedia('(prefers-color-scheme: dark)');
      const apply = () => {
        const { theme } = this.settings;
        this.root.dataset.theme = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
      };
      dark.addEventListener('change', apply);
      apply();
    }

    #watchWidth() {
      new ResizeObserver(([entry]) => {
        this.stage.toggleAttribute('data-narrow', entry.contentRect.width < TWO_COLUMNS_PX);
        this.stage.toggleAttribute('data-slim', entry.contentRect.width < SLIM_PX);
        this.sourceToggled();
      }).observe(this.stage);
      if (!this.window) return;
      matchMedia(SHEET).addEventListener('change', () => {
        if (!this.window.open) return;
        this.window.close();
        this.#showWindow();
      });
      window.visualViewport?.addEventListener('resize', () => this.#fitSheet());
      window.visualViewport?.addEventListener('scroll', () => this.#fitSheet());
    }

    #listen() {
      this.form.addEventListener('submit', (event) => {
        event.preventDefault();
        this.#send();
      });
      this.question.addEventListener('keydown', (event) => {
        // While an input method composes a character, Enter belongs to it.
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        this.#send();
      });
      this.question.addEventListener('input', () => this.#growQuestion());
      this.date.addEventListener('change', () => this.#chooseDate(this.date.value));
      this.root.addEventListener('keydown', (event) => this.#escape(event));
      this.window?.addEventListener('cancel', (event) => {
        event.preventDefault();
        this.#back();
      });
      // Single-letter shortcuts of the host page would fire while somebody types here: from outside, the target of
      // the key is a plain div.
      for (const type of ['keydown', 'keyup', 'keypress']) this.root.addEventListener(type, (event) => event.stopPropagation());
    }

    // Asking

    #send() {
      const question = this.question.value.trim();
      if (question === '') return this.focusQuestion();
      if (!this.date.checkValidity()) return this.date.reportValidity();
      this.question.value = '';
      this.#growQuestion();
      this.ask(question);
      // The on-screen keyboard would hide the answer.
      if (matchMedia('(pointer: coarse)').matches) this.question.blur();
      return undefined;
    }

    ask(question) {
      this.source.close({ refocus: false });
      this.turns.at(-1)?.stop('Stopped, because another question was asked. What is shown was checked.');
      const turn = new Turn(this.#request(question), this);
      this.turns.push(turn);
      while (this.turns.length > MOST_TURNS) this.#drop(this.turns.shift());
      this.welcome.hidden = true;
      this.clearButton.hidden = false;
      this.log.append(turn.node);
      this.#begin(turn, () => turn.run());
    }

    retry(turn) {
      if (this.source.belongsTo(turn)) this.source.close({ refocus: false });
      this.turns.filter((other) => other !== turn).forEach((other) => other.stop('Stopped, because another question was asked. What is shown was checked.'));
      this.#begin(turn, () => turn.retry());
      this.focusQuestion();
    }

    edit(question) {
      this.question.value = question;
      this.#growQuestion();
      this.focusQuestion();
    }

    #begin(turn, start) {
      this.running = turn;
      this.stopButton.hidden = false;
      start();
      this.#scrollTo(turn);
    }

    /** A turn has reached its end. */
    settled(turn) {
      if (this.running !== turn) return;
      this.running = null;
      if (this.shadow.activeElement === this.stopButton) this.focusQuestion();
      this.stopButton.hidden = true;
    }

    #stop() {
      this.running?.stop('Stopped. What is shown was checked.');
    }

    #clear() {
      this.source.close({ refocus: false });
      this.turns.forEach((turn) => this.#drop(turn));
      this.turns = [];
      this.welcome.hidden = false;
      this.clearButton.hidden = true;
      this.announce('Conversation cleared.');
      this.focusQuestion();
    }

    #drop(turn) {
      turn.discard();
      turn.node.remove();
    }

    /** The date travels only when somebody chose it: then it overrules the question's own words, and today's date must not. */
    #request(question) {
      this.#freshenDate();
      const request = { question };
      if (this.#dateIsChosen) request.date_of_service = this.date.value;
      if (this.setting.value) request.setting = this.setting.value;
      return request;
    }

    #chooseDate(day) {
      this.#dateIsChosen = ISO_DAY.test(day);
      if (this.#dateIsChosen) this.date.value = day;
      this.#freshenDate();
    }

    /** A page that stays open over night has a new today. */
    #freshenDate() {
      if (!this.#dateIsChosen) this.date.value = today();
      this.dateNote.textContent = this.#dateIsChosen ? '' : '(today)';
    }

    // Reading

    openSource(turn, number, opener) {
      this.source.open(turn, number, opener);
    }

    sourceToggled() {
      this.stage.toggleAttribute('data-source', this.source.isOpen);
      this.stage.firstElementChild.inert = this.source.isOpen && this.stage.hasAttribute('data-narrow');
    }

    announce(words) {
      this.status.textContent = words;
    }

    focusQuestion() {
      this.#freshenDate();
      this.question.focus({ preventScroll: true });
    }

    /** Puts the question at the top and leaves it there, so that the answer grows below and never moves under the eye. */
    #scrollTo(turn) {
      const top = turn.node.offsetTop - this.log.offsetTop;
      this.log.scrollTo({ top, behavior: motionIsWelcome() ? 'smooth' : 'auto' });
    }

    #growQuestion() {
      this.question.style.height = 'auto';
      this.question.style.height = `${this.question.scrollHeight}px`;
    }

    // Opening and closing

    toggle() {
      if (this.window.open) this.close();
      else this.open();
    }

    open() {
      this.#showWindow();
      this.launcher.setAttribute('aria-expanded', 'true');
      this.focusQuestion();
    }

    close() {
      this.window.close();
      this.launcher.setAttribute('aria-expanded', 'false');
      this.launcher.focus();
    }

    #showWindow() {
      if (matchMedia(SHEET).matches) this.window.showModal();
      else this.window.show();
      this.#fitSheet();
    }

    /** On a phone the on-screen keyboard takes half the screen; the sheet gives way instead of hiding behind it. */
    #fitSheet() {
      const view = window.visualViewport;
      const isSheet = this.window.open && matchMedia(SHEET).matches && view && view.scale === 1;
      this.window.style.height = isSheet ? `${view.height}px` : '';
      this.window.style.top = isSheet ? `${view.offsetTop}px` : '';
    }

    #escape(event) {
      if (event.key !== 'Escape' || event.isComposing) return;
      if (this.#back()) event.preventDefault();
    }

    /** One step back: the source first, then the window. Returns whether there was something to close. */
    #back() {
      if (this.source.isOpen) this.source.close();
      else if (this.window?.open) this.close();
      else return false;
      return true;
    }
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Putting it on the page
  // ---------------------------------------------------------------------------------------------------------------

  function place(settings, tag) {
    if (settings.mode === 'floating') {
      if (document.querySelector('[data-codecite="floating"]')) return;
      // Beside the body, not in it: a transform, filter or opacity on the body can not move or fade the window.
      document.documentElement.append(new Widget(settings).host);
      return;
    }
    const target = settings.target ? findTarget(settings.target) : null;
    if (settings.target && !target) {
      console.error(`codecite: no element matches data-target="${settings.target}"; add that element, or leave data-target away to place the chat where the script tag stands`);
      return;
    }
    if (target?.querySelector('[data-codecite]')) return;
    const widget = new Widget(settings);
    if (target) target.append(widget.host);
    else if (tag.isConnected && document.body.contains(tag)) tag.after(widget.host);
    else document.body.append(widget.host);
    if (settings.autofocus) widget.focusQuestion();
  }

  /** What is no selector matches nothing, and the page goes on. */
  function findTarget(selector) {
    try {
      return document.querySelector(selector);
    } catch {
      return null;
    }
  }

  /** A constructed style sheet needs no `style-src` permission from the page; a `<style>` element would. */
  function adoptStyle(shadow) {
    if ('adoptedStyleSheets' in shadow) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      shadow.adoptedStyleSheets = [sheet];
    } else {
      shadow.append(el('style', {}, STYLE));
    }
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Style. Sizes are in px and em, never rem: rem would follow the host page's root. `font-size: medium` is the size the
  // reader set in the browser. Important declarations on :host win over the page's important ones.
  // ---------------------------------------------------------------------------------------------------------------

  const STYLE = `
:host {
  all: initial !important;
  /* "all" leaves the direction out. */
  direction: ltr !important;
  unicode-bidi: isolate !important;
  display: block !important;
  font-size: medium !important;
}
:host([data-codecite="inline"]) {
  display: flex !important;
  flex-direction: column !important;
  height: 100% !important;
  min-height: 420px !important;
  max-height: var(--codecite-max-height, 85vh) !important;
  min-width: 0 !important;
}
:host([data-codecite="floating"]) { display: contents !important; }

.codecite {
  --paper: #ffffff; --ground: #f5f7f8; --ink: #18222d; --soft: #566373; --line: #dce2e7; --line-strong: #b5c0ca;
  --accent: var(--codecite-accent, #0b5d6e); --accent-ink: #ffffff; --accent-soft: #e4f0f2;
  --warn: #6d4a00; --warn-soft: #fdf5e1; --warn-line: #e6c878;
  --fault: #8f1f1a; --fault-soft: #fcefee; --fault-line: #e4a6a2;
  --pass: #41456f; --pass-soft: #f0f1f9; --pass-line: #8b90c4;
  --shadow: 0 2px 6px rgb(20 35 50 / .10), 0 16px 40px rgb(20 35 50 / .18);
  color-scheme: light;
  font: 400 .9375em/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink);
  text-align: start;
  -webkit-text-size-adjust: 100%;
}
.codecite[data-theme="dark"] {
  --paper: #161c23; --ground: #10151b; --ink: #e3e9ee; --soft: #9ba9b7; --line: #2a343f; --line-strong: #465462;
  --accent: var(--codecite-accent-dark, #67c5d4); --accent-ink: #06262d; --accent-soft: #14323a;
  --warn: #f0cf85; --warn-soft: #2b2412; --warn-line: #6b561f;
  --fault: #f3a9a3; --fault-soft: #321917; --fault-line: #7a3833;
  --pass: #c3c7f2; --pass-soft: #1e2138; --pass-line: #6a70b4;
  --shadow: 0 2px 6px rgb(0 0 0 / .4), 0 16px 40px rgb(0 0 0 / .5);
  color-scheme: dark;
}
.codecite[data-mode="inline"] { display: flex; flex-direction: column; flex: 1; min-width: 0; min-height: 0; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, p, ul, ol, dl, dd, figure, blockquote { margin: 0; padding: 0; }
ul, ol { list-style: none; }
button, input, select, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: .5; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0; padding: 0; margin: 0; }
.icon { width: 1.25em; height: 1.25em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }

.button { display: inline-flex; align-items: center; justify-content: center; gap: .4em; min-height: 32px; padding: 0 .7em; border: 1px solid transparent; border-radius: 7px; background: none; font-size: .8667em; line-height: 1.2; white-space: nowrap; }
.button.quiet { color: var(--soft); border-color: var(--line); background: var(--paper); }
.button.quiet:hover:enabled { color: var(--ink); border-color: var(--line-strong); }
.button.bare { min-width: 34px; min-height: 34px; padding: 0; color: var(--soft); }
.button.bare:hover:enabled { color: var(--ink); background: var(--ground); }
.button.primary { min-width: 40px; min-height: 36px; background: var(--accent); color: var(--accent-ink); }
.button.primary:hover { filter: brightness(1.1); }
.button.stop { min-height: 36px; border-color: var(--line-strong); }
/* It says how long to wait, so it stays readable. */
.button.quiet:disabled { opacity: 1; border-style: dashed; }
.button.quiet .icon { width: 1.1em; height: 1.1em; }

/* The frame */
.window { display: flex; flex-direction: column; min-height: 0; background: var(--paper); color: var(--ink); }
.codecite[data-mode="inline"] .window { flex: 1; border: 1px solid var(--line); border-radius: var(--codecite-radius, 10px); overflow: hidden; }
.bar { display: flex; align-items: center; gap: 8px; min-height: 52px; padding: 6px 8px 6px 18px; border-bottom: 1px solid var(--line); flex: none; }
.bar h2 { flex: 1; min-width: 0; font-size: 1em; font-weight: 600; letter-spacing: -.005em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.stage { position: relative; flex: 1; min-height: 0; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); }
.stage[data-source]:not([data-narrow]) { grid-template-columns: minmax(0, 1fr) minmax(340px, 36%); }
.talk { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
.log { flex: 1; min-height: 0; overflow-y: auto; display: flex; flex-direction: column; align-items: center; padding: 0 24px; position: relative; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
.log:has(.turn) { border-bottom: 1px solid var(--line); }
.log:focus-visible { outline-offset: -3px; }
.log > * { width: 100%; max-width: 720px; flex: none; }

/* Before the first question */
.welcome { margin: auto 0; padding: 28px 0; color: var(--soft); }
.welcome .lead { font-size: 1.4em; line-height: 1.3; font-weight: 600; letter-spacing: -.015em; color: var(--ink); margin-bottom: 6px; }
.examples { display: grid; gap: 8px; margin-top: 20px; }
.example { width: 100%; text-align: start; padding: 11px 14px; border: 1px solid var(--line); border-radius: 9px; background: var(--paper); color: var(--ink); line-height: 1.4; }
.example:hover { border-color: var(--accent); background: var(--accent-soft); }

/* A turn */
.turn { padding: 24px 0 28px; }
.turn + .turn { border-top: 1px solid var(--line); }
.turn:last-child { min-height: 100%; }
.turn > * + * { margin-top: 12px; }
.slot:empty, .text:empty { display: none; }
.question { font-size: 1.2em; line-height: 1.35; font-weight: 600; letter-spacing: -.01em; white-space: pre-wrap; overflow-wrap: anywhere; }
.turn > .understood { margin-top: 8px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chips li { padding: 1px 8px; border-radius: 5px; background: var(--ground); border: 1px solid var(--line); font-size: .8em; color: var(--soft); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.text { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.text > * + * { margin-top: 10px; }
.text ul { display: grid; gap: 6px; }
.text li { padding-inline-start: 18px; position: relative; }
.text li::before { content: ""; position: absolute; inset-inline-start: 4px; top: .68em; width: 5px; height: 5px; border-radius: 50%; background: var(--line-strong); }
.cite, .number { display: inline-flex; align-items: center; justify-content: center; min-width: 1.65em; height: 1.55em; padding: 0 .35em; border: 0; border-radius: 4px; background: var(--accent-soft); color: var(--accent); font-size: .74em; line-height: 1; font-weight: 600; font-variant-numeric: tabular-nums; }
.cite { position: relative; vertical-align: .18em; margin-inline-start: .35em; }
.cite + .cite { margin-inline-start: .25em; }
/* A finger needs more than the mark shows. */
.cite::after { content: ""; position: absolute; inset: -5px -2px; }
.cite:hover, .cite[data-open] { background: var(--accent); color: var(--accent-ink); }
.cite.unknown { background: var(--ground); color: var(--soft); }

.notices, .closing { display: grid; gap: 8px; }
.notice { padding: 9px 13px; border-radius: 8px; border: 1px solid var(--warn-line); background: var(--warn-soft); color: var(--warn); font-size: .9333em; line-height: 1.5; overflow-wrap: anywhere; }
.notice strong { font-weight: 650; }
.abstention { padding: 12px 16px; border-radius: 8px; border: 1px solid var(--line); border-inline-start: 4px solid var(--pass-line); background: var(--pass-soft); overflow-wrap: anywhere; }
.abstention h4 { color: var(--pass); font-size: 1em; font-weight: 650; }
.failure { padding: 12px 16px; border-radius: 8px; border: 1px solid var(--fault-line); background: var(--fault-soft); overflow-wrap: anywhere; }
.failure h4 { color: var(--fault); font-size: 1em; font-weight: 650; }
/* The service writes its problems in lower case, for logs. */
.failure > :is(h4, p)::first-letter { text-transform: uppercase; }
.note { font-size: .8333em; line-height: 1.5; color: var(--soft); overflow-wrap: anywhere; }

.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 10px; align-items: start; }
.facts.asked { grid-template-columns: minmax(0, 1fr); }
.fact { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; font-size: .9em; line-height: 1.45; }
.fact table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.fact caption { text-align: start; font-weight: 600; padding: 8px 12px; background: var(--ground); border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.fact .says { display: block; margin-top: 2px; font-weight: 400; }
.fact th, .fact td { text-align: start; vertical-align: top; padding: 5px 12px; font-weight: 400; overflow-wrap: anywhere; }
.fact th { width: 45%; color: var(--soft); }
.fact td { font-weight: 550; }
.fact tr + tr > * { border-top: 1px solid var(--line); }
.fact figcaption { padding: 6px 12px 8px; border-top: 1px solid var(--line); font-size: .88em; color: var(--soft); overflow-wrap: anywhere; }

summary { cursor: pointer; border-radius: 4px; }
.withheld-notice { font-size: .8667em; color: var(--soft); border: 1px dashed var(--line-strong); border-radius: 8px; padding: 7px 12px; }
.withheld-notice ul { margin-top: 6px; display: grid; gap: 4px; padding-inline-start: 16px; list-style: disc; overflow-wrap: anywhere; }
.sources { padding-top: 4px; }
.sources h4 { font-size: .8em; font-weight: 600; color: var(--soft); margin-bottom: 2px; }
.source-rows { margin-inline: -8px; }
.source-row { display: flex; gap: 10px; width: 100%; text-align: start; padding: 6px 8px; border: 0; border-radius: 7px; background: none; line-height: 1.4; }
.source-row:hover { background: var(--ground); }
.source-row[data-open] { background: var(--accent-soft); }
.source-row .number { margin-top: .2em; flex: none; }
.source-row .what { min-width: 0; overflow-wrap: anywhere; }
.source-row .title { display: block; font-size: .9333em; }
.source-row .where { display: block; font-size: .8em; color: var(--soft); }
.others { font-size: .8667em; color: var(--soft); margin-top: 4px; }
.others .source-rows { margin-top: 4px; color: var(--ink); }
.progress-line { display: flex; align-items: center; gap: 10px; color: var(--soft); font-size: .9333em; }
.pulse { width: 8px; height: 8px; border-radius: 50%; background: var(--accent); }
.actions { display: flex; flex-wrap: wrap; gap: 6px; }

/* Asking */
.composer { flex: none; width: 100%; max-width: 768px; margin: 0 auto; padding: 10px 24px 12px; }
.ask { display: flex; align-items: flex-end; gap: 6px; padding: 5px 5px 5px 14px; border: 1px solid var(--line-strong); border-radius: 11px; background: var(--paper); }
.ask:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.ask textarea { flex: 1; min-width: 0; max-height: 9.6em; padding: 6px 0; border: 0; outline: none; background: none; resize: none; line-height: 1.6; display: block; }
.ask textarea::placeholder { color: var(--soft); opacity: 1; }
.fields { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; margin-top: 8px; font-size: .8667em; }
.field { display: flex; align-items: center; gap: 7px; min-width: 0; }
.field .name { display: flex; gap: 4px; color: var(--soft); white-space: nowrap; }
.field input, .field select { min-height: 32px; padding: 0 7px; border: 1px solid var(--line); border-radius: 7px; background: var(--paper); max-width: 100%; }
.field input:hover, .field select:hover { border-color: var(--line-strong); }
.field .aside:empty { display: none; }
.stage[data-slim] .fields { gap: 6px 8px; flex-wrap: nowrap; align-items: flex-end; }
.stage[data-slim] .field { flex-direction: column; align-items: stretch; gap: 2px; flex: 1 1 0; }
.fields > .button { margin-inline-start: auto; font-size: 1em; }
.hint { margin-top: 7px; font-size: .8em; color: var(--soft); }

/* The source */
.source { display: flex; flex-direction: column; min-width: 0; min-height: 0; border-inline-start: 1px solid var(--line); background: var(--paper); }
.stage[data-narrow] .source { position: absolute; inset: 0; border: 0; }
.source header { display: flex; align-items: center; gap: 2px; min-height: 48px; padding: 6px 8px 6px 20px; flex: none; }
.source .position { flex: 1; display: flex; align-items: center; gap: 8px; font-size: .8667em; color: var(--soft); }
.source h3 { padding: 0 20px 12px; font-size: 1.1em; line-height: 1.35; font-weight: 600; overflow-wrap: anywhere; flex: none; }
.source h3:focus-visible { outline-offset: -2px; }
.source-body { flex: 1; min-height: 0; overflow-y: auto; padding: 2px 20px 20px; overflow-wrap: anywhere; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
.source-body:focus-visible { outline-offset: -3px; }
.source blockquote { padding: 12px 14px; border-inline-start: 3px solid var(--accent); background: var(--ground); border-radius: 0 8px 8px 0; white-space: pre-line; }
.source dl { margin-top: 16px; font-size: .8667em; line-height: 1.5; }
.source dl div { display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 10px; padding: 5px 0; border-top: 1px solid var(--line); }
.source dl div:first-child { border-top: 0; }
.source dt { color: var(--soft); }
.outward-line { margin-top: 12px; }
.outward { color: var(--accent); text-decoration: underline; text-underline-offset: 2px; }
.outward .icon { width: .95em; height: .95em; margin-inline-start: .25em; vertical-align: -.12em; }

/* Floating */
.launcher, dialog.window { position: fixed; z-index: 2147483000; }
.launcher { bottom: 20px; display: inline-flex; align-items: center; gap: 9px; max-width: calc(100vw - 40px); min-height: 48px; padding: 0 20px 0 16px; border: 0; border-radius: 24px; background: var(--accent); color: var(--accent-ink); font-weight: 600; line-height: 1.2; box-shadow: var(--shadow); }
.launcher span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.launcher:hover { filter: brightness(1.1); }
.launcher:focus-visible { outline: 2px solid var(--paper); box-shadow: 0 0 0 5px var(--accent); }
dialog.window { inset: auto; bottom: 80px; width: min(440px, calc(100vw - 40px)); height: min(700px, calc(100dvh - 100px)); max-width: none; max-height: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 14px; overflow: hidden; box-shadow: var(--shadow); }
dialog.window:not([open]) { display: none; }
dialog.window::backdrop { background: rgb(10 18 26 / .4); }
[data-position="bottom-right"] :is(.launcher, dialog.window) { right: 20px; }
[data-position="bottom-left"] :is(.launcher, dialog.window) { left: 20px; }
dialog.window .log, .stage[data-narrow] .log { padding: 0 18px; }
dialog.window .composer, .stage[data-narrow] .composer { padding: 8px 12px 10px; }
dialog.window .log { overscroll-behavior: contain; }

@media ${SHEET} {
  .codecite { font-size: 1em; }
  [data-position] dialog.window { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
  .stage[data-narrow] .log, dialog.window .log { padding: 0 16px; }
  .ask textarea { font-size: max(16px, 1em); }
  .field input, .field select { min-height: 38px; }
  .field .aside { display: none; }
  .fields > .button { min-height: 38px; }
  .keys { display: none; }
  .button.quiet { min-height: 38px; }
  .turn { padding: 18px 0 22px; }
}
@media (prefers-reduced-motion: no-preference) {
  .pulse { animation: pulse 1.4s ease-in-out infinite; }
  dialog.window[open] { animation: rise .16s ease-out; }
  @keyframes pulse { 50% { opacity: .25; } }
  @keyframes rise { from { opacity: 0; transform: translateY(8px); } }
}
@media (forced-colors: active) {
  .cite, .number, .launcher, .button.primary { border: 1px solid; }
}
@media print {
  .composer, .actions, .launcher { display: none !important; }
  .codecite .window, .stage, .talk, .log { display: block !important; height: auto !important; max-height: none !important; overflow: visible !important; }
}
`;

  const settings = readSettings(scriptTag);
  if (document.readyState === 'loading' && !(settings.mode === 'inline' && !settings.target && document.body)) {
    document.addEventListener('DOMContentLoaded', () => place(settings, scriptTag), { once: true });
  } else {
    place(settings, scriptTag);
  }
})();
