/**
 * The law of calls: `step(calls, event) -> [calls, effects]`, pure and total. Time arrives in the event; what is not understood becomes a
 * note, never an exception. Each event about a leg goes one way: find or make its call, change the leg, then ask in order what that means
 * (offered? talking? over?), and tell.
 */
import { type Call, callByBridge, callByLeg, callByLinked, type Calls, changeCalls, newCall, openLegs, withCall } from './calls.ts';
import type { Effect } from './effects.ts';
import { ending, soundTold } from './ending.ts';
import type { Event, LinkedSealed, LinkAlive, LinkLost, PbxStopped, RecordingEnded, RecordingStarted, Routed } from './events.ts';
import { applyToLegs, type LegEvent } from './legs.ts';
import { unite } from './merge.ts';
import { offer } from './offer.ts';
import { combinedStatus } from './outcome.ts';
import { resync } from './resync.ts';
import { outside } from './outside.ts';
import { talk } from './talk.ts';
import { changed, type Telling } from './telling.ts';
import { callKey, type Instant } from './words.ts';

export type Step = readonly [Calls, readonly Effect[]];

export function step(calls: Calls, event: Event): Step {
  switch (event.kind) {
    case 'resynced': return resync(calls, event, stepLeg);
    case 'link-lost': case 'link-alive': case 'pbx-stopped': return seenUntil(calls, event);
    case 'linked-sealed': return sealed(calls, event);
    case 'routed': return routed(calls, event);
    default: return stepLeg(calls, event);
  }
}

function stepLeg(calls: Calls, event: LegEvent): Step {
  const place = placed(calls, event);
  if (place.call === undefined) return event.kind === 'recording-ended' ? orphanRecording(calls, event) : [calls, place.effects];
  const telling = judged({ call: place.call, facts: [], at: event.at }, event);
  const [next, effects] = kept(place.calls, place.call, telling);
  return place.effects.length === 0 ? [next, effects] : [next, [...place.effects, ...effects]];
}

interface Place { readonly calls: Calls; readonly call: Call | undefined; readonly effects: readonly Effect[] }

/** The call of a leg event: a leg that shows another call's linkedid unites the two; an unknown leg opens a call only when it opens itself. */
function placed(calls: Calls, event: LegEvent): Place {
  const mine = callByLeg(calls, event.leg);
  const named = mine?.linkeds.includes(event.linked) === true ? mine : callByLinked(calls, event.linked);
  return others(calls, event).reduce((place, other) => meeting(place, other(place.calls), event.at), together(calls, mine, named, event));
}

/** Calls that this event joins with its leg's call beside the linkedid: by transfer, by pickup, by meeting in a bridge. */
function others(calls: Calls, event: LegEvent): readonly ((calls: Calls) => Call | undefined)[] {
  switch (event.kind) {
    case 'attended-transferred': return event.linkeds.map((linked) => (now: Calls): Call | undefined => callByLinked(now, linked));
    case 'picked-up': return [(now): Call | undefined => callByLeg(now, event.target)];
    case 'bridge-entered': return event.bridgeKind === 'basic' && callByBridge(calls, event.bridge) !== undefined ? [(now): Call | undefined => callByBridge(now, event.bridge)] : [];
    default: return [];
  }
}

function meeting(place: Place, other: Call | undefined, at: Instant): Place {
  if (other === undefined || place.call === undefined || other.key === place.call.key) return place;
  const united = unite(place.calls, [place.call, other], null, at);
  return { ...united, effects: [...place.effects, ...united.effects] };
}

function together(calls: Calls, mine: Call | undefined, named: Call | undefined, event: LegEvent): Place {
  if (mine !== undefined && named !== undefined && mine !== named) return unite(calls, [mine, named], event.linked, event.at);
  if (mine !== undefined && named === undefined) return known(calls, { ...mine, linkeds: [...mine.linkeds, event.linked] });
  if (named !== undefined) return { calls, call: named, effects: [] };
  if (event.kind === 'leg-opened') return known(calls, { ...newCall(event.pbx, event.linked, event.at), certain: event.concluded !== true, ended: calls.over.includes(event.linked) });
  return { calls, call: mine, effects: [] };
}

const known = (calls: Calls, call: Call): Place => ({ calls: withCall(calls, call), call, effects: [] });

