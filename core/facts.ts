/**
 * Past-tense statements about a call; immutable. The id is made of what happened, so that the same story told twice (a replay, a
 * restart, a reconnect) gives the same facts and the store refuses the second copy.
 */
import type { EventKind } from './events.ts';
import type { CallKey, Direction, Extension, FactId, Instant, LegId, Linkedid, Outcome, PbxId, RecordingId } from './words.ts';

interface Base {
  readonly id: FactId;
  readonly pbx: PbxId;
  readonly call: CallKey;
  readonly linkedid: Linkedid;
  readonly at: Instant;
  /** False where the core concluded it (a gap, a crash) instead of seeing it. */
  readonly certain: boolean;
  /** `reconciled`: told from what the PBX had written down (CDR, CEL), because nobody had listened. */
  readonly source: 'live' | 'reconciled';
  /** What made the core say it; for `calls explain`. */
  readonly because: Because;
}

/** The event that a fact follows from: its kind, its leg (null = it speaks of none), and the one word of it that decided (`CANCEL`, a file, `''`). */
export interface Because { readonly event: EventKind; readonly leg: LegId | null; readonly word: string }

/** What every fact that a CRM hears carries: enough to tell the call without asking anybody. */
export interface Described {
  readonly direction: Direction;
  /** The outside party: its number as Asterisk showed it (outbound: as dialled), `''` when hidden. */
  readonly client: { readonly number: string; readonly name: string };
  /** The number that was called inbound (DID), or the trunk line outbound; `''` when not known. */
  readonly line: string;
  readonly startedAt: Instant;
  /** The CRM's own id of a click-to-call (`CallMeCALL_ID`): it knows the call under it. `''` where the CRM did not begin the call. */
  readonly callId: string;
  /** The employee who called, or for whom a CRM called; null inbound, and where nobody is known. */
  readonly caller: Extension | null;
}

/** The first leg of a call was seen. */
export type CallStarted = Base & Described & { readonly kind: 'call-started' };
/** The call reached its first employee: a ringing phone inbound, the dialling phone outbound. Once per call. */
export type CallOffered = Base & Described & { readonly kind: 'call-offered'; readonly extension: Extension };
/** One employee's phone rings (outbound: the employee dials). Perishable: only pop-ups live on it. */
export type EmployeeRinging = Base & Described & { readonly kind: 'employee-ringing'; readonly extension: Extension };
/** That employee's phone stopped ringing and he does not talk: busy, no answer, somebody else took it. */
export type EmployeeReleased = Base & Described & { readonly kind: 'employee-released'; readonly extension: Extension; readonly reason: string };
/** Client and employee hear each other. Once per pair of legs. */
export type EmployeeTalking = Base & Described & { readonly kind: 'employee-talking'; readonly extension: Extension };
/** The talk moved from one employee to another: the last one is the owner. */
export type CallHandedOver = Base & Described & { readonly kind: 'call-handed-over'; readonly from: Extension; readonly to: Extension };
/** This call's linkedid was united into another, older one: the story goes on there. */
export type CallMerged = Base & { readonly kind: 'call-merged'; readonly into: CallKey };

export interface HandOver { readonly at: Instant; readonly from: Extension; readonly to: Extension }
export type CallEnded = Base & Described & {
  readonly kind: 'call-ended';
  readonly outcome: Outcome;
  /** The last employee who talked; if none did, the last who was offered the call. */
  readonly owner: Extension | null;
  readonly answeredAt: Instant | null;
  /** Whole seconds in which client and an employee were joined, holds included, ring time never. */
  readonly talkSeconds: number;
  readonly ringSeconds: number;
  readonly handOvers: readonly HandOver[];
  /** Everyone who talked with the client, in order. */
  readonly talked: readonly Extension[];
  /** Everyone whose phone rang, in the order of their first ring. */
  readonly rang: readonly Extension[];
  /** Asterisk's word for how the last attempt ended (`BUSY`, `CANCEL`, …, or `''`); drivers map refusals by it. */
  readonly dialStatus: string;
  /** The row of the table of outcomes that decided (outcome.ts). */
  readonly rule: string;
  readonly hangupCause: number;
  /**
   * The sound files that the PBX has announced for it, in the order of their beginnings; not given = none. Whether they are any good nobody knows yet: for a CRM
   * that takes a call once and with a link in it, which opens as soon as the recording is ready.
   */
  readonly recordings?: readonly RecordingId[];
};
/** The PBX closed a sound file of this call: `file` is the path below the recordings folder, `bytes` what the PBX counted. */
export type RecordingClosed = Base & {
  readonly kind: 'recording-closed'; readonly file: string; readonly bytes: number;
  /** Where the recorder was paused: silence in the file. */
  readonly pauses: readonly PausedSpan[];
  /** Who had talked with the client when it was closed or its call was over, in order. */
  readonly talked: readonly Extension[];
};
/** Whole milliseconds from the start of the file; `toMs` > `fromMs`. */
export interface PausedSpan { readonly fromMs: number; readonly toMs: number }
/** The MP3 is verified and stored. `path` is absolute. */
export type RecordingReady = Base & {
  readonly kind: 'recording-ready'; readonly recording: RecordingId; readonly path: string; readonly seconds: number; readonly bytes: number; readonly sha256: string;
};

export type Fact =
  | CallStarted | CallOffered | EmployeeRinging | EmployeeReleased | EmployeeTalking | CallHandedOver | CallMerged | CallEnded
  | RecordingClosed | RecordingReady;
export type FactKind = Fact['kind'];

/** Facts that only pop-ups live on: told within `PERISH_MS` or never. */
export const PERISHABLE: ReadonlySet<FactKind> = new Set<FactKind>(['employee-ringing', 'employee-released', 'employee-talking', 'call-handed-over']);
/** A card that appears later than this disturbs more than it helps (crm-contracts 6.3: 10–15 s). */
export const PERISH_MS = 15_000;
