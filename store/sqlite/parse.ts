/** JSON columns back into the core's words: checked, because a hand edit or an older CallMe may have written something else. */
import type { Call, Leg, SoundFile } from '../../core/calls.ts';
import type { CallEnded, Described, Fact, FactKind, RecordingClosed } from '../../core/facts.ts';

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
  key: isText, pbx: isText, linkedid: isText, linkeds: isList, sealed: isList, bridges: isList, rooms: isList, sealedAt: orNull(isNumber), callId: isText, originated: isFlag,
  forwardedBy: orNull(isText), voicemail: isFlag, direction: isText, client: isRecord, line: isText,
  startedAt: isNumber, lastSeenAt: isNumber, answeredAt: orNull(isNumber), talkingSince: orNull(isNumber), talkedUntil: orNull(isNumber), talkMs: isNumber,
  ringingSince: orNull(isNumber), ringMs: isNumber, started: isFlag, offered: isFlag, ended: isFlag,
  owner: orNull(isText), stays: orNull(isRecord), rang: isList, talked: isList, handOvers: isList,
  dialStatus: isText, hangupCause: isNumber, dialCause: isNumber, certain: isFlag, legs: isRecord, sounds: isList, apart: isList, route: orNull(isRecord),
};

/** What an older CallMe did not write into snapshots, legs and facts: an upgrade in the middle of calls must not forget them. */
const LATER_CALL = { rooms: [], sealedAt: null, forwardedBy: null, callId: '', originated: false, voicemail: false, stays: null, talkedUntil: null, dialCause: 0 } as const satisfies Partial<Call>;
const LATER_LEG = { guest: false, held: false, shown: '', recorders: 0 } as const satisfies Partial<Leg>;
const LATER_SOUND = { leg: null, runsSince: null, endedAt: null, pauses: [], voice: null } as const satisfies Partial<SoundFile>;
const LATER_FACT = { source: 'live', because: { event: 'leg-seen', leg: null, word: '' } } as const satisfies Partial<Fact>;
const LATER_DESCRIBED = { callId: '', caller: null } as const satisfies Partial<Described>;
const LATER_OF: Readonly<Partial<Record<FactKind, object>>> = {
  'call-ended': { rule: '' } as const satisfies Partial<CallEnded>,
  'recording-closed': { pauses: [], talked: [] } as const satisfies Partial<RecordingClosed>,
};

const KINDS: Readonly<Record<FactKind, true>> = {
  'call-started': true, 'call-offered': true, 'employee-ringing': true, 'employee-released': true, 'employee-talking': true,
  'call-handed-over': true, 'call-merged': true, 'call-ended': true, 'recording-closed': true, 'recording-ready': true,
};

/** The call that a snapshot holds, or null when it is not one. */
export function callOf(snapshot: string): Call | null {
  const found = parsed(snapshot);
  if (!isRecord(found) || !isRecord(found['legs'])) return null;
  const legs = Object.entries(found['legs']).map(([id, leg]): [string, unknown] => [id, isRecord(leg) ? { ...LATER_LEG, ...leg } : leg]);
  const sounds: unknown = isList(found['sounds']) ? (found['sounds'] as readonly unknown[]).map((sound) => (isRecord(sound) ? { ...LATER_SOUND, ...sound } : sound)) : found['sounds'];
  const value: unknown = { ...LATER_CALL, ...found, legs: Object.fromEntries<unknown>(legs), sounds };
  return isCall(value) ? value : null;
}

/** The fact that a body holds, or null when it is not the one with this id. */
export function factOf(body: string, id: string): Fact | null {
  const found = parsed(body);
  if (!isRecord(found)) return null;
  const value: unknown = { ...LATER_FACT, ...('direction' in found ? LATER_DESCRIBED : {}), ...LATER_OF[found['kind'] as FactKind], ...found };
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
