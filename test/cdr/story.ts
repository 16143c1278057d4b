/** Books for tests: a folder with Master.csv files, read through the real reader, and the endings of the calls that they tell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { openBooks } from '../../cdr/open.ts';
import type { CallEnded } from '../../core/facts.ts';
import type { Past } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { factsOf, PBX, PROFILE } from '../captures/story.ts';
import { CDR_COLUMNS, CEL_COLUMNS, csvLine, type Fields } from '../fakes/books-of-ami.ts';

export const OWNER = { pbx: PBX, profile: PROFILE };
/** All captures are of this day. */
export const DAY = { from: instant(Date.UTC(2026, 10, 20)), to: instant(Date.UTC(2026, 10, 21)) };
export const never = new AbortController().signal;

export function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'callme-books-'));
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

export const celText = (rows: readonly Fields[]): string => rows.map((row) => csvLine(CEL_COLUMNS, row)).join('');
export const cdrText = (rows: readonly Fields[]): string => rows.map((row) => csvLine(CDR_COLUMNS, row)).join('');

export async function pastOf(t: Test, books: { readonly cel?: string; readonly cdr?: string }, window = DAY, timezone = 'UTC'): Promise<Past> {
  const folder = folderFor(t);
  for (const [kind, text] of Object.entries(books)) writeFileSync(join(folder, `${kind}.csv`), text);
  const paths = Object.fromEntries(Object.keys(books).map((kind) => [kind, join(folder, `${kind}.csv`)]));
  return openBooks({ source: 'csv', ...paths, timezone }, OWNER).read(window, never);
}

export const endings = (past: Pick<Past, 'events'>): readonly CallEnded[] => factsOf(past.events).filter((fact) => fact.kind === 'call-ended');
