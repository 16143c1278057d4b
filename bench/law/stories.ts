/** Real calls as moulds: the events of a recorded story as they are on the wire with CallMe's filters, cut at every id, so that any number of copies with ids of their own can be cast. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILTERS } from '../../ami/filters.ts';

/** One event's text without its ids' tails: `copyOf` puts a tail behind each id. */
export type Mould = readonly string[];
export type Story = readonly Mould[];

export const CAPTURES = join(import.meta.dirname, '../../test/captures/22.10.1');
/** Uniqueids and linkedids of the captures, ids of bridges. */
const ID = /\b179516\d{4}\.\d+\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/;
const TAIL_DIGITS = 7;

export function storyOf(capture: string): Story {
  return heardOf(readFileSync(join(CAPTURES, `${capture}.txt`), 'utf8')).map(mouldOf);
}

/** The events of a dump that Asterisk sends through CallMe's filters, each with its empty line. */
export function heardOf(dump: string): readonly string[] {
  const wanted = FILTERS.map((filter) => new RegExp(filter));
  return dump.split(/(?<=\r\n\r\n)/).filter((item) => item.startsWith('Event: ') && !item.startsWith('Event: FullyBooted') && wanted.some((filter) => filter.test(item)));
}

/** Up to and with its last BridgeEnter: the people talk. */
export const talkingOf = (story: Story): Story => story.slice(0, story.findLastIndex(([head = '']) => head.startsWith('Event: BridgeEnter')) + 1);

export const mouldOf = (event: string): Mould => event.split(new RegExp(`(?<=${ID.source})`));

/** `copy` 0 to 9,999,999. Every tail is equally long, so that two ids of one story never become the same. */
export const copyOf = (mould: Mould, copy: number): string => mould.join(String(copy).padStart(TAIL_DIGITS, '0'));
