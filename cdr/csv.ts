/**
 * Master.csv of cdr_csv and cel_custom. Such files grow for years: the beginning of a window is found by bisecting on the time of the rows, so
 * that the last hour of a gigabyte is read in a moment. Where the window begins before the file, logrotate's `Master.csv.1` is read first.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { Window } from '../core/ports.ts';
import { csvRecords } from './csv-records.ts';
import { BooksError, codeOf, messageOf, MissingBook } from './errors.ts';
import type { Layout } from './layouts.ts';
import type { RawRow, Unreadable } from './rows.ts';
import type { Sheet } from './sheet.ts';

/** Below this a stretch is read instead of halved. */
const NEAR = 64 * 1024;
/** Rows are written when something ends, so they are in order but for a clock that was set or an hour that came twice. */
const DISORDER_MS = 2 * 3_600_000;

/** `csvSheet` knows no file yet: the file may be rotated away and come back between two readings. */
export function csvSheet(path: string, layout: Layout): Sheet {
  return {
    name: path,
    rows: async function* rows(span, signal) {
      const files = await filesFor(path, layout, span, signal);
      try {
        for (const file of files) yield* rowsOf(file, layout, span, signal);
      } catch (error) {
        throw signal.aborted || codeOf(error) === '' ? error : fileFailure(path, error);
      } finally {
        for (const file of files) await file.handle.close();
      }
    },
  };
}

interface OpenFile { readonly path: string; readonly handle: FileHandle; readonly size: number; readonly inode: number }

/** The file itself is opened first: if it is rotated just now, the older one is the same file, and no row is missed or told twice. */
async function filesFor(path: string, layout: Layout, span: Window, signal: AbortSignal): Promise<readonly OpenFile[]> {
  const newest = await opened(path);
  try {
    const first = await firstTime(newest, { from: 0, to: newest.size, inside: false }, layout, signal);
    if (first !== null && first.time < span.from) return [newest];
    const older = await opened(`${path}.1`).catch(() => null);
    if (older?.inode !== newest.inode) return older === null ? [newest] : [older, newest];
    await older.handle.close();
    return [newest];
  } catch (error) {
    await newest.handle.close();
    throw signal.aborted || codeOf(error) === '' ? error : fileFailure(path, error);
  }
}

async function opened(path: string): Promise<OpenFile> {
  try {
    const handle = await open(path, 'r');
    const { size, ino } = await handle.stat();
    return { path, handle, size, inode: ino };
  } catch (error) {
    throw fileFailure(path, error);
  }
}

function fileFailure(path: string, cause: unknown): BooksError {
  if (cause instanceof BooksError) return cause;
  switch (codeOf(cause)) {
    case 'ENOENT': return new MissingBook(`there is no file ${path}`,
      'name the Master.csv that this Asterisk writes, and see that cdr_csv or cel_custom is loaded', { cause });
    case 'EACCES': case 'EPERM': return new BooksError('BOOKS_DENIED', `${path} may not be read`,
      'let the user of CallMe read it, for instance as a member of the group asterisk', { cause });
    default: return new BooksError('BOOKS_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}`, 'give the path of a CSV file', { cause });
  }
}

async function* rowsOf(file: OpenFile, layout: Layout, span: Window, signal: AbortSignal): AsyncGenerator<RawRow | Unreadable> {
  const from = await beginning(file, layout, span.from, signal);
  const where = (at: number): string => `${file.path}, byte ${at}`;
  for await (const record of csvRecords(file.handle, { from, to: file.size, inside: false, refuse: layout.refuse }, signal)) {
    if (record.kind === 'bad') yield { where: where(record.at), why: record.why };
    else if ((layout.time(record.fields) ?? 0) > span.to + DISORDER_MS) return;
    else yield { where: where(record.at), get: layout.column(record.fields) };
  }
}

/** The start of a row that is older than that, or of the file. Each question reads one row somewhere in the middle. */
async function beginning(file: OpenFile, layout: Layout, from: number, signal: AbortSignal): Promise<number> {
  let [low, high] = [0, file.size];
  while (high - low > NEAR) {
    const middle = Math.floor((low + high) / 2);
    const found = await firstTime(file, { from: middle, to: high, inside: true }, layout, signal);
    if (found === null || found.time >= from - DISORDER_MS) high = middle;
    else low = found.at;
  }
  return low;
}

async function firstTime(
  file: OpenFile, place: { readonly from: number; readonly to: number; readonly inside: boolean }, layout: Layout, signal: AbortSignal,
): Promise<{ readonly at: number; readonly time: number } | null> {
  for await (const record of csvRecords(file.handle, { ...place, refuse: layout.refuse }, signal)) {
    const time = record.kind === 'record' ? layout.time(record.fields) : null;
    if (time !== null) return { at: record.at, time };
  }
  return null;
}
