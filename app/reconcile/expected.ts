/** What should have been told of a window of time: the law of calls, run over the Pbx's own books from a fresh state. */
import { noCalls } from '../../core/calls.ts';
import type { Event } from '../../core/events.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import type { Past } from '../../core/ports.ts';
import { step } from '../../core/step.ts';
import { callKey, type CallKey, type PbxId } from '../../core/words.ts';

export interface ExpectedCall {
  readonly ended: CallEnded;
  /** All facts of the call, in order, `source: 'reconciled'`. */
  readonly facts: readonly Fact[];
}
export interface Expected {
  readonly kind: Past['kind'];
  readonly calls: readonly ExpectedCall[];
  /** Per call, the calls that were united into it and have no end of their own. */
  readonly united: ReadonlyMap<CallKey, readonly CallKey[]>;
  /** Every call that the books mention, whole or not. */
  readonly mentioned: ReadonlySet<CallKey>;
}

/** Calls whose beginning lies before the window, and those that go on behind it, are mentioned and not expected: half of a story is a wrong one. */
export function expectedOf(pbx: PbxId, past: Past): Expected {
  const facts = Map.groupBy(tell(pbx, past.events), ({ call }) => call);
  const opened = new Set(past.events.flatMap((event) => (event.kind === 'leg-opened' ? [String(event.leg)] : [])));
  const ends = [...facts.values()].flatMap((told): ExpectedCall[] => {
    const ended = told.find((fact) => fact.kind === 'call-ended');
    // A channel that begins a call lends it its uniqueid as the linkedid. CDR has no row for every channel.
    return ended === undefined || (past.kind === 'cel' && !opened.has(ended.linkedid)) ? [] : [{ ended, facts: told }];
  });
  return { kind: past.kind, calls: ends, united: united(facts), mentioned: mentioned(pbx, past.events) };
}

function tell(pbx: PbxId, events: readonly Event[]): readonly Fact[] {
  const facts: Fact[] = [];
  let calls = { ...noCalls(pbx), source: 'reconciled' as const };
  for (const event of events) {
    const [next, effects] = step(calls, event);
    calls = { ...next, source: 'reconciled' };
    for (const effect of effects) if (effect.kind === 'tell') facts.push(effect.fact);
  }
  return facts;
}

/** Transfers of transfers; a circle in the data must not hang us. */
const HOPS = 10;

function united(facts: ReadonlyMap<CallKey, readonly Fact[]>): ReadonlyMap<CallKey, readonly CallKey[]> {
  const survivor = (call: CallKey, hops = HOPS): CallKey => {
    const told = facts.get(call) ?? [];
    const merged = told.some((fact) => fact.kind === 'call-ended') ? undefined : told.find((fact) => fact.kind === 'call-merged');
    return merged === undefined || hops === 0 ? call : survivor(merged.into, hops - 1);
  };
  return Map.groupBy([...facts.keys()].filter((call) => survivor(call) !== call), (call) => survivor(call));
}

const mentioned = (pbx: PbxId, events: readonly Event[]): ReadonlySet<CallKey> =>
  new Set(events.flatMap((event) => ('linked' in event ? [callKey(pbx, event.linked)] : [])));
