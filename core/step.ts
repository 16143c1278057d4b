/**
 * The law of calls: `step(calls, event) -> [calls, effects]`, pure and total. Time arrives in the event; what is not understood becomes a
 * note, never an exception. Each event about a leg goes one way: find or make its call, change the leg, then ask in order what that means
 * (offered? talking? over?), and tell.
 */
import { type Call, callByBridge, callByLeg, callByLinked, type Calls, changeCalls, legsOf, newCall, ownOpenLegs, withCall } from './calls.ts';
import { type Visited, visits } from './conference.ts';
import type { Effect } from './effects.ts';
import { ending, soundTold } from './ending.ts';
import type { Event, RecordingEnded, Routed } from './events.ts';
import type { Because } from './facts.ts';
import { applyToLegs, type LegEvent } from './legs.ts';
import { unite } from './merge.ts';
import { noteOf } from './noting.ts';
import { offer } from './offer.ts';
import { remembered } from './remembering.ts';
import { resync } from './resync.ts';
import { buryOverdue, sealed } from './sealing.ts';
import { newSound } from './sounds.ts';
import { outside } from './outside.ts';
import { talk } from './talk.ts';
import { becauseOf, changed, type Occasion, type Telling } from './telling.ts';
import { callKey, type Instant } from './words.ts';

export type Step = readonly [Calls, readonly Effect[]];

export function step(calls: Calls, event: Event): Step {
  switch (event.kind) {
    case 'resynced': return resync(calls, event, stepLeg);
    case 'link-lost': case 'pbx-stopped': return seenUntil(calls, event);
    case 'link-alive': return buryOverdue(...seenUntil(calls, event), event, stepLeg);
    case 'past-began': return [{ ...calls, source: 'reconciled' }, []];
    case 'past-ended': return [{ ...calls, source: 'live' }, []];
    case 'linked-sealed': return sealed(calls, event);
    case 'routed': return routed(calls, event);
    default: return stepLeg(calls, event);
  }
}

function stepLeg(calls: Calls, event: LegEvent, because: Because = becauseOf(event)): Step {
  const occasion: Occasion = { at: event.at, because, source: calls.source };
  const place = placed(calls, event, occasion);
  if (place.call === undefined) return event.kind === 'recording-ended' ? orphanRecording(calls, event, occasion) : [calls, place.effects];
  const { call } = place;
  const telling = judged({ ...occasion, call, facts: [] }, event);
  const note = call.ended ? '' : noteOf(call, event);
  const noted: readonly Effect[] = note === '' ? [] : [{ kind: 'note', call: call.key, at: event.at, text: note }];
  const [next, effects] = kept(place.calls, call, telling);
  const [last, more] = visits(next, telling.call, event, call.legs[event.leg]).reduce<Step>((done, visited) => visit(done, visited, occasion), [next, effects]);
  return place.effects.length + noted.length === 0 ? [last, more] : [last, [...place.effects, ...noted, ...more]];
}

/** A call that hears another call's employee come or go. */
function visit([calls, effects]: Step, { before, after }: Visited, occasion: Occasion): Step {
  const [next, more] = kept(calls, before, ending(talk({ ...occasion, call: after, facts: [] })));
  return [next, [...effects, ...more]];
}

interface Place { readonly calls: Calls; readonly call: Call | undefined; readonly effects: readonly Effect[] }

/** The call of a leg event: a leg that shows another call's linkedid unites the two; an unknown leg opens a call only when it opens itself. */
function placed(calls: Calls, event: LegEvent, occasion: Occasion): Place {
  const mine = callByLeg(calls, event.leg);
  const named = mine?.linkeds.includes(event.linked) === true ? mine : callByLinked(calls, event.linked);
  return others(calls, event).reduce((place, other) => meeting(place, other(place.calls), occasion), together(calls, { mine, named, event }, occasion));
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

function meeting(place: Place, other: Call | undefined, occasion: Occasion): Place {
  if (other === undefined || place.call === undefined || other.key === place.call.key) return place;
  const united = unite(place.calls, [place.call, other], null, occasion);
  return { ...united, effects: [...place.effects, ...united.effects] };
}

interface Claim { readonly mine: Call | undefined; readonly named: Call | undefined; readonly event: LegEvent }

function together(calls: Calls, { mine, named, event }: Claim, occasion: Occasion): Place {
  if (mine !== undefined && named !== undefined && mine !== named) return unite(calls, [mine, named], event.linked, occasion);
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
  return ending(talk(spent(offer(alive, event), event)));
}

/** Legs that are gone and had nothing to do with the talk, as many as a late event may still speak of. */
const SPENT = 16;

/**
 * A phone that rang in vain has had its say (`rang`, `employee-released`). A queue rings hundreds of them in one call: kept, each would make
 * every later event and snapshot of the call dearer.
 */
function spent(telling: Telling, event: LegEvent): Telling {
  if (event.kind !== 'leg-closed') return telling;
  const gone = legsOf(telling.call).filter((leg) => leg.state === 'closed' && !leg.talked && leg.party.kind !== 'external');
  if (gone.length <= 2 * SPENT) return telling;
  const drop = new Set(gone.slice(0, -SPENT).map(({ id }) => id));
  return changed(telling, { legs: Object.fromEntries(Object.entries(telling.call.legs).filter(([, leg]) => !drop.has(leg.id))) });
}

const later = (one: Instant, other: Instant): Instant => (one > other ? one : other);

/** The kit says that a file is complete, but nobody knows the call (a gap): the file's own linkedid names it. Losing it would be worse. */
function orphanRecording(calls: Calls, event: RecordingEnded, occasion: Occasion): Step {
  const call = { ...newCall(event.pbx, event.named, event.at), certain: false };
  const telling = soundTold({ ...occasion, call, facts: [] }, { ...newSound(event.named, event.file), bytes: event.bytes, closed: true });
  return [calls, telling.facts.map((fact) => ({ kind: 'tell', fact }))];
}

/** Writes a judged call back. An ended call stays until its last leg is gone, so that late events of it open nothing. */
function kept(calls: Calls, before: Call, telling: Telling): Step {
  const { call, facts } = telling;
  if (call === before && facts.length === 0) return calls.open.get(call.key) === call ? [calls, []] : [calls, [{ kind: 'keep', call }]];
  const tells: Effect[] = facts.map((fact) => ({ kind: 'tell', fact }));
  const end: Effect[] = call.ended ? (before.ended ? [] : [{ kind: 'forget', call: call.key }]) : [{ kind: 'keep', call }];
  return [changeCalls(calls, call, call.ended && ownOpenLegs(call).length === 0), [...tells, ...end]];
}

function routed(calls: Calls, event: Routed): Step {
  const text = `routed ${event.target ?? '-'} ${event.source} ${event.reason}`;
  const call = callByLinked(calls, event.linked);
  if (call === undefined) return [calls, [{ kind: 'note', call: callKey(event.pbx, event.linked), at: event.at, text }]];
  const next: Call = { ...call, route: { target: event.target, reason: event.reason, source: event.source } };
  return [withCall(calls, next), [{ kind: 'note', call: call.key, at: event.at, text }, ...(call.ended ? [] : [{ kind: 'keep', call: next } as const])]];
}

/** The last instant at which the open calls were surely alive: a call that is found dead later ended no earlier. */
function seenUntil(calls: Calls, event: { readonly at: Instant }): Step {
  const seen = calls.open.values().filter((call) => !call.ended).map((call): Call => ({ ...call, lastSeenAt: event.at }));
  return [seen.reduce(withCall, calls), seen.map((call) => ({ kind: 'keep', call }))];
}
