/** What can be said about a call: the values behind the placeholders, and the neutral body that is made of them (crm-contracts 4.1). */
import type { CallEnded, Described, Fact } from '../../../core/facts.ts';
import type { DriverTools } from '../../driver.ts';
import { type PhoneStyle, written } from './numbers.ts';
import type { Json, Values } from './templates.ts';
import { spellingsOf } from './times.ts';

export const EVENTS = ['call.started', 'call.ringing', 'call.answered', 'call.transferred', 'call.finished', 'recording.ready'] as const;
export type EventName = (typeof EVENTS)[number];

const MOMENTS = ['sent', 'started', 'answered', 'ended'].flatMap((name) => [`${name}_at`, `${name}_unix`, `${name}_local`, `${name}_utc`]);
/** `did` and `line`, `call_id` and `linkedid` are the same. */
export const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'event', 'event_id', 'seq', 'call_id', 'linkedid', 'crm_call_id', 'direction', 'phone', 'phone_e164', 'phone_digits', 'phone_national', 'client_name',
  'line', 'did', 'extension', 'crm_user', 'from_extension', 'to_extension', 'from_number', 'to_number',
  'status', 'duration', 'wait', 'hangup_cause', 'recording_url', 'sha256', ...MOMENTS,
]);

export interface Talk { readonly tools: DriverTools; readonly style: PhoneStyle }

/** What is known of the call from the fact itself. `extension`: whom the event is about. */
export function valuesOf(fact: Fact & Described, talk: Talk): Values {
  const { tools } = talk;
  const extension = personOf(fact);
  const numbers = numbersOf(fact.client.number, talk, fact.line);
  return {
    ...numbers, ...idsOf(fact), direction: fact.direction === 'outbound' ? 'out' : 'in', client_name: fact.client.name.toWellFormed(),
    line: fact.line, did: fact.line,
    crm_call_id: fact.callId === '' ? null : fact.callId, extension, crm_user: crmUserOf(tools, extension),
    from_extension: fact.kind === 'call-handed-over' ? fact.from : null, to_extension: fact.kind === 'call-handed-over' ? fact.to : null,
    ...spellingsOf('started', fact.startedAt, tools.timezone), ...spellingsOf('answered', answeredAt(fact), tools.timezone),
    ...(fact.kind === 'call-ended' ? endOf(fact, tools) : {}),
  };
}

/** Who calls whom, with the client's number as this entry wants it: our side is the line, else who talks. */
export function sidesOf(values: Values, style: PhoneStyle): Values {
  const client = values[`phone_${style}`] ?? null;
  const ours = values['line'] === '' || values['line'] === undefined ? values['extension'] ?? null : values['line'];
  return values['direction'] === 'out' ? { phone: client, from_number: ours, to_number: client } : { phone: client, from_number: client, to_number: ours };
}

export const idsOf = ({ id, linkedid }: Pick<Fact, 'id' | 'linkedid'>): Values =>
  ({ event_id: id.toWellFormed(), call_id: linkedid.toWellFormed(), linkedid: linkedid.toWellFormed() });

export function numbersOf(number: string, { tools, style }: Talk, line = ''): Values {
  const as = (one: PhoneStyle): string | null => written(tools.numbers, number, one, line);
  return { phone: as(style), phone_e164: as('e164'), phone_digits: as('digits'), phone_national: as('national') };
}

function personOf(fact: Fact & Described): string | null {
  if (fact.kind === 'call-ended') return fact.owner;
  if (fact.kind === 'call-handed-over') return fact.to;
  return 'extension' in fact ? fact.extension : null;
}

const answeredAt = (fact: Fact & Described) => (fact.kind === 'call-ended' ? fact.answeredAt : fact.kind === 'employee-talking' ? fact.at : null);

export function crmUserOf({ account, employees }: Pick<DriverTools, 'account' | 'employees'>, extension: string | null): string | null {
  const user = employees.find((employee) => employee.extension === extension)?.crm[account];
  return user === undefined ? null : String(user);
}

const endOf = (fact: CallEnded, { timezone }: DriverTools): Values => ({
  status: fact.outcome, duration: fact.talkSeconds, wait: fact.ringSeconds, hangup_cause: fact.hangupCause, ...spellingsOf('ended', fact.at, timezone),
});

/** Our words in theirs (`words`). */
export function translated(values: Values, words: Readonly<Record<string, Readonly<Record<string, string | number>>>>): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => {
    const theirs = Object.hasOwn(words, name) ? words[name] ?? {} : {};
    return [name, typeof value === 'string' && Object.hasOwn(theirs, value) ? theirs[value] ?? value : value];
  }));
}

/** One object per event; what is not known is not there. */
export function neutralBody(values: Values): Json {
  const value = (name: string): Json | undefined => values[name] ?? undefined;
  const finished = values['event'] === 'call.finished' ? ['status', 'duration', 'wait', 'hangup_cause', 'ended_at', 'recording_url'] : [];
  const ready = values['event'] === 'recording.ready' ? ['duration', 'recording_url', 'sha256'] : [];
  const told = [
    'event', 'event_id', 'seq', 'sent_at', 'call_id', 'direction', 'did', 'crm_call_id', 'client_name', 'from_extension', 'to_extension',
    'started_at', 'answered_at', ...finished, ...ready,
  ];
  const operator = value('extension') === undefined ? undefined : { extension: value('extension') ?? null, crm_id: value('crm_user') ?? null };
  const body = [...told.map((name) => [name, value(name)] as const), ['client_phone', value('phone_e164')] as const, ['operator', operator] as const];
  return Object.fromEntries(body.filter((pair): pair is readonly [string, Json] => pair[1] !== undefined && pair[1] !== ''));
}
