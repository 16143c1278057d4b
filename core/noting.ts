/**
 * What happened to a call and is no fact of its own: holds, parking, transfers, pickups. Words of the core, the first one says what happened,
 * the others who; `calls explain` makes sentences of them. Who is an extension, `client`, or a leg that is neither.
 */
import type { Call } from './calls.ts';
import type { LegEvent } from './legs.ts';
import type { LegId } from './words.ts';

/** `''` = nothing worth a note. `call` as it was before the event. */
export function noteOf(call: Call, event: LegEvent): string {
  const who = (leg: LegId): string => whoIs(call, leg);
  switch (event.kind) {
    // A blind transfer by REFER says Unhold without a Hold before it (asterisk-facts 5).
    case 'held': case 'unheld': return call.legs[event.leg]?.held === (event.kind === 'unheld') ? `${event.kind} ${who(event.leg)}` : '';
    case 'parked': return `parked ${who(event.leg)} ${event.space}`;
    case 'unparked': return `unparked ${who(event.leg)} ${who(event.by)}`;
    case 'blind-transferred': return `blind-transferred ${who(event.leg)} ${event.to}`;
    case 'attended-transferred': return `attended-transferred ${who(event.leg)}`;
    case 'picked-up': return `picked-up ${who(event.leg)} ${who(event.target)}`;
    case 'application-entered': return `voicemail ${who(event.leg)}`;
    case 'recording-paused': case 'recording-resumed': return event.kind;
    case 'leg-ringing': return isFarEnd(call, event.leg) && call.legs[event.leg]?.state === 'opened' ? `rings ${who(event.leg)}` : '';
    case 'dial-ended': return event.forward === '' ? dialEnded(call, event) : `forwarded ${who(event.leg)} ${event.forward}`;
    default: return '';
  }
}

/** The outside party that we call: no fact tells of its ring. */
function isFarEnd(call: Call, id: LegId): boolean {
  const leg = call.legs[id];
  return leg?.party.kind === 'external' && !leg.incoming;
}

const dialEnded = (call: Call, { leg, status }: Extract<LegEvent, { readonly kind: 'dial-ended' }>): string => (isFarEnd(call, leg) && status !== 'ANSWER' ? `dial-ended ${whoIs(call, leg)} ${status}` : '');

function whoIs(call: Call, id: LegId): string {
  const party = call.legs[id]?.party;
  if (party?.kind === 'employee') return party.extension;
  return party?.kind === 'external' ? 'client' : id === '' ? '-' : id;
}
