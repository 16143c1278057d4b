/**
 * Records of a CSV file as Asterisk writes it (RFC 4180: fields in quotes, a quote doubled, no header line), from any offset of a file of any
 * size. Longer than others: it is one small grammar. Bytes are cut, not text: UTF-8 never has a quote, a comma or a line end inside a character, and a broken one costs one letter.
 */
import type { FileHandle } from 'node:fs/promises';

export interface CsvRecord { readonly kind: 'record'; readonly at: number; readonly fields: readonly string[] }
export interface BadRecord { readonly kind: 'bad'; readonly at: number; readonly why: string }

/** What one record may take: a longer one is a lost quote or no book at all. Asterisk's own are below 4 KiB. */
export const MAX_RECORD = 64 * 1024;
const CHUNK = 256 * 1024;
const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** `from` is any byte: the first record is the one behind the next line end. */
  readonly inside: boolean;
  /** Null, or why these fields are no row: the reading then goes on at the next line, so that a lost quote costs one row. */
  readonly refuse: (fields: readonly string[]) => string | null;
}

/** A last record without its line end is one that is still being written: it is left for the next reading. */
export async function* csvRecords(file: FileHandle, stretch: Stretch, signal: AbortSignal): AsyncGenerator<CsvRecord | BadRecord> {
  let held: Buffer = Buffer.alloc(0);
  let start = stretch.from;
  let skipping = stretch.inside;
  for (let at = stretch.from; at < stretch.to;) {
    signal.throwIfAborted();
    const chunk = await chunkAt(file, at, Math.min(CHUNK, stretch.to - at));
    if (chunk.length === 0) return;
    at += chunk.length;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const step = skipping ? skipped(held) : next(held, stretch.refuse, at >= stretch.to);
      skipping = step.skip;
      if (step.told !== null) yield { ...step.told, at: start };
      held = held.subarray(step.used);
      start += step.used;
      if (step.used === 0 || held.length === 0) break;
    }
  }
}

async function chunkAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

type Told = Omit<CsvRecord, 'at'> | Omit<BadRecord, 'at'>;
interface Step { readonly used: number; readonly told: Told | null; readonly skip: boolean }

/** To behind the next line end. */
function skipped(held: Buffer): Step {
  const end = held.indexOf(LF);
  return end < 0 ? { used: held.length, told: null, skip: true } : { used: end + 1, told: null, skip: false };
}

function next(held: Buffer, refuse: Stretch['refuse'], atEnd: boolean): Step {
  const nothing = emptiness(held);
  if (nothing > 0) return { used: nothing, told: null, skip: false };
  const cut = cutRecord(held);
  if (cut === 'more') return unfinished(held, atEnd);
  if ('why' in cut) return refused(held, cut.why);
  const why = refuse(cut.fields);
  return why === null ? { used: cut.end, told: { kind: 'record', fields: cut.fields }, skip: false } : refused(held, why);
}

/** Empty lines, and the zeros that a file system leaves in a file that was being written when the power went. */
function emptiness(held: Buffer): number {
  let at = 0;
  while (at < held.length && (held[at] === 0 || held[at] === LF || held[at] === CR)) at += 1;
  return at;
}

function unfinished(held: Buffer, atEnd: boolean): Step {
  if (held.length > MAX_RECORD) return refused(held, `a row longer than ${MAX_RECORD} bytes`);
  // An open quote has swallowed whole lines up to the end: its own line is bad, those behind it may be good.
  return atEnd && held.includes(LF) ? refused(held, 'a quote that is never closed') : { used: 0, told: null, skip: false };
}

function refused(held: Buffer, why: string): Step {
  const { used, skip } = skipped(held);
  return { used, skip, told: { kind: 'bad', why } };
}

type Cut = { readonly fields: readonly string[]; readonly end: number } | { readonly why: string } | 'more';

function cutRecord(held: Buffer): Cut {
  const fields: string[] = [];
  for (let at = 0; ;) {
    const field = held[at] === QUOTE ? quoted(held, at) : plain(held, at);
    if (field === null) return 'more';
    fields.push(field.text);
    const stop = held[field.end] === CR ? field.end + 1 : field.end;
    if (stop >= held.length) return 'more';
    if (held[stop] === LF) return { fields, end: stop + 1 };
    if (held[stop] !== COMMA || stop !== field.end) return { why: 'a quote inside a field is not doubled' };
    at = stop + 1;
  }
}

interface Field { readonly text: string; readonly end: number }

function quoted(held: Buffer, start: number): Field | null {
  for (let at = start + 1; ;) {
    const quote = held.indexOf(QUOTE, at);
    if (quote < 0 || quote + 1 >= held.length) return null;
    if (held[quote + 1] !== QUOTE) return { text: held.toString('utf8', start + 1, quote).replaceAll('""', '"'), end: quote + 1 };
    at = quote + 2;
  }
}

function plain(held: Buffer, start: number): Field | null {
  let end = start;
  while (end < held.length && held[end] !== COMMA && held[end] !== LF) end += 1;
  if (end >= held.length) return null;
  const stop = held[end] === LF && end > start && held[end - 1] === CR ? end - 1 : end;
  return { text: held.toString('utf8', start, stop), end: stop };
}
