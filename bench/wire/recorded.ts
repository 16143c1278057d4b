/** The filter's work computed on a recorded stream: its expressions over each event's text, as Asterisk applies them [main/manager.c]. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { heardOf } from '../law/stories.ts';
import { type Heard, STORIES, STORY_NAMES, type Traffic, type Version } from './traffic.ts';

const CAPTURES = join(import.meta.dirname, '../../test/captures');
const FOLDERS: Readonly<Record<Version, string>> = { 22: '22.10.1', 16: '16.28.0' };

const sizeOf = (events: readonly string[]): Heard => ({ events: events.length, bytes: Buffer.byteLength(events.join('')) });

export function recorded(version: Version): readonly Traffic[] {
  return STORY_NAMES.map((story): Traffic => {
    const dump = readFileSync(join(CAPTURES, FOLDERS[version], `${STORIES[story]}.txt`), 'utf8');
    const events = dump.split(/(?<=\r\n\r\n)/).filter((item) => item.startsWith('Event: ') && !item.startsWith('Event: FullyBooted'));
    return { story, from: 'recorded', whole: sizeOf(events), filtered: sizeOf(heardOf(dump)) };
  });
}
