/**
 * What the core knows of a PBX: its open calls and their legs. Plain data that survives JSON, because a snapshot of each open call is
 * kept in the store and a restart goes on from it.
 */
import type { DialStatus } from './events.ts';
import type { HandOver } from './facts.ts';
import type { CallKey, Direction, Extension, Instant, LegId, Linkedid, Party, PbxId } from './words.ts';

export type LegState = 'opened' | 'ringing' | 'talking' | 'closed';

/** One channel's part in a call. */
export interface Leg {
  readonly id: LegId;
  readonly name: string;
  readonly party: Party;
  readonly state: LegState;
  readonly openedAt: Instant;
  /** It was dialled by another leg: a callee. */
  readonly dialled: boolean;
  readonly bridge: string | null;
}

export interface Call {
  readonly key: CallKey;
  readonly pbx: PbxId;
  readonly linkedid: Linkedid;
  /** Linkedids united into this call that CEL has not sealed yet, and those that it has. */
  readonly linkeds: readonly Linkedid[];
  readonly sealed: readonly Linkedid[];
  readonly direction: Direction;
  readonly client: { readonly number: string; readonly name: string };
  readonly line: string;
  readonly startedAt: Instant;
  readonly lastSeenAt: Instant;
  readonly answeredAt: Instant | null;
  /** Since when client and employee are joined; null while they are not. */
  readonly talkingSince: Instant | null;
  readonly talkMs: number;
  readonly ringingSince: Instant | null;
  readonly ringMs: number;
  readonly offered: boolean;
  readonly owner: Extension | null;
  readonly rang: readonly Extension[];
  readonly talked: readonly Extension[];
  readonly handOvers: readonly HandOver[];
  readonly dialStatus: DialStatus | '';
  readonly hangupCause: number;
  readonly certain: boolean;
  readonly legs: Readonly<Record<LegId, Leg>>;
  readonly route: { readonly target: string | null; readonly reason: string; readonly source: string } | null;
}
