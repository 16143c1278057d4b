/**
 * The law's long moments: what comes now and then, but touches every open call (a heartbeat, the list of channels after a reconnect), and a client who waits
 * in a queue for half an hour. While the law works, FastAGI callers wait. Each is compared with itself at a tenth of the size: linear is 1.
 */
import { RawParser } from '../ami/wire.ts';
import { type Calls, legsOf } from '../core/calls.ts';
import type { Event, LiveLeg } from '../core/events.ts';
import { step } from '../core/step.ts';
import { instant } from '../core/words.ts';
import { PBX } from '../test/captures/story.ts';
import { median, printFigure } from './figure.ts';
import { microsecondsEach } from './law/clock.ts';
import { joining, released, ringing, waiting } from './law/queue.ts';
import { Law } from './law/sides.ts';
import { copyOf, storyOf, type Story, talkingOf } from './law/stories.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const OPEN = 5_000;
/** Ten times as much costs ten times as much, and up to three times that for the caches of a shared machine; a quadratic law is near 0.1. */
const LEAST_EVENNESS = 0.3;
/** Agents' telephones ring for 15 s and rest for 5 s: half an hour. */
const QUEUE_ROUNDS = 100;
const AT = instant(Date.UTC(2026, 10, 20, 10));

const milliseconds = (work: () => void): number => microsecondsEach(work) / 1_000;

const eventsOf = (story: Story, copy: number, law: Law): readonly Event[] =>
  new RawParser().push(story.map((mould) => copyOf(mould, copy)).join('')).flatMap((item) => law.translated(item));

function talking(count: number): Calls {
  const law = new Law();
  const story = talkingOf(storyOf('a_inbound_answered'));
  for (let copy = 0; copy < count; copy += 1) law.events(eventsOf(story, copy, law));
  return law.calls;
}

const living = (calls: Calls): readonly LiveLeg[] => calls.open.values().flatMap((call) => legsOf(call).map((leg): LiveLeg => ({
  leg: leg.id, linked: call.linkedid, name: leg.name, party: leg.party, bridge: leg.bridge ?? '', bridgeKind: 'basic', up: true, dialled: '', context: '',
  incoming: leg.incoming, line: '', seconds: 10,
})));

interface Moment { readonly name: string; readonly big: () => number; readonly small: () => number; /** How much bigger the big one is. */ readonly times: number }

function momentOf(name: string, eventFor: (calls: Calls) => Event): Moment {
  const sizes = [talking(OPEN), talking(OPEN / 10)].map((calls) => ({ calls, event: eventFor(calls) }));
  const [big, small] = sizes.map(({ calls, event }) => (): number => milliseconds(() => { step(calls, event); }));
  if (big === undefined || small === undefined) throw new Error('two sizes');
  return { name, big, small, times: 10 };
}

/** Milliseconds of one round of the queue behind so many others; the law's state is a value, so the same round can be heard again. */
function queueRound(before: number): () => number {
  const law = new Law();
  law.events(eventsOf([...joining, ...waiting(before)], 0, law));
  const events = eventsOf([...ringing(before), ...released(before)], 0, law);
  return () => milliseconds(() => { events.reduce((calls, event) => step(calls, event)[0], law.calls); });
}

const MOMENTS: readonly Moment[] = [
  momentOf(`law_heartbeat_ms_${OPEN}_open`, () => ({ kind: 'link-alive', pbx: PBX, at: AT })),
  momentOf(`law_resync_ms_${OPEN}_open`, (calls) => ({ kind: 'resynced', pbx: PBX, at: AT, alive: living(calls) })),
  momentOf(`law_resync_ms_${OPEN}_lost`, () => ({ kind: 'resynced', pbx: PBX, at: AT, alive: [] })),
  { name: `law_queue_round_ms_behind_${QUEUE_ROUNDS}`, big: queueRound(QUEUE_ROUNDS), small: queueRound(QUEUE_ROUNDS / 10), times: 1 },
];

for (const { name, big, small, times } of MOMENTS) {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => ({ big: big(), small: small() })).slice(1);
  printFigure({
    name, unit: 'ms', target: LEAST_EVENNESS, value: median(rounds.map((round) => round.big)), yardstick: median(rounds.map((round) => round.small)),
    ratio: median(rounds.map((round) => (round.small * times) / round.big)),
  });
}
