/** How much heap a PBX full of open calls takes, from the bytes of the socket on: a string that was cut out of a packet may keep the whole packet alive. */
import { collect } from './collect.ts';
import { Law } from './sides.ts';
import { copyOf, type Story } from './stories.ts';

/** How the events come: each by itself, as on a quiet line, or many in one packet, as when the reader was busy. */
export type Packing = 'event' | 'busy';
/** Calls that come up side by side: a busy packet holds pieces of each of them, some 60 kB. */
const ABREAST = 10;
const WARM = 200;

export interface Weight { readonly bytesPerCall: number; /** What a call's snapshot is as JSON. */ readonly jsonPerCall: number }

export function weigh(story: Story, calls: number, packing: Packing): Weight {
  fill(story, WARM, packing);
  const before = heap();
  const law = fill(story, calls, packing);
  const after = heap();
  if (law.open !== calls) throw new Error(`${law.open} calls are open, not ${calls}`);
  const json = law.calls.open.values().reduce((sum, call) => sum + Buffer.byteLength(JSON.stringify(call)), 0);
  return { bytesPerCall: (after - before) / calls, jsonPerCall: json / calls };
}

function fill(story: Story, calls: number, packing: Packing): Law {
  const law = new Law();
  for (let first = 0; first < calls; first += ABREAST) {
    const events = story.flatMap((mould) => Array.from({ length: Math.min(ABREAST, calls - first) }, (_, index) => copyOf(mould, first + index)));
    law.bytes(packing === 'event' ? events.map((event) => Buffer.from(event)) : [Buffer.from(events.join(''))]);
  }
  return law;
}

/** Twice: what the first collection finalises only the second one frees. */
function heap(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
