/** What an event leaves in the call itself, beside its legs: how the last dial ended, bridges, sound files, what the CRM calls it. */
import type { Call } from './calls.ts';
import type { Event, VariableSet } from './events.ts';
import { armedAfter } from './healing.ts';
import type { LegEvent } from './legs.ts';
import { combinedStatus } from './outcome.ts';
import { soundsAfter } from './sounds.ts';
import type { Party } from './words.ts';

/** `call` with its legs as the event left them. */
export const remembered = (call: Call, event: LegEvent): Call => armedAfter(soundsAfter(noted(call, event), event), event);

function noted(call: Call, event: LegEvent): Call {
  switch (event.kind) {
    case 'dial-ended': return dialEnded(call, event);
    case 'bridge-entered': return entered(call, event);
    case 'leg-closed': return closed(call, event);
    case 'variable-set': return originated(call, event);
    case 'application-entered': return call.voicemail ? call : { ...call, voicemail: true };
    default: return call;
  }
}

function dialEnded(call: Call, event: Extract<Event, { readonly kind: 'dial-ended' }>): Call {
  const party = call.legs[event.leg]?.party;
  const forwarded = event.forward !== '' && party?.kind === 'employee' ? { ...call, forwardedBy: party.extension } : call;
  return isDialled(call, party) && call.answeredAt === null ? { ...forwarded, dialStatus: combinedStatus(call, event.status) } : forwarded;
}

function closed(call: Call, { leg: id, cause }: Extract<Event, { readonly kind: 'leg-closed' }>): Call {
  const leg = call.legs[id];
  if (leg?.party.kind === 'helper') return call;
  const dialled = leg !== undefined && !leg.incoming && isDialled(call, leg.party);
  return { ...call, hangupCause: cause, dialCause: dialled && call.answeredAt === null ? cause : call.dialCause };
}

/** Whose answer the call waits for: outbound the outside party's. */
const isDialled = (call: Call, party: Party | undefined): boolean =>
  (call.direction === 'outbound' ? party?.kind === 'external' : party?.kind !== 'helper' && party !== undefined);

/** Whoever enters a basic bridge of this call is of this call; a conference only lets him be heard (conference.ts). */
function entered(call: Call, { bridge, bridgeKind }: Extract<Event, { readonly kind: 'bridge-entered' }>): Call {
  if (bridgeKind === 'basic') return call.bridges.includes(bridge) ? call : { ...call, bridges: [...call.bridges, bridge] };
  return bridgeKind !== 'conference' || call.rooms.includes(bridge) ? call : { ...call, rooms: [...call.rooms, bridge] };
}

/**
 * Click-to-call: an Originate names the CRM's call by its variables, in any order. The call is outbound from then on, also when the employee
 * never lifts and the client is never dialled. The first id counts: a child leg repeats what it inherits.
 */
function originated(call: Call, { variable, value }: VariableSet): Call {
  const callId = variable === 'CallMeCALL_ID' && call.callId === '' ? value : call.callId;
  const is = call.originated || callId !== '' || (variable === 'IS_CALLME_ORIGINATE' && isTrue(value));
  if (callId === call.callId && is === call.originated) return call;
  return { ...call, callId, originated: is, direction: is && call.direction === 'internal' && !call.started ? 'outbound' : call.direction };
}

/** As Asterisk reads a flag [main/utils.c ast_true]. */
const isTrue = (value: string): boolean => ['1', 'yes', 'true', 'y', 't', 'on'].includes(value.toLowerCase());