function judged(telling: Telling, event: LegEvent): Telling {
  const moved = { ...telling, call: outside(remembered(applyToLegs(telling.call, event), event), event) };
  if (moved.call === telling.call) return telling;
  const alive = changed(moved, { lastSeenAt: later(moved.call.lastSeenAt, event.at) });
  if (alive.call.ended) return event.kind === 'recording-ended' ? alive.call.sounds.reduce(soundTold, changed(alive, { sounds: [] })) : alive;
  return ending(talk(offer(alive, event)));
}

const later = (one: Instant, other: Instant): Instant => (one > other ? one : other);

/** What an event leaves in the call itself, beside its legs. */
function remembered(call: Call, event: LegEvent): Call {
  switch (event.kind) {
    case 'dial-ended': return dialEnded(call, event);
    case 'bridge-entered': return call.bridges.includes(event.bridge) || event.bridgeKind !== 'basic' ? call : { ...call, bridges: [...call.bridges, event.bridge] };
    case 'leg-closed': return call.legs[event.leg]?.party.kind === 'helper' ? call : { ...call, hangupCause: event.cause };
    case 'recording-started': return withSound(call, event, { bytes: 0, closed: false });
    case 'recording-ended': return withSound(call, event, { bytes: event.bytes, closed: true });
    default: return call;
  }
}

function dialEnded(call: Call, event: Extract<Event, { readonly kind: 'dial-ended' }>): Call {
  const party = call.legs[event.leg]?.party.kind;
  const counts = call.direction === 'outbound' ? party === 'external' : party !== 'helper' && party !== undefined;
  return counts && call.answeredAt === null ? { ...call, dialStatus: combinedStatus(call, event.status) } : call;
}

function withSound(call: Call, event: RecordingStarted | RecordingEnded, end: { readonly bytes: number; readonly closed: boolean }): Call {
  const others = call.sounds.filter((sound) => sound.file !== event.file);
  const begun = call.sounds.find((sound) => sound.file === event.file);
  return { ...call, sounds: [...others, { linked: begun?.linked ?? event.named, file: event.file, ...end }] };
}

/** The kit says that a file is complete, but nobody knows the call (a gap): the file's own linkedid names it. Losing it would be worse. */
function orphanRecording(calls: Calls, event: RecordingEnded): Step {
  const call = { ...newCall(event.pbx, event.named, event.at), certain: false };
  const telling = soundTold({ call, facts: [], at: event.at }, { linked: event.named, file: event.file, bytes: event.bytes, closed: true });
  return [calls, telling.facts.map((fact) => ({ kind: 'tell', fact }))];
}

/** Writes a judged call back. An ended call stays until its last leg is gone, so that late events of it open nothing. */
function kept(calls: Calls, before: Call, telling: Telling): Step {
  const { call, facts } = telling;
  if (call === before && facts.length === 0) return calls.open.get(call.key) === call ? [calls, []] : [calls, [{ kind: 'keep', call }]];
  const tells: Effect[] = facts.map((fact) => ({ kind: 'tell', fact }));
  const end: Effect[] = call.ended ? (before.ended ? [] : [{ kind: 'forget', call: call.key }]) : [{ kind: 'keep', call }];
  return [changeCalls(calls, call, call.ended && openLegs(call).length === 0), [...tells, ...end]];
}

function sealed(calls: Calls, event: LinkedSealed): Step {
  const call = callByLinked(calls, event.linked);
  if (call === undefined || call.ended || call.sealed.includes(event.linked)) return [calls, []];
  const next = { ...call, sealed: [...call.sealed, event.linked] };
  return [withCall(calls, next), [{ kind: 'keep', call: next }]];
}

function routed(calls: Calls, event: Routed): Step {
  const text = `routed to ${event.target ?? 'the default route'}: ${event.reason} (${event.source})`;
  const call = callByLinked(calls, event.linked);
  if (call === undefined) return [calls, [{ kind: 'note', call: callKey(event.pbx, event.linked), text }]];
  const next: Call = { ...call, route: { target: event.target, reason: event.reason, source: event.source } };
  return [withCall(calls, next), [{ kind: 'note', call: call.key, text }, ...(call.ended ? [] : [{ kind: 'keep', call: next } as const])]];
}

/** The last instant at which the open calls were surely alive: a call that is found dead later ended no earlier. */
function seenUntil(calls: Calls, event: LinkAlive | LinkLost | PbxStopped): Step {
  const seen = calls.open.values().filter((call) => !call.ended).map((call): Call => ({ ...call, lastSeenAt: event.at }));
  return [seen.reduce(withCall, calls), seen.map((call) => ({ kind: 'keep', call }))];
}
