/** Talk is decided by bridges alone, never by hangup causes: an answered queue, IVR or voicemail is not a talk with an employee. */
import { extensionOf, joinedWithClient } from './audience.ts';
import type { Leg } from './calls.ts';
import { changeLeg } from './legs.ts';
import { offered } from './offer.ts';
import { changed, described, head, told, type Telling } from './telling.ts';
import type { Extension } from './words.ts';

export function talk(telling: Telling): Telling {
  const joined = joinedWithClient(telling.call);
  return newcomers(timed(telling, joined.length > 0), joined);
}

function timed(telling: Telling, talking: boolean): Telling {
  const { call, at } = telling;
  if (talking === (call.talkingSince !== null)) return telling;
  if (talking) return changed(telling, { talkingSince: at, answeredAt: call.answeredAt ?? at });
  return changed(telling, { talkingSince: null, talkMs: call.talkMs + Math.max(0, at - (call.talkingSince ?? at)) });
}

/**
 * "The last one is the owner": whoever joined the client last; when he leaves and others stay, the newest of those.
 * One employee's second leg (a consultation) joining for a moment is no change.
 */
function newcomers(telling: Telling, joined: readonly Leg[]): Telling {
  const present = joined.filter((leg) => leg.party.kind === 'employee');
  const last = telling.call.talked.at(-1);
  const fresh = present.filter((leg) => !leg.talked);
  const candidate = fresh.at(-1) ?? (present.some((leg) => extensionOf(leg) === last) ? undefined : present.at(-1));
  const marked = fresh.reduce((call, leg) => changeLeg(call, leg.id, { talked: true }), telling.call);
  const next = marked === telling.call ? telling : { ...telling, call: marked };
  const extension = candidate && extensionOf(candidate);
  return candidate === undefined || extension === undefined || extension === last ? next : joins(next, candidate, extension);
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
