/** One load at one door (events, headers or bytes), run by the law and by the counter in turn on a PBX with so many open calls. */
import { type Headers, RawParser } from '../../ami/wire.ts';
import type { Event } from '../../core/events.ts';
import { microseconds, microsecondsEach } from './clock.ts';
import { Counter, Law, type Side } from './sides.ts';
import type { Story } from './stories.ts';
import { Traffic } from './traffic.ts';

export type Door = 'events' | 'headers' | 'bytes';
/** Microseconds an event. */
export interface Round { readonly law: number; readonly counter: number }
/** `open`: calls that are open behind the round. */
export interface Race { readonly open: () => number; round(lawFirst: boolean): Round }

/** What a socket gives at once when the reader is busy. */
const PACKET = 65_536;

const parsed = (texts: readonly string[]): readonly Headers[] => new RawParser().push(texts.join(''));

/** Items of one door in one order, ready in memory; `run` pushes them through that door. */
interface Load { readonly events: number; run(side: Side): void }

function loadOf(door: Door, texts: readonly string[]): Load {
  if (door === 'bytes') return bytesOf(texts);
  const items = parsed(texts);
  if (door === 'headers') return { events: items.length, run: (side) => { side.headers(items); } };
  const translator = new Law();
  const events: readonly Event[] = items.flatMap((item) => translator.translated(item));
  return { events: events.length, run: (side) => { side.events(events); } };
}

function bytesOf(texts: readonly string[]): Load {
  const bytes = Buffer.from(texts.join(''));
  const packets = Array.from({ length: Math.ceil(bytes.length / PACKET) }, (_, index) => bytes.subarray(index * PACKET, (index + 1) * PACKET));
  return { events: texts.length, run: (side) => { side.bytes(packets); } };
}

/** Ready for any number of rounds, each of `size.events` events behind those that bring the calls to their places. */
export function raceOf(door: Door, stories: readonly Story[], size: { readonly open: number; readonly events: number }): Race {
  const traffic = new Traffic(stories, size.open);
  const before = loadOf(door, traffic.begin());
  const load = loadOf(door, traffic.take(size.events));
  let last = new Law();
  const law = (): number => {
    before.run(last = new Law());
    return microseconds(() => { load.run(last); }) / load.events;
  };
  // The same events again and again: a Map does not mind, and once is over sooner than it can be measured.
  const counter = (): number => {
    const side = new Counter();
    before.run(side);
    return microsecondsEach(() => { load.run(side); }) / load.events;
  };
  const round = (lawFirst: boolean): Round => {
    const [one, other] = lawFirst ? [law(), counter()] : [counter(), law()];
    return lawFirst ? { law: one, counter: other } : { counter: one, law: other };
  };
  return { open: () => last.open, round };
}
