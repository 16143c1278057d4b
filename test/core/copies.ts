/** A story under other names: its legs, linkedids and bridges get a suffix, so that many copies of it can be told at once. */
import type { Event, LiveLeg } from '../../core/events.ts';
import type { LegId, Linkedid } from '../../core/words.ts';

export function copyOf(events: readonly Event[], suffix: string): readonly Event[] {
  return events.map((event) => renamed(event, suffix));
}

/** Values under these keys are names of legs, linkedids, bridges and files. */
const NAMES: ReadonlySet<string> = new Set(['leg', 'linked', 'named', 'bridge', 'by', 'target', 'transferee', 'file', 'name']);

function renamed(event: Event, suffix: string): Event {
  const entries = Object.entries(event).map(([key, value]: [string, unknown]): [string, unknown] => [key, renamedValue(key, value, suffix)]);
  return Object.fromEntries(entries) as unknown as Event;
}

function renamedValue(key: string, value: unknown, suffix: string): unknown {
  if (key === 'linkeds') return (value as readonly Linkedid[]).map((linked) => linked + suffix);
  if (key === 'alive') return (value as readonly LiveLeg[]).map((leg) => ({ ...leg, leg: (leg.leg + suffix) as LegId, linked: (leg.linked + suffix) as Linkedid, bridge: leg.bridge === '' ? '' : leg.bridge + suffix, name: channel(leg.name, suffix) }));
  if (!NAMES.has(key) || typeof value !== 'string' || value === '') return value;
  if (key === 'file') return value.replace(/\.wav$/, `${suffix}.wav`);
  return key === 'name' ? channel(value, suffix) : value + suffix;
}

/** A Local channel's halves are found by the end of their names. */
const channel = (name: string, suffix: string): string => name.replace(/(;[12])?$/, `${suffix}$1`);
