/**
 * What an event costs the law of calls, on one core, with 1 to 5,000 calls open at the same time: real stories with ids of their own, interleaved, each
 * from its first event to its last. The yardstick hears the same events and only counts channels in a Map. Prints one JSON line per figure.
 */
import { median, printFigure } from './figure.ts';
import { examine } from './law/honesty.ts';
import { type Door, raceOf, type Round } from './law/race.ts';
import { storyOf } from './law/stories.ts';

const STORIES = ['a_inbound_answered', 'b1_inbound_blind_refer', 'c1_inbound_att_refer', 'd0_outbound_answered', 'e1_ringgroup', 'e2_queue', 'e3_unanswered'].map(storyOf);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 20_000);
/** The aim is 50,000 events/s with 1,000 calls open. */
const MOST_MICROSECONDS = 20;
/**
 * Cost with one open call by cost with 1,000. Nothing is walked, but 1,000 calls do not fit into the processor's nearest cache, for a bare Map neither;
 * a law that looked at each open call would be near 0.001.
 */
const LEAST_EVENNESS = 0.5;

interface Entry { readonly name: string; readonly door: Door; readonly open: number }
const ENTRIES: readonly Entry[] = [
  ...[1, 100, 1_000, 5_000].map((open): Entry => ({ name: `law_events_per_s_${open}_open`, door: 'events', open })),
  { name: 'law_from_headers_events_per_s_1000_open', door: 'headers', open: 1_000 },
  { name: 'law_from_bytes_events_per_s_1000_open', door: 'bytes', open: 1_000 },
];

examine(STORIES);
const races = ENTRIES.map((entry) => ({ ...entry, rounds: [] as Round[], race: raceOf(entry.door, STORIES, { open: entry.open, events: EVENTS }) }));
// Round 0 warms up.
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const { race, rounds } of round % 2 === 0 ? races : races.toReversed()) {
    const took = race.round(round % 2 === 0);
    if (round > 0) rounds.push(took);
  }
}

const perSecond = (microseconds: number): number => 1e6 / microseconds;
for (const { name, race, rounds } of races) {
  process.stderr.write(`${name}: ${race.open()} calls open\n`);
  printFigure({
    name, unit: 'events/s', value: perSecond(median(rounds.map(({ law }) => law))), yardstick: perSecond(median(rounds.map(({ counter }) => counter))),
    ratio: median(rounds.map(({ law, counter }) => counter / law)),
  });
}

const roundsOf = (open: number): readonly Round[] => races.find((one) => one.door === 'events' && one.open === open)?.rounds ?? [];
const [alone, crowded] = [roundsOf(1), roundsOf(1_000)];
printFigure({
  name: 'law_us_per_event_1000_open', unit: 'us', target: MOST_MICROSECONDS, value: median(crowded.map(({ law }) => law)), yardstick: median(crowded.map(({ counter }) => counter)),
});
printFigure({
  name: 'law_cost_1_open_to_1000', unit: 'us', target: LEAST_EVENNESS, value: median(crowded.map(({ law }) => law)), yardstick: median(alone.map(({ law }) => law)),
  ratio: median(crowded.map(({ law }, round) => (alone[round]?.law ?? Number.NaN) / law)),
});
