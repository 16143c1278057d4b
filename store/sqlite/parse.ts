/** JSON columns back into the core's words: checked, because a hand edit or an older CallMe may have written something else. */
import type { Call } from '../../core/calls.ts';
import type { Fact, FactKind } from '../../core/facts.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const isList: Check = Array.isArray;
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull = (check: Check): Check => (value) => value === null || check(value);

/** Total by construction: a field added to Call breaks the build here, and reminds of the migration that old snapshots need. */
const CALL: Readonly<Record<keyof Call, Check>> = {
  key: isText, pbx: isText, linkedid: isText, linkeds: isList, sealed: isList, bridges: isList, direction: isText, client: isRecord, line: isText,
  startedAt: isNumber, lastSeenAt: isNumber, answeredAt: orNull(isNumber), talkingSince: orNull(isNumber), talkMs: isNumber,
  ringingSince: orNull(isNumber), ringMs: isNumber, started: isFlag, offered: isFlag, ended: isFlag,
  owner: orNull(isText), rang: isList, talked: isList, handOvers: isList,
  dialStatus: isText, hangupCause: isNumber, certain: isFlag, legs: isRecord, sounds: isList, apart: isList, route: orNull(isRecord),
};

const KINDS: Readonly<Record<FactKind, true>> = {
  'call-started': true, 'call-offered': true, 'employee-ringing': true, 'employee-released': true, 'employee-talking': true,
  'call-handed-over': true, 'call-merged': true, 'call-ended': true, 'recording-closed': true, 'recording-ready': true,
};

/** The call that a snapshot holds, or null when it is not one. */
export function callOf(snapshot: string): Call | null {
  const value = parsed(snapshot);
  return isCall(value) ? value : null;
}

/** The fact that a body holds, or null when it is not the one with this id. */
export function factOf(body: string, id: string): Fact | null {
  const value = parsed(body);
  return isFact(value) && value.id === id ? value : null;
}

function isCall(value: unknown): value is Call {
  return isRecord(value) && Object.entries(CALL).every(([field, check]) => check(value[field]));
}

function isFact(value: unknown): value is Fact {
  return isRecord(value) && isText(value['id']) && isText(value['call']) && isNumber(value['at'])
    && isText(value['kind']) && Object.hasOwn(KINDS, String(value['kind']));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
