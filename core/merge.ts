/**
 * Two calls become one: a consultation that the phone began as a call of its own, a pickup, an unpark. Asterisk lets the oldest linkedid win
 * (asterisk-facts 3), but a client's call stays itself whatever Asterisk picks: the CRM knows it under its first name already.
 */
import { type Call, type Calls, legsOf, withCall, withoutCall } from './calls.ts';
import type { Effect } from './effects.ts';
import { announced, ended } from './ending.ts';
import { head, type Occasion, told, type Telling } from './telling.ts';
import type { Linkedid } from './words.ts';

export interface United { readonly calls: Calls; readonly call: Call; readonly effects: readonly Effect[] }

/** `winner`: the linkedid that Asterisk let win, null where it has not said so yet (then the older call wins, as it will). */
export function unite(calls: Calls, pair: readonly [Call, Call], winner: Linkedid | null, occasion: Occasion): United {
  const [survivor, emptied] = ranked(pair, winner);
  const apart = isOutside(emptied);
  const call = together(survivor, emptied, apart);
  const effects: Effect[] = farewell(emptied, survivor, { apart, occasion }).map((fact) => ({ kind: 'tell', fact }));
  return { calls: withCall(withoutCall(calls, emptied), call), call, effects: [...effects, { kind: 'note', call: survivor.key, at: occasion.at, text: `united ${emptied.key} ${occasion.because.event}` }, { kind: 'forget', call: emptied.key }, ...(call.ended ? [] : [{ kind: 'keep', call } as const])] };
}

/** An outside call that was told to CRMs must not vanish in an internal one, nor in one that is over. */
function ranked([first, second]: readonly [Call, Call], winner: Linkedid | null): readonly [Call, Call] {
  const wins = (call: Call, other: Call): number =>
    (call.ended ? 0 : 8) + (isOutside(call) ? 4 : 0) + (winner !== null && call.linkeds.includes(winner) ? 2 : 0) + (call.startedAt < other.startedAt ? 1 : 0);
  return wins(first, second) >= wins(second, first) ? [first, second] : [second, first];
}

const isOutside = (call: Call): boolean => call.direction !== 'internal';

function together(survivor: Call, emptied: Call, apart: boolean): Call {
  return {
    ...survivor, linkeds: [...survivor.linkeds, ...emptied.linkeds], sealed: [...survivor.sealed, ...emptied.sealed],
    bridges: [...survivor.bridges, ...emptied.bridges], rooms: [...survivor.rooms, ...emptied.rooms.filter((room) => !survivor.rooms.includes(room))],
    sealedAt: null, callId: survivor.callId === '' ? emptied.callId : survivor.callId, originated: survivor.originated || emptied.originated,
    forwardedBy: survivor.forwardedBy ?? emptied.forwardedBy, voicemail: survivor.voicemail || emptied.voicemail,
    // The consultation's legs were told under their own call; here only their talk with the client is new.
    legs: { ...survivor.legs, ...Object.fromEntries(legsOf(emptied).map((leg) => [leg.id, { ...leg, talked: false }])) },
    sounds: [...survivor.sounds, ...emptied.sounds], certain: survivor.certain && emptied.certain,
    apart: apart ? [...survivor.apart, ...emptied.apart, ...emptied.linkeds] : [...survivor.apart, ...emptied.apart],
  };
}

function farewell(emptied: Call, survivor: Call, how: { readonly apart: boolean; readonly occasion: Occasion }): Telling['facts'] {
  if (emptied.ended) return [];
  const bye: Telling = { ...how.occasion, call: { ...emptied, sounds: [] }, facts: [] };
  const merged = told(bye, { ...head(bye, 'merged'), kind: 'call-merged', into: survivor.key });
  if (!how.apart) return merged.facts;
  // Its files are told later, and as its own: the call that goes on may still be writing them.
  return ended(merged).facts.map((fact) => (fact.kind === 'call-ended' ? { ...fact, ...announced(emptied) } : fact));
}
