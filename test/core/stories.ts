/** Every capture as a story: what the laws are tested over. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../core/events.ts';
import { eventsIn } from '../captures/story.ts';

const FOLDER = join(import.meta.dirname, '../captures');
export const FOLDERS = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted();

export interface CapturedStory { readonly name: string; readonly file: string; readonly events: readonly Event[] }

export const stories: readonly CapturedStory[] = FOLDERS.flatMap((version) =>
  readdirSync(join(FOLDER, version)).filter((name) => /\.(txt|ndjson)$/.test(name)).toSorted()
    .map((name) => ({ name: `${version}/${name}`, file: join(FOLDER, version, name), events: eventsIn(join(FOLDER, version, name)) })));
