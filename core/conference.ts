/**
 * A conference joins people whose calls stay apart: Asterisk unites linkedids in basic bridges alone [main/bridge_basic.c], so an employee who
 * dials into the conference keeps a call of his own. A client's call therefore hears the employees of other calls as guests: copies of their
 * legs, which talk, own and leave like its own, but never keep it open.
 */
import { type Call, type Calls, callsInRoom, type Leg, openLegs } from './calls.ts';
import type { LegEvent } from './legs.ts';
import { changeLeg } from './legs.ts';

/** A call whose guests have changed: it has to be judged again. */
export interface Visited { readonly before: Call; readonly after: Call }

/** What this event about a leg means to other calls in the same conference, and to its own call. `before` is the leg as it was. */
export function visits(calls: Calls, call: Call, event: LegEvent, before: Leg | undefined): readonly Visited[] {
  if (event.kind === 'bridge-entered' && event.bridgeKind === 'conference') return entered(calls, call, event.leg, event.bridge);
  const gone = event.kind === 'leg-closed' || event.kind === 'bridge-left' ? before?.bridge ?? null : null;
  return gone === null || !call.rooms.includes(gone) ? [] : neighbours(calls, call, gone).flatMap((other) => left(other, event.leg));
}

const neighbours = (calls: Calls, call: Call, room: string): readonly Call[] => callsInRoom(calls, room).filter((other) => other.key !== call.key && !other.ended);

function entered(calls: Calls, call: Call, id: Leg['id'], room: string): readonly Visited[] {
  const others = neighbours(calls, call, room);
  const leg = call.legs[id];
  const outgoing = leg?.party.kind === 'employee' ? others.filter(isWithClient).map((other) => ({ before: other, after: withGuests(other, [leg]) })) : [];
  const present = others.flatMap((other) => openLegs(other).filter((each) => !each.guest && each.bridge === room && each.party.kind === 'employee'));
  const incoming = isWithClient(call) && present.length > 0 ? [{ before: call, after: withGuests(call, present) }] : [];
  return [...outgoing, ...incoming];
}

const isWithClient = (call: Call): boolean => call.direction !== 'internal' && !call.ended;

function withGuests(call: Call, legs: readonly Leg[]): Call {
  const guests = legs.map((leg) => [leg.id, { ...leg, guest: true, rang: false, released: false, talked: call.legs[leg.id]?.talked ?? false }]);
  return { ...call, legs: { ...call.legs, ...(Object.fromEntries(guests) as Call['legs']) } };
}

function left(call: Call, id: Leg['id']): readonly Visited[] {
  return call.legs[id]?.guest === true ? [{ before: call, after: changeLeg(call, id, { state: 'closed', bridge: null }) }] : [];
}
