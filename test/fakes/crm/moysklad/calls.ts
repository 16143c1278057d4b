/** POST and PUT of calls, and their events, with the rules of [4.2]. */
import type { Answer } from '../stand-in.ts';
import { type Fields, no, type SkladCall, type SkladState } from './state.ts';

const API = 'https://api.moysklad.ru/api/remap/1.2/entity';
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
type Rule = readonly [field: string, fits: (value: unknown) => boolean];

/** [4.2] the fields of a call, and no others. */
const CALL: readonly Rule[] = [
  ['externalId', isText], ['number', (number) => isText(number) && /^\+?\d{2,20}$/.test(number)], ['isIncoming', (flag) => typeof flag === 'boolean'],
  ['startTime', (time) => isText(time) && TIME.test(time)], ['endTime', (time) => isText(time) && TIME.test(time)], ['extension', isText],
  ['duration', (milliseconds) => Number.isSafeInteger(milliseconds) && Number(milliseconds) >= 0],
  ['recordUrl', (links) => Array.isArray(links) && links.every((link) => isText(link) && link.startsWith('http'))],
  ['comment', (comment) => typeof comment === 'string' && comment.length <= 4096], ['employee', isReference], ['counterparty', isReference], ['events', (events) => Array.isArray(events)],
];
const NEEDED = ['externalId', 'number', 'isIncoming', 'startTime'];

function isReference(value: unknown): boolean {
  return isText((value as { meta?: { href?: unknown } } | null)?.meta?.href);
}

export function create(state: SkladState, given: Fields): Answer {
  const complaint = fault(state, given, CALL) ?? NEEDED.filter((field) => given[field] === undefined).map((field) => no(412, 3000, `The field '${field}' may not be empty`, field))[0];
  if (complaint !== undefined) return complaint;
  const there = state.calls.find((call) => call.fields['externalId'] === given['externalId']);
  if (there !== undefined && state.options.again === 'refused') return no(412, 3006, 'The value of externalId is not unique', 'externalId');
  if (there !== undefined && state.options.again !== 'second') return answer(state, there);
  const call: SkladCall = { id: `call-${state.calls.length + 1}`, fields: {}, links: [], posts: 1, ends: 0 };
  return filled(state, call, given) ?? (state.calls.push(call), answer(state, call));
}

export function complete(state: SkladState, externalId: string, given: Fields): Answer {
  const call = state.calls.find((one) => one.fields['externalId'] === externalId);
  if (call === undefined) return no(404, 1021, `An object of type 'call' with externalId '${externalId}' was not found`);
  return fault(state, given, CALL) ?? filled(state, call, given) ?? answer(state, call);
}

/** [4.2] filled fields are not overwritten (`comment` is), links are appended. Null = all is well. */
function filled(state: SkladState, call: SkladCall, given: Fields): Answer | null {
  const events = (given['events'] ?? []) as readonly Fields[];
  const externalId = String(call.fields['externalId'] ?? given['externalId']);
  for (const one of events) {
    const complaint = eventFault(state, externalId, one);
    if (complaint !== null) return complaint;
  }
  if (given['duration'] !== undefined) call.ends += 1;
  for (const [field, value] of Object.entries(given)) {
    if (field === 'events' || field === 'recordUrl') continue;
    if (field === 'comment' || call.fields[field] === undefined) call.fields[field] = value;
  }
  call.links.push(...(given['recordUrl'] ?? []) as readonly string[]);
  return null;
}

export function event(state: SkladState, externalId: string, given: Fields): Answer {
  if (!state.calls.some((call) => call.fields['externalId'] === externalId)) return no(404, 1021, `An object of type 'call' with externalId '${externalId}' was not found`);
  return eventFault(state, externalId, given) ?? { status: 204, body: '' };
}

/** [4.2] the sequence of a call only grows; HIDE_ALL alone needs no extension. */
function eventFault(state: SkladState, externalId: string, given: Fields): Answer | null {
  const { eventType, extension, sequence } = given;
  const complaint = fault(state, given, [
    ['eventType', (type) => ['SHOW', 'STARTTIME', 'HIDE', 'HIDE_ALL'].includes(String(type))], ['extension', isText], ['sequence', (number) => Number.isSafeInteger(number)], ['employee', isReference],
  ]);
  if (complaint !== undefined) return complaint;
  for (const field of eventType === 'HIDE_ALL' ? ['eventType', 'sequence'] : ['eventType', 'sequence', 'extension']) {
    if (given[field] === undefined) return no(412, 3000, `The field '${field}' may not be empty`, field);
  }
  const last = state.events.findLast((one) => one.externalId === externalId)?.sequence ?? 0;
  if (Number(sequence) <= last) return no(412, 1040, 'The sequence of events must grow', 'sequence');
  state.events.push({ externalId, eventType: String(eventType), extension: isText(extension) ? extension : null, sequence: Number(sequence) });
  return null;
}

function fault(state: SkladState, given: Fields, rules: readonly Rule[]): Answer | undefined {
  for (const [field, value] of Object.entries(given)) {
    const rule = rules.find(([name]) => name === field);
    if (rule === undefined || !rule[1](value)) return no(400, 2001, `The value of '${field}' is wrong`, field);
    if (field === 'employee' && !isEmployee(state, value)) return state.options.namesEmployee === false ? no(404, 1021, 'An object was not found') : no(404, 1021, 'An object of type \'employee\' was not found', 'employee');
  }
  return undefined;
}

function isEmployee(state: SkladState, value: unknown): boolean {
  const { href } = (value as { meta: { href: string } }).meta;
  return href.includes('/api/remap/1.2/entity/employee/') && state.employees.some(({ id }) => id === decodeURIComponent(href.split('/').at(-1) ?? ''));
}

/** The call as it is, with the client whom MoySklad found by itself and whose client he is. */
function answer(state: SkladState, call: SkladCall): Answer {
  const number = String(call.fields['number']).replace(/\D/g, '').slice(-10);
  const client = state.clients.find(({ phone }) => phone.replace(/\D/g, '').slice(-10) === number);
  const owner = state.employees.find(({ id }) => id === client?.owner);
  return {
    status: 200,
    body: {
      meta: { href: `https://api.moysklad.ru/api/phone/1.0/call/${call.id}`, type: 'call', mediaType: 'application/json' }, id: call.id, endTime: null, duration: null, ...call.fields,
      ...client === undefined ? {} : { counterparty: { href: `${API}/counterparty/${client.id}`, type: 'counterparty', mediaType: 'application/json', ...client.name === undefined ? {} : { name: client.name } } },
      ...owner === undefined ? {} : { counterpartyowner: { extention: owner.extension, meta: { href: `${API}/employee/${owner.id}`, type: 'employee', mediaType: 'application/json' } } },
      ...state.options.showsLinks === false ? {} : { recordUrl: call.links },
    },
  };
}
