/** To whom the call was offered: which phones rang, who was released, and since when the call waits for an answer. */
import { clientLegs, extensionOf } from './audience.ts';
import { type Call, type Leg, legsOf, openLegs } from './calls.ts';
import type { LegEvent } from './legs.ts';
import { changeLeg } from './legs.ts';
import { changed, described, head, told, type Telling } from './telling.ts';
import type { Extension } from './words.ts';

export function offer(telling: Telling, event: LegEvent): Telling {
  return waiting(release(ring(dialOut(started(telling), event), event), event));
}

/** Said once the direction is known: an outbound call begins as an employee's leg alone. */
function started(telling: Telling): Telling {
  const { call } = telling;
  const known = call.direction === 'inbound' || (call.direction === 'outbound' ? call.client.number !== '' : ringsInside(call));
  return call.started || !known ? telling : begun(telling);
}

const ringsInside = (call: Call): boolean => !nobodyCalls(call) && openLegs(call).some((leg) => leg.state === 'ringing');

/** A click-to-call rings its own employee first: until the client is dialled there is nobody who calls. */
const nobodyCalls = (call: Call): boolean => clientLegs(call).length === 0;

export function begun(telling: Telling): Telling {
  const { call } = telling;
  return call.started ? telling : told(changed(telling, { started: true }), { ...head(telling, 'started'), ...described(call), kind: 'call-started' });
}

/** Outbound, the call belongs to the one who dials from the moment he dials. */
function dialOut(telling: Telling, event: LegEvent): Telling {
  if (event.kind !== 'dial-began' || telling.call.legs[event.leg]?.party.kind !== 'external' || telling.call.direction !== 'outbound') return telling;
  const caller = legsOf(telling.call).map(extensionOf).find((extension) => extension !== undefined);
  return caller === undefined ? telling : offered(telling, caller);
}

export function offered(telling: Telling, extension: Extension): Telling {
  const { call } = telling;
  if (call.offered) return telling;
  return told(changed(begun(telling), { offered: true, owner: call.owner ?? extension }), {
    ...head(telling, 'offered'), ...described(call), kind: 'call-offered', extension,
  });
}

function ring(telling: Telling, event: LegEvent): Telling {
  const leg = telling.call.legs[event.leg];
  const extension = leg && extensionOf(leg);
  // A click-to-call rings its own employee first: it is his call, but there is nothing to show him yet.
  if (telling.call.originated && leg?.state === 'ringing' && extension !== undefined && telling.call.owner === null) return changed(telling, { owner: extension });
  if (leg?.state !== 'ringing' || leg.rang || leg.incoming || extension === undefined || nobodyCalls(telling.call)) return telling;
  const { call } = telling;
  const owner = call.talked.length > 0 ? call.owner : extension;
  const rung = { ...changeLeg(call, leg.id, { rang: true }), owner, rang: call.rang.includes(extension) ? call.rang : [...call.rang, extension] };
  return told(offered({ ...telling, call: rung }, extension), { ...head(telling, `ringing/${leg.id}`), ...described(call), kind: 'employee-ringing', extension });
}

function release(telling: Telling, event: LegEvent): Telling {
  const leg = telling.call.legs[event.leg];
  const extension = leg && extensionOf(leg);
  if (leg === undefined || extension === undefined || !leg.rang || leg.released || leg.talked) return telling;
  const reason = event.kind === 'dial-ended' && event.status !== 'ANSWER' ? event.status : event.kind === 'leg-closed' ? 'HANGUP' : null;
  if (reason === null) return telling;
  return told({ ...telling, call: changeLeg(telling.call, leg.id, { released: true }) }, {
    ...head(telling, `released/${leg.id}`), ...described(telling.call), kind: 'employee-released', extension, reason,
  });
}

/** Ring time runs while somebody's phone rings for the client and nobody talks with him. */
function waiting(telling: Telling): Telling {
  const { call, at } = telling;
  const ringing = call.talkingSince === null && openLegs(call).some((leg) => leg.state === 'ringing' && !leg.released && ringsForClient(call, leg));
  if (ringing === (call.ringingSince !== null)) return telling;
  if (ringing) return changed(telling, { ringingSince: at });
  return changed(telling, { ringingSince: null, ringMs: call.ringMs + Math.max(0, at - (call.ringingSince ?? at)) });
}

const ringsForClient = (call: Call, leg: Leg): boolean => (call.direction === 'outbound') === (leg.party.kind === 'external') && !leg.incoming;
