/** A call in the middle of a step, with what is to be told of it: the decisions (offer, talk, ending) are functions from Telling to Telling. */
import { type Call, legsOf } from './calls.ts';
import type { Because, Described, Fact } from './facts.ts';
import type { Event } from './events.ts';
import { type Extension, factId, type FactId, type Instant } from './words.ts';

export interface Telling extends Occasion { readonly call: Call; readonly facts: readonly Fact[] }
/** What made the core look at the call: when, by which event, heard or read. */
export interface Occasion { readonly at: Instant; readonly because: Because; readonly source: Fact['source'] }

/** The one word of an event that decides. */
export function becauseOf(event: Event): Because {
  return { event: event.kind, leg: 'leg' in event ? event.leg : null, word: wordOf(event) };
}

function wordOf(event: Event): string {
  switch (event.kind) {
    case 'dial-ended': return event.status;
    case 'dial-began': return event.number;
    case 'leg-closed': return String(event.cause);
    case 'bridge-entered': case 'bridge-left': return event.bridge;
    case 'recording-started': case 'recording-ended': return event.file;
    case 'variable-set': return event.variable;
    default: return '';
  }
}

export const changed = (telling: Telling, change: Partial<Call>): Telling => ({ ...telling, call: { ...telling.call, ...change } });
export const told = (telling: Telling, fact: Fact): Telling => ({ ...telling, facts: [...telling.facts, fact] });

/** The head that every fact has. `what` makes the id: it must be the same when the same story is told again. */
export function head(telling: Telling, what: string): { id: FactId; pbx: Call['pbx']; call: Call['key']; linkedid: Call['linkedid']; at: Instant; certain: boolean; source: Fact['source']; because: Because } {
  const { call, at, source, because } = telling;
  return { id: factId(call.key, what), pbx: call.pbx, call: call.key, linkedid: call.linkedid, at, certain: call.certain, source, because };
}

export const described = (call: Call): Described => ({ direction: call.direction, client: call.client, line: call.line, startedAt: call.startedAt, callId: call.callId, caller: callerOf(call) });

/** Of an outbound or internal call, the employee whose leg was there first. */
function callerOf(call: Call): Extension | null {
  if (call.direction === 'inbound') return null;
  const first = legsOf(call).find((leg) => leg.party.kind === 'employee' && !leg.guest && (leg.incoming || call.originated));
  return first?.party.kind === 'employee' ? first.party.extension : null;
}
