/* Scripted answers, each a list of [event, payload] in the order of the wire contract. Wording is ours; no descriptor text. */

export const passage = (number, fields = {}) => ({
  number,
  id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  title: `Passage ${number}`,
  text: `Text of passage ${number}.`,
  authority: 'CMS',
  document: 'Starter knowledge base',
  section: null,
  place: null,
  url: null,
  edition: 'starter 2026.1',
  effective_from: '2021-01-01',
  effective_to: null,
  ...fields,
});

export const sentence = (text, citations = [1], block = 'paragraph') => ['text', { block, text, citations }];

export const done = (fields = {}) => ['done', {
  outcome: 'answered', abstention: null, writer: 'composer', fallback: null, shown: 1, withheld: 0,
  prompt: null, model: null, editions: ['starter 2026.1'], duration_ms: 12, ...fields,
}];

const understood = (fields = {}) => ['understood', {
  date_of_service: '2026-11-23', date_given: false, codes: [], modifiers: [], setting: null, intent: 'definition', ...fields,
}];

/** Status, understanding and evidence, then `events`, then `done` unless the events end themselves. */
export function answer(events, { passages = [passage(1)], ...understanding } = {}) {
  const ended = ['done', 'failed'].includes(events.at(-1)?.[0]);
  return [
    ['status', { stage: 'understanding' }],
    understood(understanding),
    ['status', { stage: 'retrieving' }],
    ['evidence', { passages }],
    ['status', { stage: 'writing' }],
    ...events,
    ...(ended ? [] : [done({ shown: events.filter(([name]) => name === 'text').length })]),
  ];
}

/** Every kind of thing an answer can show, on one add-on code. */
export const ADD_ON_CODE = answer([
  ['facts', { facts: [
    { kind: 'code_status', title: 'CPT 38900', rows: [{ label: 'In force', value: 'yes' }, { label: 'Add-on code', value: 'yes' }, { label: 'Global days', value: 'ZZZ' }],
      source: { edition: 'RVU26D', document: 'Medicare physician fee schedule', place: 'row 4711', url: 'https://www.cms.gov/medicare/payment/fee-schedules' } },
    { kind: 'mue', title: 'Units a day, practitioner', rows: [{ label: 'MUE value', value: '1' }, { label: 'Adjudication', value: '2, date of service (policy)' }],
      source: { edition: 'MUE 2026 Q4', document: 'Practitioner services MUE table', place: 'row 8120', url: null } },
  ] }],
  ['notice', { kind: 'stale_edition', text: 'The fee schedule loaded here is of October 2026; a newer one may have been published.' }],
  sentence('38900 is an add-on code for marking the path of lymph drainage during an operation.', [1]),
  sentence('It is never reported alone.', [1, 2], 'continue'),
  sentence('Beside a lymph node biopsy or removal done in the same session.', [1], 'item'),
  sentence('Once for each side that was mapped, as the operative note shows.', [2], 'item'),
  sentence('The primary procedure has to be on the same claim.', [2], 'continue'),
  sentence('Global days follow the primary procedure, because an add-on code has none of its own.', [3]),
  ['withheld', { reason: 'code_not_in_sources', detail: 'A sentence named a code that its source, passage 2, does not contain.' }],
  done({ id: '0198-answer', shown: 6, withheld: 1, editions: ['starter 2026.1', 'RVU26D'] }),
], {
  codes: [{ system: 'CPT', code: '38900' }],
  passages: [
    passage(1, { title: 'What CPT 38900 is', document: 'Starter knowledge base, topic 38900', place: 'passage 1',
      text: 'CPT 38900 is an add-on code. It is reported in addition to the code for the lymph node procedure when the surgeon injects a tracer or dye and follows it to find the first draining nodes.\nIt has no meaning without its primary procedure.' }),
    passage(2, { title: 'How add-on codes are reported', authority: 'CMS NCCI', document: 'NCCI policy manual for Medicare services', section: 'Chapter I, section R', place: 'page 34',
      text: 'An add-on code describes work that is always done together with a primary procedure by the same practitioner. It is reported on the claim that carries the primary procedure.',
      url: 'https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits', edition: 'NCCI policy manual 2026', effective_from: '2026-01-01', effective_to: '2026-12-31' }),
    passage(3, { title: 'Global days of add-on codes', document: 'Medicare physician fee schedule', place: 'row 4711', edition: 'RVU26D', text: 'The global period of this code is ZZZ: it is included in the global period of another service.' }),
    passage(4, { title: 'Modifier 50 and add-on codes', text: 'Whether a code may be reported bilaterally is stated in the fee schedule.' }),
  ],
});

export const ABSTAINED = answer([
  done({ outcome: 'abstained', shown: 0, abstention: { type: 'not_in_sources', text: 'None of the loaded sources speaks of this. Ask with a code, or load the manual that covers it.' } }),
], { passages: [] });

export const FALLEN_BACK = answer([
  sentence('Modifier 25 marks a separate evaluation on the day of a procedure.', [1]),
  done({ writer: 'composer', fallback: { reason: 'model_failed', text: 'The language model stopped answering, so this answer quotes the sources directly.' } }),
]);
