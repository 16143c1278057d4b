/** Calls, facts and commits for tests of what comes after the core. */
import { newCall, type Call } from '../../core/calls.ts';
import type { CallEnded, CallMerged, EmployeeRinging, Fact } from '../../core/facts.ts';
import type { Commit, NewDelivery, NewRecording } from '../../core/ports.ts';
import { callKey, factId, instant, lane, type AccountId, type CallKey, type Extension, type Linkedid, type PbxId, type RecordingId } from '../../core/words.ts';

export const PBX = 'main' as PbxId;
export const B24 = 'b24' as AccountId;
export const AMO = 'amo' as AccountId;
export const BEGIN = instant(1_790_000_000_000);

export const keyOf = (linkedid: string): CallKey => callKey(PBX, linkedid as Linkedid);

/** An open call with a leg, a talk and everything else that a snapshot may hold. */
export function openCall(linkedid: string, change: Partial<Call> = {}): Call {
  return { ...newCall(PBX, linkedid as Linkedid, BEGIN), direction: 'inbound', client: { number: '+79161234567', name: 'Петров "Пётр"\n' }, line: '4951112233',
    talkMs: 61_900, owner: '219' as Extension, rang: ['219' as Extension], route: { target: '219' as Extension, reason: 'owner', source: 'live' }, ...change };
}

const base = (linkedid: string, what: string, at: number) =>
  ({ id: factId(keyOf(linkedid), what), pbx: PBX, call: keyOf(linkedid), linkedid: linkedid as Linkedid, at: instant(at), certain: true,
    source: 'live' as const, because: { event: 'leg-closed' as const, leg: null, word: '16' } });
const described = { direction: 'inbound', client: { number: '+79161234567', name: 'Петров' }, line: '4951112233', startedAt: BEGIN, callId: '', caller: null } as const;

export function ringing(linkedid: string, what = 'ringing', at: number = BEGIN): EmployeeRinging {
  return { ...base(linkedid, what, at), ...described, kind: 'employee-ringing', extension: '219' as Extension };
}

export function ended(linkedid: string, what = 'ended', at: number = BEGIN + 70_000): CallEnded {
  return { ...base(linkedid, what, at), ...described, kind: 'call-ended', outcome: 'answered', owner: '220' as Extension, answeredAt: instant(BEGIN + 5_000),
    talkSeconds: 61, ringSeconds: 5, handOvers: [], talked: ['220' as Extension], rang: ['219' as Extension, '220' as Extension], dialStatus: 'ANSWER', rule: 'talked', hangupCause: 16 };
}

export function merged(linkedid: string, into: string): CallMerged {
  return { ...base(linkedid, 'merged', BEGIN + 9_000), kind: 'call-merged', into: keyOf(into) };
}

export function delivery(fact: Fact, account: AccountId = B24, deadline: number | null = null): NewDelivery {
  return { lane: lane(fact.call, account), account, fact: fact.id, call: fact.call, deadline: deadline === null ? null : instant(deadline) };
}

export function recording(linkedid: string): NewRecording {
  const file = `2026/11/20/call-${linkedid}.wav`;
  return { id: `${PBX}/${file}` as RecordingId, pbx: PBX, call: keyOf(linkedid), file, bytesClaimed: 96_044, certain: true, pauses: [], talked: [] };
}

export function commit(change: Partial<Commit>): Commit {
  return { at: BEGIN, pbx: PBX, keep: [], forget: [], facts: [], deliveries: [], recordings: [], notes: [], ...change };
}

/** Facts that each go to one account: `told('17', ['a', 'b'])` is a lane of two. */
export function told(linkedid: string, whats: readonly string[], account: AccountId = B24): Commit {
  const facts = whats.map((what) => ended(linkedid, what));
  return commit({ facts, deliveries: facts.map((fact) => delivery(fact, account)) });
}
