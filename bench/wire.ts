/**
 * What a call is on the wire: events and bytes between the first channel and the last, with and without CallMe's filter on the server. Played on the lab's
 * Asterisk 22 and 16, with two more AMI connections of equal rights; where no Asterisk can be raised, counted in the recorded streams instead. The
 * yardstick of each figure is the same call unfiltered; a table for people goes to stderr.
 */
import { preconditions } from '../lab/preconditions.ts';
import { printFigure } from './figure.ts';
import { played } from './wire/played.ts';
import { recorded } from './wire/recorded.ts';
import { type Traffic, VERSIONS } from './wire/traffic.ts';

/** At most this share of the bytes: VarSet, Newexten, RTCP are two thirds of them. */
const LEAST_SAVED = 2;

async function measured(version: '22' | '16'): Promise<readonly Traffic[]> {
  const possible = await preconditions(version);
  if (possible.ok) return played(version);
  process.stderr.write(`Asterisk ${version} is not raised here: ${possible.reason}; counted in the recorded streams instead\n`);
  return recorded(version);
}

const cell = (text: string | number, width: number): string => String(text).padStart(width);
const row = (...cells: readonly (string | number)[]): string => `${String(cells[0]).padEnd(34)}${cells.slice(1).map((text) => cell(text, 12)).join('')}\n`;

for (const version of VERSIONS) {
  const stories = await measured(version);
  process.stderr.write(row(`Asterisk ${version}, ${stories[0]?.from ?? ''}`, 'events', 'filtered', 'bytes', 'filtered', 'saved'));
  for (const { story, whole, filtered } of stories) {
    process.stderr.write(row(story, whole.events, filtered.events, whole.bytes, filtered.bytes, `${Math.round(100 * (1 - filtered.bytes / whole.bytes))} %`));
    for (const unit of ['events', 'bytes'] as const) {
      printFigure({
        name: `wire_${unit}_per_call_${story}_${version}`, unit, value: filtered[unit], yardstick: whole[unit], ratio: whole[unit] / filtered[unit],
        ...(unit === 'bytes' ? { target: LEAST_SAVED } : {}),
      });
    }
  }
}
