/** A call in the middle of a step, with what is to be told of it: the decisions (offer, talk, ending) are functions from Telling to Telling. */
import type { Call } from './calls.ts';
import type { Described, Fact } from './facts.ts';
import { factId, type FactId, type Instant } from './words.ts';

export interface Telling { readonly call: Call; readonly facts: readonly Fact[]; readonly at: Instant }

export const changed = (telling: Telling, change: Partial<Call>): Telling => ({ ...telling, call: { ...telling.call, ...change } });
export const told = (telling: Telling, fact: Fact): Telling => ({ ...telling, facts: [...telling.facts, fact] });

/** The head that every fact has. `what` makes the id: it must be the same when the same story is told again. */
export function head(telling: Telling, what: string): { id: FactId; pbx: Call['pbx']; call: Call['key']; linkedid: Call['linkedid']; at: Instant; certain: boolean } {
  const { call, at } = telling;
  return { id: factId(call.key, what), pbx: call.pbx, call: call.key, linkedid: call.linkedid, at, certain: call.certain };
}

export const described = (call: Call): Described => ({ direction: call.direction, client: call.client, line: call.line, startedAt: call.startedAt });
