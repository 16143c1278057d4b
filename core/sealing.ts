/**
 * CEL says once per linkedid that nothing is left of it (LINKEDID_END). A merge seals the emptied linkedid in mid talk, and the seal may come before
 * the last Hangups (asterisk-facts 9), so a seal ends nothing at once: the legs do, a moment later, with their causes. A call whose linkedids
 * are all sealed and whose legs still stand has lost its Hangups on the way: it is over all the same, certainly, since the seal.
 */
import { type Call, callByLinked, type Calls, changeCalls, ownOpenLegs, withCall } from './calls.ts';
import type { Effect } from './effects.ts';
import type { LinkAlive, LinkedSealed } from './events.ts';
import type { Because } from './facts.ts';
import type { LegEvent } from './legs.ts';

/** Milliseconds that the Hangups may come behind the seal; measured: 0 to 4 (asterisk-facts 4). */
const GRACE_MS = 1_000;

export function sealed(calls: Calls, event: LinkedSealed): readonly [Calls, readonly Effect[]] {
  const call = callByLinked(calls, event.linked);
  if (call === undefined || call.sealed.includes(event.linked)) return [calls, []];
  const seals = [...call.sealed, event.linked];
  const whole = call.linkeds.every((linked) => seals.includes(linked));
  // Told already; legs that were never seen to close would keep it in memory for ever.
  if (call.ended) return [whole ? changeCalls(calls, call, true) : withCall(calls, { ...call, sealed: seals }), []];
  const next: Call = { ...call, sealed: seals, sealedAt: whole ? event.at : null };
  return [withCall(calls, next), [{ kind: 'keep', call: next }]];
}

type StepLeg = (calls: Calls, event: LegEvent, because: Because) => readonly [Calls, readonly Effect[]];

/** Ends the calls that are sealed for longer than their Hangups need. */
export function buryOverdue(calls: Calls, effects: readonly Effect[], { at }: LinkAlive, stepLeg: StepLeg): readonly [Calls, readonly Effect[]] {
  const overdue = calls.open.values().filter((call) => !call.ended && call.sealedAt !== null && at - call.sealedAt >= GRACE_MS);
  const done = [...effects];
  let now = calls;
  for (const event of overdue.flatMap(closings)) {
    const [after, more] = stepLeg(now, event, { event: 'linked-sealed', leg: null, word: event.linked });
    now = after;
    done.push(...more);
  }
  return [now, done];
}

const closings = (call: Call): readonly LegEvent[] => ownOpenLegs(call).map((leg): LegEvent => ({
  kind: 'leg-closed', pbx: call.pbx, at: call.sealedAt ?? call.lastSeenAt, leg: leg.id, linked: call.linkedid, cause: 0,
}));
