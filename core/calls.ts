/**
 * What the core knows of a PBX: its open calls and their legs. Plain data that survives JSON, because a snapshot of each open call is
 * kept in the store and a restart goes on from it.
 */
import { type Atlas, emptyAtlas } from './atlas.ts';
import type { DialStatus } from './events.ts';
import type { HandOver } from './facts.ts';
import { callKey, type CallKey, type Direction, type Extension, type Instant, type LegId, type Linkedid, type Party, type PbxId } from './words.ts';

export type LegState = 'opened' | 'ringing' | 'talking' | 'closed';

/** One channel's part in a call. */
export interface Leg {
  readonly id: LegId;
  /** Asterisk's channel name, only so that an action can address the leg and Local halves find each other. */
  readonly name: string;
  readonly party: Party;
  readonly state: LegState;
  readonly openedAt: Instant;
  /** It called Asterisk; false: Asterisk called it. */
  readonly incoming: boolean;
  readonly bridge: string | null;
  /** Said already, once per leg: it rang, it was released, it talked with the client. */
  readonly rang: boolean;
  readonly released: boolean;
  readonly talked: boolean;
  readonly held: boolean;
  /** The caller id that the leg shows, where it is not its own: an Originate gives the employee's telephone the client's number. */
  readonly shown: string;
  /** A leg of another call that is heard here because both are in one conference (conference.ts). */
  readonly guest: boolean;
  /** Recorders that were seen to begin on it and not to end, CallMe's own and others; 0 also where nobody looked. */
  readonly recorders: number;
}

/** A sound file of the call that the PBX has begun; `closed` once it said that the file is complete. */
export interface SoundFile {
  readonly linked: Linkedid;
  readonly file: string;
  readonly bytes: number;
  readonly closed: boolean;
  /** The leg that the recorder sits on; null where the file was not seen to begin. */
  readonly leg: LegId | null;
  /** Since when sound is written into it, as far as events tell: the recorded leg's answer; null = not yet, or not seen. */
  readonly runsSince: Instant | null;
  readonly endedAt: Instant | null;
  readonly pauses: readonly Pause[];
  /** Whom the recorder was armed with (healing.ts): the first one who was joined with its leg since it began. */
  readonly voice: LegId | null;
}
/** `to` null: it lasts still. */
export interface Pause { readonly from: Instant; readonly to: Instant | null }

export interface Call {
  readonly key: CallKey;
  readonly pbx: PbxId;
  readonly linkedid: Linkedid;
  /** Linkedids united into this call, and those of them that CEL has sealed. */
  readonly linkeds: readonly Linkedid[];
  readonly sealed: readonly Linkedid[];
  /** Every bridge that legs of this call have met in: who enters one of them is of this call. */
  readonly bridges: readonly string[];
  /** Conferences that legs of this call have been in: whoever else is there is heard, but stays of his own call. */
  readonly rooms: readonly string[];
  /** CEL says that nothing is left of the call; null while it has not said so. */
  readonly sealedAt: Instant | null;
  /** The CRM's own id of a click-to-call, `''` where it began none; `originated` also without an id. */
  readonly callId: string;
  readonly originated: boolean;
  /** Whose telephone sent the call on to another one last (302). */
  readonly forwardedBy: Extension | null;
  /** The client was sent to a voicemail box. */
  readonly voicemail: boolean;
  readonly direction: Direction;
  readonly client: { readonly number: string; readonly name: string };
  readonly line: string;
  readonly startedAt: Instant;
  readonly lastSeenAt: Instant;
  readonly answeredAt: Instant | null;
  /** Since when the client and somebody of ours are joined; null while they are not. */
  readonly talkingSince: Instant | null;
  readonly talkMs: number;
  /** Up to here talk is counted; null before the first. A story told a second time (a gap read in the books) counts nothing twice. */
  readonly talkedUntil: Instant | null;
  readonly ringingSince: Instant | null;
  readonly ringMs: number;
  /** Said already, once per call. */
  readonly started: boolean;
  readonly offered: boolean;
  readonly ended: boolean;
  readonly owner: Extension | null;
  /** The last one left, another employee stayed with the client: he owns the call once that has lasted. */
  readonly stays: { readonly leg: LegId; readonly extension: Extension; readonly since: Instant } | null;
  readonly rang: readonly Extension[];
  readonly talked: readonly Extension[];
  readonly handOvers: readonly HandOver[];
  readonly dialStatus: DialStatus | '';
  readonly hangupCause: number;
  /** Why the leg that was dialled last went away unanswered, 0 = it did not. */
  readonly dialCause: number;
  readonly certain: boolean;
  readonly legs: Readonly<Record<LegId, Leg>>;
  readonly sounds: readonly SoundFile[];
  /** Linkedids of calls that were told as calls of their own before they merged into this one: their sound files stay theirs. */
  readonly apart: readonly Linkedid[];
  readonly route: { readonly target: Extension | null; readonly reason: string; readonly source: string } | null;
}

