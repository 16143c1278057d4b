/**
 * Who hears whom. Legs in one bridge hear each other; a Local channel's two halves carry the sound from one bridge into another
 * (FreePBX ring groups, follow-me and click-to-call are built of them), so bridges that a Local channel joins are one audience.
 */
import { type Call, type Leg, openLegs } from './calls.ts';
import type { Extension } from './words.ts';

export const extensionOf = (leg: Leg): Extension | undefined => (leg.party.kind === 'employee' ? leg.party.extension : undefined);

/** The side whose talk counts: the outside party; in an internal call the one who called. */
export function clientLegs(call: Call): readonly Leg[] {
  const outside = openLegs(call).filter((leg) => leg.party.kind === 'external');
  if (outside.length > 0 || call.direction !== 'internal') return outside;
  return openLegs(call).filter((leg) => leg.incoming && leg.party.kind !== 'helper').slice(0, 1);
}

/** The legs of people (no Local halves) that are joined with a client leg, without that leg itself; in the order they opened. */
export function joinedWithClient(call: Call): readonly Leg[] {
  const [client] = clientLegs(call).filter((leg) => leg.bridge !== null);
  return client === undefined ? [] : joinedWith(call, client);
}

/** The legs of people that hear this one: in its bridge, or in one that a Local channel joins with it. */
export function joinedWith(call: Call, { id, bridge }: Leg): readonly Leg[] {
  if (bridge === null) return [];
  const bridges = connected(call, bridge);
  return openLegs(call).filter((leg) => leg.id !== id && leg.party.kind !== 'helper' && leg.bridge !== null && bridges.has(leg.bridge));
}

function connected(call: Call, from: string): ReadonlySet<string> {
  const reached = new Set([from]);
  for (const bridge of reached) for (const next of neighbours(call, bridge)) reached.add(next);
  return reached;
}

function neighbours(call: Call, bridge: string): readonly string[] {
  const legs = openLegs(call);
  const halves = legs.filter((leg) => leg.bridge === bridge && leg.party.kind === 'helper').map((leg) => otherHalf(leg.name));
  return legs.flatMap((leg) => (leg.bridge !== null && halves.includes(leg.name) ? [leg.bridge] : []));
}

/** `Local/219@from-internal-00000003;1` and `…;2` are one Local channel [channels/chan_local, core_unreal]. */
const otherHalf = (name: string): string => (name.endsWith(';1') ? `${name.slice(0, -1)}2` : `${name.slice(0, -1)}1`);
