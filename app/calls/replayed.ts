/** What a capture tells, explained call by call: the facts and notes of a replay, of which nobody was told. */
import type { Texts } from '../cli/texts/index.ts';
import type { Effect } from '../../core/effects.ts';
import type { Fact } from '../../core/facts.ts';
import type { CallKey } from '../../core/words.ts';
import { explain } from './explain.ts';
import type { Times } from './layout.ts';
import type { Told } from './told.ts';

export type ReplayNote = Omit<Extract<Effect, { readonly kind: 'note' }>, 'kind'>;

/** Every call of a capture, in the order in which they were first told of, an empty line between them. Notes about no call are left out. */
export function explainReplay(facts: readonly Fact[], notes: readonly ReplayNote[], texts: Texts, times: Times = timesOf(facts)): readonly string[] {
  return callsOf(facts, notes).flatMap((told, index) => [...(index === 0 ? [] : ['']), ...explain(told, texts, { times })]);
}

/** A byte-exact dump holds no times: its items are counted from 1970 on, a millisecond each. No AMI is as old as 1973. */
const timesOf = (facts: readonly Fact[]): Times => ((facts[0]?.at ?? 0) < 100_000_000_000 ? 'none' : 'local');

function callsOf(facts: readonly Fact[], notes: readonly ReplayNote[]): readonly Told[] {
  const factsBy = Map.groupBy(facts, ({ call }) => call);
  const notesBy = Map.groupBy(notes, ({ call }) => call);
  const begun = [...facts, ...notes].toSorted((one, other) => one.at - other.at).flatMap(({ call }): readonly CallKey[] => (call === null ? [] : [call]));
  return [...new Set(begun)].map((id) => ({ id, facts: factsBy.get(id) ?? [], notes: notesBy.get(id) ?? [], deliveries: [], recordings: [] }));
}
