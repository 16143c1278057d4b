/** Real streams, multiplied: each copy has ids of its own, and some are under way at once, as on a busy PBX. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILTERS } from '../../ami/filters.ts';

const CAPTURES = join(import.meta.dirname, '../../test/captures/22.10.1');
const STORIES = ['a_inbound_answered', 'b1_inbound_blind_refer', 'c1_inbound_att_refer', 'd0_outbound_answered', 'e1_ringgroup', 'e3_unanswered'];

/** How many calls of each story run at the same time. */
const AT_ONCE = 10;

export interface Load { readonly text: string; readonly events: number; readonly calls: number }

/** What is on the wire with CallMe's own filters, `copies` times each story. */
export function load(copies: number): Load {
  const stories = STORIES.map(eventsOf);
  const pieces: string[] = [];
  for (let copy = 0; copy < copies; copy += AT_ONCE) {
    const running = stories.flatMap((events) => Array.from({ length: Math.min(AT_ONCE, copies - copy) }, (_, index) => events.map((event) => renamed(event, copy + index))));
    const longest = Math.max(...running.map((events) => events.length));
    for (let at = 0; at < longest; at += 1) for (const events of running) { const event = events[at]; if (event !== undefined) pieces.push(event); }
  }
  // A consultation (c1) is a call that merges: it ends inside the other one.
  return { text: pieces.join(''), events: pieces.length, calls: copies * STORIES.length };
}

function eventsOf(name: string): readonly string[] {
  const items = readFileSync(join(CAPTURES, `${name}.txt`), 'utf8').split(/(?<=\r\n\r\n)/);
  return items.filter((item) => item.startsWith('Event: ') && !item.startsWith('Event: FullyBooted') && FILTERS.some((filter) => new RegExp(filter).test(item)));
}

function renamed(event: string, copy: number): string {
  return event.replaceAll(/\b(179516\d{4}\.\d+)\b/g, `$1${String(copy).padStart(5, '0')}`).replaceAll(/\b([0-9a-f]{8})-([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g, `$1-$2-${copy}`);
}
