/** Bytes of heap per open call, after a full collection. The yardstick is the same call's snapshot as JSON: what there is to know of it. */
import { median, printFigure } from './figure.ts';
import { type Packing, weigh } from './law/memory.ts';
import { joining, ringing } from './law/queue.ts';
import { storyOf, type Story, talkingOf } from './law/stories.ts';

/** The aim of a call of two legs. */
const MOST_BYTES = 8_000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);

interface Entry { readonly name: string; readonly story: Story; readonly calls: number; readonly packing: Packing; readonly target?: number }
const talking = talkingOf(storyOf('a_inbound_answered'));
const ENTRIES: readonly Entry[] = [
  { name: 'law_bytes_per_open_call_1000', story: talking, calls: 1_000, packing: 'event', target: MOST_BYTES },
  { name: 'law_bytes_per_open_call_1000_busy_line', story: talking, calls: 1_000, packing: 'busy', target: MOST_BYTES },
  { name: 'law_bytes_per_open_call_10000_busy_line', story: talking, calls: 10_000, packing: 'busy', target: MOST_BYTES },
  { name: 'law_bytes_per_call_in_queue_10_ringing', story: [...joining, ...ringing(0)], calls: 1_000, packing: 'busy' },
];

for (const { name, story, calls, packing, target } of ENTRIES) {
  const rounds = Array.from({ length: ROUNDS }, () => weigh(story, calls, packing));
  printFigure({
    name, unit: 'bytes', value: median(rounds.map(({ bytesPerCall }) => bytesPerCall)), yardstick: median(rounds.map(({ jsonPerCall }) => jsonPerCall)),
    ...(target === undefined ? {} : { target }),
  });
}
