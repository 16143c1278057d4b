/** How one event changes the legs of its call. Pure bookkeeping: what it means is decided in offer.ts, talk.ts and ending.ts. */
import type { Call, Leg } from './calls.ts';
import type { Event, LegOpened } from './events.ts';
import type { Extension, LegId } from './words.ts';
import { unreachable } from './words.ts';

/** Every event that speaks of one leg. */
export type LegEvent = Extract<Event, { readonly leg: LegId }>;

export function changeLeg(call: Call, id: LegId, change: Partial<Leg>): Call {
  const leg = call.legs[id];
  return leg === undefined ? call : { ...call, legs: { ...call.legs, [id]: { ...leg, ...change } } };
}

export const openLeg = (event: Pick<LegOpened, 'leg' | 'name' | 'party' | 'at' | 'incoming'>): Leg => ({
  id: event.leg, name: event.name, party: event.party, state: 'opened', openedAt: event.at, incoming: event.incoming,
  bridge: null, rang: false, released: false, talked: false, held: false, shown: '', guest: false, recorders: 0,
});

const withLeg = (call: Call, leg: Leg): Call => ({ ...call, legs: { ...call.legs, [leg.id]: leg } });

export function applyToLegs(call: Call, event: LegEvent): Call {
  switch (event.kind) {
    case 'leg-opened': return call.legs[event.leg] === undefined ? withLeg(call, openLeg(event)) : call;
    case 'party-known': return renamed(shows(call, event.leg, event.number ?? ''), event.leg, event.party);
    case 'leg-ringing': return changeLegIf(call, event.leg, (leg) => leg.state === 'opened', { state: 'ringing' });
    case 'leg-up': return changeLegIf(call, event.leg, (leg) => leg.state === 'opened' || leg.state === 'ringing', { state: 'talking' });
    case 'leg-closed': return changeLegIf(call, event.leg, (leg) => leg.state !== 'closed', { state: 'closed', bridge: null });
    // A holding bridge (parking) joins nobody: the parked one hears music, so to the law he is in no bridge.
    case 'bridge-entered': return changeLegIf(call, event.leg, () => true, { state: 'talking', bridge: event.bridgeKind === 'holding' ? null : event.bridge });
    case 'bridge-left': return changeLegIf(call, event.leg, (leg) => leg.bridge === event.bridge, { bridge: null });
    case 'held': return changeLegIf(call, event.leg, (leg) => !leg.held, { held: true });
    case 'unheld': return changeLegIf(call, event.leg, (leg) => leg.held, { held: false });
    case 'recorder-began': return changeLegBy(call, event.leg, (leg) => ({ recorders: leg.recorders + 1 }));
    case 'recorder-ended': return changeLegBy(call, event.leg, (leg) => ({ recorders: Math.max(0, leg.recorders - 1) }));
    case 'dial-began': return event.employee === null ? call : ownTelephone(call, event.leg, event.employee);
    case 'leg-seen': case 'application-entered': case 'dial-ended': case 'blind-transferred': case 'attended-transferred': case 'picked-up':
    case 'parked': case 'unparked': case 'variable-set': case 'recording-started': case 'recording-ended':
    case 'recording-paused': case 'recording-resumed': case 'pause-asked':
      return call;
    default: return unreachable(event);
  }
}

/** The number that was dialled outside is an employee's own telephone: whoever lifts there is no client. */
function ownTelephone(call: Call, id: LegId, extension: Extension): Call {
  return changeLegIf(call, id, (leg) => leg.party.kind === 'external', { party: { kind: 'employee', extension, name: '' } });
}

function changeLegIf(call: Call, id: LegId, when: (leg: Leg) => boolean, change: Partial<Leg>): Call {
  const leg = call.legs[id];
  return leg !== undefined && leg.state !== 'closed' && when(leg) ? changeLeg(call, id, change) : call;
}

function changeLegBy(call: Call, id: LegId, change: (leg: Leg) => Partial<Leg>): Call {
  const leg = call.legs[id];
  return leg === undefined ? call : changeLeg(call, id, change(leg));
}

function shows(call: Call, id: LegId, number: string): Call {
  const party = call.legs[id]?.party;
  return number === '' || party?.kind !== 'employee' || number === party.extension ? call : changeLeg(call, id, { shown: number });
}

/** A caller id that comes later only fills what was empty: Asterisk rewrites it during transfers, and the client stays the client. */
function renamed(call: Call, id: LegId, party: Leg['party']): Call {
  const leg = call.legs[id];
  const nameless = leg?.party.kind === 'unknown' || (leg?.party.kind === 'external' && leg.party.number === '');
  return nameless ? changeLeg(call, id, { party }) : call;
}
