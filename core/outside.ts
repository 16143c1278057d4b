/** The outside party decides what a call is: inbound, outbound, or (without one) internal. */
import { type Call, legsOf } from './calls.ts';
import type { LegOpened } from './events.ts';
import type { LegEvent } from './legs.ts';

export function outside(call: Call, event: LegEvent): Call {
  const party = call.legs[event.leg]?.party;
  if (event.kind === 'dial-began' && event.employee !== null) return insideAgain(call);
  if (party?.kind !== 'external') return call;
  if (event.kind === 'leg-opened' && (call.direction === 'internal' || isFirstOutside(call))) return withOutside(call, event);
  if (event.kind === 'party-known' && call.direction === 'inbound' && call.client.number === '') return { ...call, client: { number: party.number, name: party.name } };
  if (event.kind === 'dial-began' && call.direction === 'outbound' && (call.client.number === '' || isBetter(call, event))) return { ...call, client: { number: event.number, name: '' } };
  return call;
}

/**
 * A resync knows of a dialled leg only the dialplan's number; what was really sent comes with its DialBegin, which names who dialled. Only for the
 * client's own leg, the first one outside: a second outside number that the client is transferred to is not the client.
 */
function isBetter(call: Call, event: Extract<LegEvent, { readonly kind: 'dial-began' }>): boolean {
  const first = legsOf(call).find((leg) => leg.party.kind === 'external');
  return !call.certain && event.by !== null && event.number !== '' && first?.id === event.leg;
}

/** A click-to-call is outbound before its client is dialled. */
const isFirstOutside = (call: Call): boolean => call.originated && call.line === '' && call.client.number === '';

/** What looked like an outside party is an employee's own telephone (a follow-me): without a client it is an internal call still. */
function insideAgain(call: Call): Call {
  const outsiders = legsOf(call).some((leg) => leg.party.kind === 'external');
  return call.direction === 'outbound' && !outsiders && !call.started && !call.originated ? { ...call, direction: 'internal', line: '' } : call;
}

/**
 * The first outside leg. A channel in state Ring has called Asterisk, one in state Down is being called by it [main/channel.c]. Talk that the
 * employees had among themselves before (an internal call that goes outside) is not talk with the client.
 */
function withOutside(call: Call, event: LegOpened): Call {
  const anew = { ...call, answeredAt: null, talkingSince: null, talkMs: 0, talkedUntil: null, ringingSince: null, ringMs: 0, talked: [], handOvers: [], dialStatus: '' } as const;
  if (!event.incoming) return { ...anew, direction: 'outbound', line: event.line };
  const { party } = event;
  return { ...anew, direction: 'inbound', line: event.dialled, client: party.kind === 'external' ? { number: party.number, name: party.name } : call.client };
}
