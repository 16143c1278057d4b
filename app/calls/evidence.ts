/** By which rule a fact was told: the event that it follows from says it, for a phone that stopped ringing the facts around it too. */
import type { CallEnded, EmployeeReleased, Fact } from '../../core/facts.ts';
import { unreachable } from '../../core/words.ts';
import { type Applied, applied, type RuleName } from './rules.ts';
import type { Told } from './told.ts';

/** Null: nothing that the sentence does not say, or the fact of an older version that did not keep its event. */
export function ruleOf(fact: Fact, told: Told): Applied | null {
  const { event, word } = fact.because;
  switch (fact.kind) {
    case 'call-started': return event === 'resynced' ? applied('found-alive') : begun(fact.direction, event, word);
    case 'call-offered': return fact.direction === 'outbound' ? applied('dialler-owns') : applied(event === 'leg-ringing' ? 'first-phone' : 'first-talk');
    case 'employee-ringing': return event === 'leg-ringing' ? applied('channel-rings') : null;
    case 'employee-released': return released(fact, told);
    case 'employee-talking': return talking(event);
    case 'call-handed-over': return applied('owner-moves', fact.to);
    case 'call-merged': return merged(event);
    case 'call-ended': return ended(fact);
    case 'recording-closed': return applied(fact.certain ? 'file-announced' : 'file-without-end');
    case 'recording-ready': return applied('mp3-verified');
    default: return unreachable(fact);
  }
}

type EventKind = Fact['because']['event'];

function begun(direction: string, event: EventKind, word: string): Applied | null {
  if (event === 'leg-closed' || event === 'linked-sealed') return applied('told-at-end');
  if (direction === 'inbound') return applied('outside-called');
  if (direction === 'outbound') return event === 'dial-began' ? applied('outside-dialled', word) : null;
  return event === 'leg-ringing' ? applied('rings-inside') : null;
}

function talking(event: EventKind): Applied | null {
  if (event === 'bridge-entered') return applied('joined');
  if (event === 'resynced') return applied('found-in-bridge');
  return event === 'bridge-left' || event === 'leg-closed' ? applied('stayed') : null;
}

export function merged(event: EventKind): Applied {
  switch (event) {
    case 'picked-up': return applied('by-pickup');
    case 'bridge-entered': return applied('by-bridge');
    case 'attended-transferred': return applied('by-transfer');
    case 'resynced': return applied('found-in-bridge');
    default: return applied('by-linkedid');
  }
}

/** An outside call that was answered, or came in, is over when its client is gone; any other one with its last channel (core/ending.ts). */
function ended({ because, direction, answeredAt }: CallEnded): Applied | null {
  if (because.event === 'resynced') return applied('died-in-gap');
  if (because.event === 'linked-sealed') return applied('sealed');
  if (because.event !== 'leg-closed') return null;
  return applied(direction === 'inbound' || (direction === 'outbound' && answeredAt !== null) ? 'client-gone' : 'last-gone', because.word);
}

const STATUSES: ReadonlyMap<string, RuleName> = new Map([
  ['BUSY', 'busy'], ['NOANSWER', 'no-answer'], ['CANCEL', 'called-off'], ['CHANUNAVAIL', 'unreachable'], ['CONGESTION', 'no-way'], ['HANGUP', 'channel-closed'],
]);

function released(fact: EmployeeReleased, told: Told): Applied {
  const picked = noted(told, (words, at) => words[0] === 'picked-up' && words[2] === fact.extension && at <= fact.at)?.[1];
  if (picked !== undefined) return applied('picked-up-by', picked);
  const forwarded = noted(told, (words, at) => words[0] === 'forwarded' && words[1] === fact.extension && at === fact.at)?.[2];
  if (forwarded !== undefined) return applied('forwarded-to', forwarded);
  return (fact.reason === 'CANCEL' ? calledOff(fact, told) : null) ?? applied(STATUSES.get(fact.reason) ?? 'dial-ended', fact.reason);
}

/** Asterisk says CANCEL of a phone that rang whether somebody else answered or the caller hung up: what comes next tells. */
function calledOff(fact: EmployeeReleased, { facts }: Told): Applied | null {
  const next = facts.slice(facts.indexOf(fact) + 1).find(({ kind }) => kind === 'employee-talking' || kind === 'employee-ringing' || kind === 'call-ended');
  if (next?.kind === 'employee-talking' && next.extension !== fact.extension) return applied('taken-by', next.extension);
  return next?.kind === 'call-ended' ? applied('caller-gone') : null;
}

function noted({ notes }: Told, is: (words: readonly string[], at: number) => boolean): readonly string[] | undefined {
  return notes.map(({ at, text }) => ({ at, words: text.split(' ') })).findLast(({ at, words }) => is(words, at))?.words;
}
