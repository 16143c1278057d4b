/**
 * When a call is over, and what is said then. A blind transfer leaves the client alone for a moment and an attended one ends the first
 * employee's leg in mid call, so neither the first hangup nor "one leg left" ends anything: the outside party does, or the last leg.
 */
import { type Call, legsOf, ownOpenLegs, type SoundFile } from './calls.ts';
import type { CallEnded } from './facts.ts';
import { begun } from './offer.ts';
import { outcomeOf } from './outcome.ts';
import { pausesOf } from './sounds.ts';
import { changed, described, head, told, type Telling } from './telling.ts';
import { callKey, factId, type RecordingId } from './words.ts';

export function ending(telling: Telling): Telling {
  const rest = telling.call.apart.length === 0 ? telling : apartTold(telling);
  return rest.call.ended || !isOver(rest.call) ? rest : ended(rest);
}

/** A file of a call that was told as a call of its own need not wait for the end of the one that it merged into. */
function apartTold(telling: Telling): Telling {
  const { sounds, apart } = telling.call;
  const ready = sounds.filter((sound) => sound.closed && apart.includes(sound.linked));
  return ready.reduce(soundTold, changed(telling, { sounds: sounds.filter((sound) => !ready.includes(sound)) }));
}

function isOver(call: Call): boolean {
  const open = ownOpenLegs(call);
  if (open.length === 0) return true;
  const outsideGone = !open.some((leg) => leg.party.kind === 'external') && legsOf(call).some((leg) => leg.party.kind === 'external');
  // Outbound, a trunk that fails is followed by the next trunk: only an answered one that is gone ends the call.
  return outsideGone && (call.direction === 'inbound' || (call.direction === 'outbound' && call.answeredAt !== null));
}

/** The sound files are told behind the end: a CRM takes a record only for a call that is finished (crm-contracts 1.7). */
export function ended(telling: Telling): Telling {
  const closed = stopClocks(begun(named(telling)));
  const call = closed.call;
  const outcome = outcomeOf(call);
  const cause = call.answeredAt === null && call.dialCause > 0 ? call.dialCause : call.hangupCause;
  const over = told(closed, {
    ...head(closed, 'ended'), ...described(call), kind: 'call-ended', outcome: outcome.outcome, owner: call.owner, answeredAt: call.answeredAt,
    talkSeconds: talkSeconds(call), ringSeconds: Math.round(call.ringMs / 1000), handOvers: call.handOvers, talked: call.talked,
    rang: call.rang, dialStatus: call.dialStatus, rule: outcome.rule, hangupCause: cause, ...announced(call),
  });
  return call.sounds.reduce(soundTold, changed(over, { ended: true, sounds: [] }));
}

/** A file of a call that was told as a call of its own belongs there. */
export function announced({ pbx, sounds, apart }: Call): Pick<CallEnded, 'recordings'> {
  const files = sounds.filter(({ linked }) => !apart.includes(linked));
  return files.length === 0 ? {} : { recordings: files.map(({ file }) => `${pbx}/${file}` as RecordingId) };
}

/** A click-to-call that never dialled its client: the employee's telephone showed the number. */
function named(telling: Telling): Telling {
  const { call } = telling;
  if (!call.originated || call.client.number !== '') return telling;
  const number = legsOf(call).map((leg) => leg.shown).find((shown) => shown !== '');
  return number === undefined ? telling : changed(telling, { client: { number, name: '' } });
}

/** A talk is never nothing: CRMs read 0 s as a missed call (crm-contracts 1.6), and half a second was one. */
const talkSeconds = (call: Call): number => (call.answeredAt === null ? 0 : Math.max(1, Math.round(call.talkMs / 1000)));

function stopClocks(telling: Telling): Telling {
  const { call, at } = telling;
  const talkMs = call.talkMs + (call.talkingSince === null ? 0 : Math.max(0, at - call.talkingSince));
  const ringMs = call.ringMs + (call.ringingSince === null ? 0 : Math.max(0, at - call.ringingSince));
  return changed(telling, { talkMs, ringMs, talkingSince: null, ringingSince: null });
}

/** A file whose end was not announced (a gap, a killed Asterisk) is told with `certain: false`: the spool looks for itself. */
export function soundTold(telling: Telling, sound: SoundFile): Telling {
  const call = telling.call.apart.includes(sound.linked) ? callKey(telling.call.pbx, sound.linked) : telling.call.key;
  const linkedid = telling.call.apart.includes(sound.linked) ? sound.linked : telling.call.linkedid;
  const base = head(telling, '');
  return told(telling, {
    ...base, id: factId(call, `recording/${sound.file}`), call, linkedid, certain: sound.closed, kind: 'recording-closed', file: sound.file, bytes: sound.bytes,
    pauses: pausesOf(sound, telling.at), talked: telling.call.talked,
  });
}
