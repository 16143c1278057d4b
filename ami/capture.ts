/**
 * Recorded events of a Pbx. Two formats are read: NDJSON as we write it (each line has its time; a head may lead it), and a byte-exact dump
 * of the socket.
 * Support, tests and users replay the same thing.
 */
import { createReadStream } from 'node:fs';
import { instant } from '../core/words.ts';
import type { Instant, PbxId } from '../core/words.ts';
import { type CaptureHead, headOf } from './capture-head.ts';
import { AmiError } from './errors.ts';
import { Headers, RawParser } from './wire.ts';

/** What a listener heard, in its order. */
export type CaptureEntry =
  | { readonly kind: 'headers'; readonly at: Instant; readonly pbx: PbxId; readonly headers: Headers }
  | { readonly kind: 'resync'; readonly at: Instant; readonly pbx: PbxId; readonly alive: readonly Headers[] }
  | { readonly kind: 'lost'; readonly at: Instant; readonly pbx: PbxId };

/** `{at, pbx, h: [[name, value], …]}`, `{at, pbx, resync: [[[name, value], …], …]}` or `{at, pbx, lost: true}`; `at` in milliseconds. */
export function captureLine(entry: CaptureEntry): string {
  const { at, pbx } = entry;
  switch (entry.kind) {
    case 'headers': return JSON.stringify({ at, pbx, h: [...entry.headers] });
    case 'resync': return JSON.stringify({ at, pbx, resync: entry.alive.map((headers) => [...headers]) });
    case 'lost': return JSON.stringify({ at, pbx, lost: true });
  }
}

export interface ReadOptions {
  /** The name given to the PBX of a dump, which holds none. Default `main`. */
  readonly pbx?: PbxId;
  /** A dump holds no times either: its n-th entry gets `start` + n ms. Default 0. */
  readonly start?: Instant;
  /** Called for each head before the entries behind it are told. */
  readonly onHead?: (head: CaptureHead) => void;
}

/**
 * Reads either format, told apart by the first character. Rejects with AMI_CAPTURE and the number of the line that is wrong; a cut-off
 * last item of a dump is left out, as on a live link.
 */
export async function* readCapture(path: string, options: ReadOptions = {}): AsyncGenerator<CaptureEntry> {
  const pieces = createReadStream(path, { encoding: 'utf8' })[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  const first = await firstPiece(path, pieces);
  const all = chain(first, pieces);
  if (first.trimStart().startsWith('{')) yield* readLines(path, all, options);
  else yield* readDump(all, options);
}

async function firstPiece(path: string, pieces: AsyncIterator<string, undefined>): Promise<string> {
  try {
    return (await pieces.next()).value ?? '';
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new AmiError('AMI_CAPTURE', `cannot read ${path}: ${message}`, 'give the path of a capture', { cause: error });
  }
}

async function* chain(first: string, rest: AsyncIterator<string, undefined>): AsyncGenerator<string> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* readDump(pieces: AsyncIterable<string>, options: ReadOptions): AsyncGenerator<CaptureEntry> {
  const parser = new RawParser();
  const pbx = options.pbx ?? ('main' as PbxId);
  let at = options.start ?? instant(0);
  let alive: Headers[] = [];
  for await (const piece of pieces) {
    for (const headers of parser.push(piece)) {
      const entry = dumped(headers, alive, { at, pbx });
      if (entry === null) continue;
      if (entry.kind === 'resync') alive = [];
      yield entry;
      at = instant(at + 1);
    }
  }
}

/** Answers to actions are nobody's business; a list of channels becomes what a live link makes of it. */
function dumped(headers: Headers, alive: Headers[], stamp: { readonly at: Instant; readonly pbx: PbxId }): CaptureEntry | null {
  if (headers.event === 'CoreShowChannelsComplete') return { kind: 'resync', ...stamp, alive };
  if (headers.event === 'CoreShowChannel') alive.push(headers);
  else if (headers.has('event')) return { kind: 'headers', ...stamp, headers };
  return null;
}

async function* readLines(path: string, pieces: AsyncIterable<string>, { onHead }: ReadOptions): AsyncGenerator<CaptureEntry> {
  let rest = '';
  let number = 0;
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      number++;
      const entry = entryOf(line, `${path} line ${number}`, onHead);
      if (entry !== null) yield entry;
    }
  }
  const last = entryOf(rest, `${path} line ${number + 1} (the last one, perhaps cut off)`, onHead);
  if (last !== null) yield last;
}

/** Null for an empty line and for a head: a capture that was gone on with has several. */
function entryOf(line: string, where: string, onHead: ReadOptions['onHead']): CaptureEntry | null {
  if (line.trim() === '') return null;
  const value = json(line, where);
  const head = headOf(value);
  if (head === null) return parseEntry(value, where);
  onHead?.(head);
  return null;
}

function parseEntry(value: unknown, where: string): CaptureEntry {
  if (typeof value !== 'object' || value === null) throw malformed(where, 'is no object');
  const { at, pbx, h, resync, lost } = value as Partial<Record<'at' | 'pbx' | 'h' | 'resync' | 'lost', unknown>>;
  if (typeof at !== 'number' || !Number.isFinite(at)) throw malformed(where, 'has no number "at"');
  if (typeof pbx !== 'string' || pbx === '') throw malformed(where, 'has no text "pbx"');
  const stamp = { at: instant(at), pbx: pbx as PbxId };
  if (lost === true) return { kind: 'lost', ...stamp };
  if (Array.isArray(resync)) return { kind: 'resync', ...stamp, alive: resync.map((each) => headersOf(each, where)) };
  return { kind: 'headers', ...stamp, headers: headersOf(h, where) };
}

function json(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw malformed(where, `is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

function headersOf(pairs: unknown, where: string): Headers {
  if (!Array.isArray(pairs) || !pairs.every(isPair)) throw malformed(where, 'has no list "h" of [name, value] pairs');
  return Headers.of(pairs);
}

const isPair = (pair: unknown): pair is [string, string] =>
  Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && typeof pair[1] === 'string';

const malformed = (where: string, why: string): AmiError =>
  new AmiError('AMI_CAPTURE', `${where} ${why}`, 'a capture has lines {"at": ms, "pbx": id, "h": [[name, value], …]}');
