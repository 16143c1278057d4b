/**
 * After a (re)connect the PBX says who lives. Every open call of ours is compared with that list: legs that are not in it died in the gap,
 * legs that we never saw were born in it. What is concluded here and not seen carries `certain: false`.
 */
import { type Call, callByLeg, type Calls, type Leg, legsOf, ownOpenLegs, withCall } from './calls.ts';
import type { Effect } from './effects.ts';
import type { LiveLeg, Resynced } from './events.ts';
import type { Because } from './facts.ts';
import type { LegEvent } from './legs.ts';
import { instant, type LegId, type Linkedid } from './words.ts';

type StepLeg = (calls: Calls, event: LegEvent, because: Because) => readonly [Calls, readonly Effect[]];

export function resync(calls: Calls, event: Resynced, stepLeg: StepLeg): readonly [Calls, readonly Effect[]] {
  const alive = new Set(event.alive.map((leg) => leg.leg));
  const byLinked = Map.groupBy(event.alive, (leg) => leg.linked);
  const doubted = calls.open.values().filter((call) => doubtful(call, byLinked)).map((call): Call => ({ ...call, certain: false }));
  const start = doubted.reduce(withCall, calls);
  const events = [...peopleFirst(event.alive).flatMap((leg) => living(leg, event, callByLeg(start, leg.leg)?.legs[leg.leg])), ...start.open.values().flatMap((call) => deaths(call, alive))];
  // Collected in one list: copying it with every event would make a resync dearer than linear.
  const effects: Effect[] = doubted.map((call) => ({ kind: 'keep', call }));
  let now = start;
  for (const each of events) {
    const [after, more] = stepLeg(now, each, { event: 'resynced', leg: each.leg, word: each.kind });
    now = after;
    effects.push(...more);
  }
  return [now, effects];
}

/** A call whose legs all still live, and no others, missed nothing that changes its facts. */
function doubtful(call: Call, byLinked: ReadonlyMap<Linkedid, readonly LiveLeg[]>): boolean {
  const living = new Set(call.linkeds.flatMap((linked) => byLinked.get(linked) ?? []).map((leg) => leg.leg));
  const open = ownOpenLegs(call);
  return !call.ended && (open.length !== living.size || open.some((leg) => !living.has(leg.id)));
}

/** Employees before trunks: an outbound call belongs to the one who dialled it. */
const peopleFirst = (alive: readonly LiveLeg[]): readonly LiveLeg[] => alive.toSorted((one, other) => outside(one) - outside(other));
const outside = (leg: LiveLeg): number => (leg.party.kind === 'external' ? 1 : 0);

/** A living leg as the events that would have made it so; for a leg that is known already they change nothing. */
function living(leg: LiveLeg, { pbx, at }: Resynced, known: Leg | undefined): readonly LegEvent[] {
  const on = { pbx, at, leg: leg.leg, linked: leg.linked };
  const opened: LegEvent = { ...on, kind: 'leg-opened', at: instant(at - leg.seconds * 1000), concluded: true, name: leg.name, party: leg.party, dialled: leg.dialled, context: leg.context, incoming: leg.incoming, line: leg.line };
  // The number that was dialled outside is no longer told; the caller id of the leg is the next best (asterisk-facts 5).
  const dialled: readonly LegEvent[] = leg.party.kind === 'external' && !leg.incoming ? [{ ...on, kind: 'dial-began', by: null, number: leg.party.number, employee: null }] : [];
  const up: readonly LegEvent[] = leg.up ? [{ ...on, kind: 'leg-up' }] : [];
  const left: readonly LegEvent[] = known?.bridge === undefined || known.bridge === null || known.bridge === leg.bridge ? []
    : [{ ...on, kind: 'bridge-left', bridge: known.bridge, bridgeKind: 'basic' }];
  const bridged: readonly LegEvent[] = leg.bridge === '' ? [] : [{ ...on, kind: 'bridge-entered', bridge: leg.bridge, bridgeKind: leg.bridgeKind }];
  return [opened, ...dialled, ...up, ...left, ...bridged];
}

function deaths(call: Call, alive: ReadonlySet<LegId>): readonly LegEvent[] {
  return legsOf(call)
    .filter((leg) => leg.state !== 'closed' && !leg.guest && !alive.has(leg.id))
    .map((leg): LegEvent => ({ kind: 'leg-closed', pbx: call.pbx, at: call.lastSeenAt, leg: leg.id, linked: call.linkedid, cause: 0 }));
}
