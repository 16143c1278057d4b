/** A finished call in amoCRM's words (crm-contracts 0, 2.4 to 2.6). A key that has no value is left out: null is refused (2.6). */
import type { CallEnded } from '../../../core/facts.ts';
import { type Desk, ownerOf, phoneOf } from './desk.ts';

/** `call_status` (2.4). */
const LEFT_MESSAGE = 1;
const TALKED = 4;
const WRONG_NUMBER = 5;
const NO_CONNECTION = 6;
const BUSY = 7;
/** Unallocated, number changed, invalid format (Q.850): nobody has this number. */
const NOBODYS_NUMBER = new Set([1, 22, 28]);

/** The table of section 0; `missed` and what the caller broke off are no connection. */
export function statusOf({ outcome, hangupCause }: Pick<CallEnded, 'outcome' | 'hangupCause'>): number {
  switch (outcome) {
    case 'answered': return TALKED;
    case 'voicemail': return LEFT_MESSAGE;
    case 'busy': return BUSY;
    case 'failed': return NOBODYS_NUMBER.has(hangupCause) ? WRONG_NUMBER : NO_CONNECTION;
    case 'missed':
    case 'cancelled': return NO_CONNECTION;
  }
}

const RUSSIAN = new Set(['RU', 'BY', 'KZ']);
const WORDS: Readonly<Record<CallEnded['outcome'], { readonly en: string; readonly ru: string }>> = {
  answered: { en: 'talked', ru: 'поговорили' },
  missed: { en: 'nobody answered', ru: 'никто не ответил' },
  busy: { en: 'busy', ru: 'занято' },
  cancelled: { en: 'cancelled', ru: 'звонок отменён' },
  failed: { en: 'no connection', ru: 'нет соединения' },
  voicemail: { en: 'voicemail', ru: 'голосовая почта' },
};
export const isRussian = ({ tools }: Desk): boolean => RUSSIAN.has(tools.country);

/** One line for people: how it ended, and through whose hands it went. */
export function resultOf(desk: Desk, { outcome, talked }: CallEnded): string {
  const { en, ru } = WORDS[outcome];
  const hands = talked.length > 1 ? `: ${talked.slice(0, 20).join(' → ')}` : '';
  return (isRussian(desk) ? ru : en) + hands;
}

/** What all three ways of telling a call say alike. */
export interface Description {
  readonly phone: string;
  readonly uniq: string;
  /** Seconds of talk. */
  readonly duration: number;
  readonly source: string;
  readonly link?: string;
  /** User id. */
  readonly responsible?: number;
  /** Unix seconds of the start: otherwise the history is in the order of telling (2.4). */
  readonly startedAt: number;
  readonly status: number;
  readonly result: string;
}

export function describe(desk: Desk, fact: CallEnded): Description {
  const responsible = desk.people.responsibleOf(ownerOf(fact));
  const link = linkOf(desk, fact);
  return {
    phone: phoneOf(desk, fact), uniq: fact.linkedid, duration: fact.talkSeconds, source: desk.settings.source,
    ...(link === null ? {} : { link }), ...(responsible === null ? {} : { responsible }),
    startedAt: Math.floor(fact.startedAt / 1000), status: statusOf(fact), result: resultOf(desk, fact),
  };
}

/** amoCRM takes a call once and plays from a link (2.4, 2.8): it is told with the call and opens as soon as the MP3 is ready. */
function linkOf({ settings, tools }: Desk, { outcome, recordings = [] }: CallEnded): string | null {
  const last = recordings.at(-1);
  return settings.recordings !== 'link' || outcome !== 'answered' || last === undefined ? null : tools.link(last);
}

export const REQUEST = 'call';

/** POST /api/v4/calls (2.4). Without a responsible the statistics would show a robot. */
export function asCall(said: Description, direction: CallEnded['direction']): object {
  const { responsible, startedAt, status, result, ...same } = said;
  return {
    direction, ...same, call_status: status, call_result: result, created_at: startedAt, request_id: REQUEST,
    ...(responsible === undefined ? {} : { call_responsible: responsible, created_by: responsible }),
  };
}

/** POST /api/v4/{entity}/{id}/notes (2.6): analytics count a call only if created_by equals responsible_user_id. */
export function asNote(said: Description, direction: CallEnded['direction']): object {
  const { responsible, startedAt, status, result, ...same } = said;
  return {
    note_type: direction === 'outbound' ? 'call_out' : 'call_in', created_at: startedAt, request_id: REQUEST,
    ...(responsible === undefined ? {} : { created_by: responsible, responsible_user_id: responsible }),
    params: { ...same, call_status: status, call_result: result, ...(responsible === undefined ? {} : { call_responsible: responsible }) },
  };
}

export interface Origin { readonly pipeline: number | undefined; readonly line: string; readonly russian: boolean }

/** POST /api/v4/leads/unsorted/sip (2.5): all but created_at and pipeline_id is required, an empty `link` included. */
export function asUnsorted(said: Description, { pipeline, line, russian }: Origin): object {
  const { phone, responsible, startedAt, source } = said;
  return {
    request_id: REQUEST, source_name: line === '' ? source : line, source_uid: source, created_at: startedAt,
    ...(pipeline === undefined ? {} : { pipeline_id: pipeline }),
    _embedded: { leads: [{ name: `${russian ? 'Звонок с' : 'Call from'} ${phone}` }], contacts: [asContact(phone, null)], companies: [] },
    metadata: {
      phone, from: phone, call_responsible: responsible ?? '', called_at: startedAt, duration: said.duration, link: said.link ?? '',
      service_code: source, uniq: said.uniq, is_call_event_needed: true,
    },
  };
}

/** POST /api/v4/contacts (2.3). */
export function asContact(phone: string, responsible: number | null): object {
  return {
    name: phone, ...(responsible === null ? {} : { responsible_user_id: responsible, request_id: REQUEST }),
    custom_fields_values: [{ field_code: 'PHONE', values: [{ value: phone, enum_code: 'WORK' }] }],
  };
}