/** One Pbx's open calls, found by their key and by each of their linkedids, legs and bridges. */
export interface Calls {
  readonly pbx: PbxId;
  readonly open: Atlas<CallKey, Call>;
  readonly byLinked: Atlas<Linkedid, CallKey>;
  readonly byLeg: Atlas<LegId, CallKey>;
  readonly byBridge: Atlas<string, CallKey>;
  /** Conferences, and the calls that are or were in them. */
  readonly byRoom: Atlas<string, readonly CallKey[]>;
  /** Whether what comes is heard, or read in the PBX's books. */
  readonly source: 'live' | 'reconciled';
  /** Linkedids of the calls that were over last: a straggler of theirs opens nothing that would be told again. */
  readonly over: readonly Linkedid[];
}

export const noCalls = (pbx: PbxId): Calls => ({ pbx, open: emptyAtlas, byLinked: emptyAtlas, byLeg: emptyAtlas, byBridge: emptyAtlas, byRoom: emptyAtlas, source: 'live', over: [] });

/** The state that a restart goes on from. */
export const restore = (pbx: PbxId, snapshots: readonly Call[]): Calls => snapshots.reduce(withCall, noCalls(pbx));

export function newCall(pbx: PbxId, linkedid: Linkedid, at: Instant): Call {
  return {
    key: callKey(pbx, linkedid), pbx, linkedid, linkeds: [linkedid], sealed: [], bridges: [], rooms: [], sealedAt: null, callId: '', originated: false, forwardedBy: null, voicemail: false, direction: 'internal', client: { number: '', name: '' }, line: '',
    startedAt: at, lastSeenAt: at, answeredAt: null, talkingSince: null, talkMs: 0, talkedUntil: null, ringingSince: null, ringMs: 0,
    started: false, offered: false, ended: false, owner: null, stays: null, rang: [], talked: [], handOvers: [], dialStatus: '', hangupCause: 0, dialCause: 0, certain: true,
    legs: {}, sounds: [], apart: [], route: null,
  };
}

export const legsOf = (call: Call): readonly Leg[] => Object.values(call.legs);
export const openLegs = (call: Call): readonly Leg[] => legsOf(call).filter((leg) => leg.state !== 'closed');
/** The open legs that are the call's own: guests do not keep it open. */
export const ownOpenLegs = (call: Call): readonly Leg[] => openLegs(call).filter((leg) => !leg.guest);

export function withCall(calls: Calls, call: Call): Calls {
  const known = calls.open.get(call.key);
  let { byLinked, byLeg, byBridge, byRoom } = calls;
  if (known?.rooms !== call.rooms) for (const room of call.rooms) byRoom = byRoom.with(room, [...others(byRoom.get(room), call.key), call.key]);
  if (known?.bridges !== call.bridges) for (const bridge of call.bridges) byBridge = byBridge.with(bridge, call.key);
  if (known?.linkeds !== call.linkeds) for (const linked of call.linkeds) byLinked = byLinked.with(linked, call.key);
  if (known?.legs !== call.legs) for (const leg of legsOf(call)) if (known?.legs[leg.id] === undefined && !leg.guest) byLeg = byLeg.with(leg.id, call.key);
  if (known !== undefined && known.legs !== call.legs) for (const leg of legsOf(known)) if (call.legs[leg.id] === undefined && byLeg.get(leg.id) === call.key) byLeg = byLeg.without(leg.id);
  return { ...calls, open: calls.open.with(call.key, call), byLinked, byLeg, byBridge, byRoom };
}

export function withoutCall(calls: Calls, call: Call): Calls {
  let { byLinked, byLeg, byBridge, byRoom } = calls;
  for (const room of call.rooms) {
    const rest = others(byRoom.get(room), call.key);
    byRoom = rest.length === 0 ? byRoom.without(room) : byRoom.with(room, rest);
  }
  for (const bridge of call.bridges) if (byBridge.get(bridge) === call.key) byBridge = byBridge.without(bridge);
  for (const linked of call.linkeds) if (byLinked.get(linked) === call.key) byLinked = byLinked.without(linked);
  for (const leg of legsOf(call)) if (byLeg.get(leg.id) === call.key) byLeg = byLeg.without(leg.id);
  return { ...calls, open: calls.open.without(call.key), byLinked, byLeg, byBridge, byRoom };
}

const others = (keys: readonly CallKey[] | undefined, key: CallKey): readonly CallKey[] => (keys ?? []).filter((each) => each !== key);

/** Puts a changed call back, or takes it out when nothing more can come of it. */
export const changeCalls = (calls: Calls, call: Call, gone: boolean): Calls => (gone ? buried(withoutCall(withCall(calls, call), call), call) : withCall(calls, call));

const REMEMBERED = 256;
const buried = (calls: Calls, call: Call): Calls => ({ ...calls, over: [...calls.over, ...call.linkeds].slice(-REMEMBERED) });

export const callByLeg = (calls: Calls, leg: LegId): Call | undefined => found(calls, calls.byLeg.get(leg));
export const callByLinked = (calls: Calls, linked: Linkedid): Call | undefined => found(calls, calls.byLinked.get(linked));
export const callsInRoom = (calls: Calls, room: string): readonly Call[] => (calls.byRoom.get(room) ?? []).flatMap((key) => found(calls, key) ?? []);
export const callByBridge = (calls: Calls, bridge: string): Call | undefined => found(calls, calls.byBridge.get(bridge));
const found = (calls: Calls, key: CallKey | undefined): Call | undefined => (key === undefined ? undefined : calls.open.get(key));
