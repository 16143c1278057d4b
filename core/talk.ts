/** Talk is decided by bridges alone, never by hangup causes: an answered queue, IVR or voicemail is not a talk with an employee. */
import { clientLegs, extensionOf, joinedWithClient } from './audience.ts';
import { type Call, type Leg, openLegs } from './calls.ts';
import { changeLeg } from './legs.ts';
import { offered } from './offer.ts';
import { changed, described, head, told, type Telling } from './telling.ts';
import type { Extension, Instant } from './words.ts';

export function talk(telling: Telling): Telling {
  const joined = joinedWithClient(telling.call);
  return newcomers(forwarded(timed(settled(telling), joined.length > 0 || isHeld(telling.call)), joined), joined);
}

/**
 * A consultation by feature code or AMI takes the employee out of the client's bridge and leaves the client there with the music: to both it is
 * a hold, and it counts as one by REFER, where he stays in. Parked, or after the employee has gone, the client is not held but waits.
 */
function isHeld(call: Call): boolean {
  const [client] = clientLegs(call);
  return call.answeredAt !== null && client !== undefined && client.bridge !== null && openLegs(call).some((leg) => leg.talked && !leg.guest && leg.bridge !== null);
}

/** Somebody outside took a call that an employee's telephone had sent on (302): it is that employee's, though another phone rang behind his. */
function forwarded(telling: Telling, joined: readonly Leg[]): Telling {
  const { talked, forwardedBy, owner } = telling.call;
  const outsideOnly = joined.length > 0 && joined.every((leg) => leg.party.kind !== 'employee');
  return outsideOnly && talked.length === 0 && forwardedBy !== null && forwardedBy !== owner ? changed(telling, { owner: forwardedBy }) : telling;
}

function timed(telling: Telling, talking: boolean): Telling {
  const { call, at } = telling;
  if (talking === (call.talkingSince !== null)) return telling;
  if (talking) return changed(telling, { talkingSince: later(at, call.talkedUntil), answeredAt: call.answeredAt ?? at });
  const until = later(at, call.talkingSince);
  return changed(telling, { talkingSince: null, talkedUntil: until, talkMs: call.talkMs + until - (call.talkingSince ?? until) });
}

const later = (at: Instant, other: Instant | null): Instant => (other === null || at > other ? at : other);

/**
 * "The last one is the owner": whoever joined the client last; when he leaves and others stay, the newest of those, once that has lasted.
 * One employee's second leg (a consultation) joining for a moment is no change.
 */
function newcomers(telling: Telling, joined: readonly Leg[]): Telling {
  const present = joined.filter((leg) => leg.party.kind === 'employee');
  return staying(present.filter((leg) => !leg.talked).reduce(arrives, telling), present);
}

function arrives(telling: Telling, leg: Leg): Telling {
  const extension = extensionOf(leg);
  const marked = { ...telling, call: changeLeg(telling.call, leg.id, { talked: true }) };
  return extension === undefined || extension === telling.call.talked.at(-1) ? marked : joins(marked, leg, extension);
}

/** Milliseconds after which who stayed behind owns the call: a conference that breaks up loses its people one by one within a moment. */
const LASTING_MS = 1_000;

function staying(telling: Telling, present: readonly Leg[]): Telling {
  const { talked, stays } = telling.call;
  const newest = present.at(-1);
  const extension = newest && extensionOf(newest);
  const alone = newest === undefined || extension === undefined || present.some((leg) => extensionOf(leg) === talked.at(-1)) ? null : { leg: newest.id, extension, since: telling.at };
  return alone?.leg === stays?.leg ? telling : changed(telling, { stays: alone });
}

/** Who stayed with the client for a while has taken the call over, whatever comes now. */
function settled(telling: Telling): Telling {
  const { stays, legs } = telling.call;
  const leg = stays === null ? undefined : legs[stays.leg];
  if (stays === null || leg === undefined || telling.at - stays.since < LASTING_MS) return telling;
  return joins(changed(telling, { stays: null }), leg, stays.extension);
}

function joins(telling: Telling, leg: Leg, extension: Extension): Telling {
  const from = telling.call.talked.at(-1);
  const first = offered(telling, extension);
  const talking = told(
    changed(first, { talked: [...first.call.talked, extension], owner: extension }),
    { ...head(telling, `talking/${leg.id}/${telling.call.talked.length}`), ...described(telling.call), kind: 'employee-talking', extension },
  );
  return from === undefined ? talking : handedOver(talking, from, extension);
}

function handedOver(telling: Telling, from: Extension, to: Extension): Telling {
  const handOvers = [...telling.call.handOvers, { at: telling.at, from, to }];
  return told(changed(telling, { handOvers }), {
    ...head(telling, `handed-over/${handOvers.length}`), ...described(telling.call), kind: 'call-handed-over', from, to,
  });
}
