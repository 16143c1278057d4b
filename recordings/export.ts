/** `callme spool export`: MP3s into a folder, each verified on its way, with a manifest.json and a manifest.csv beside them. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CallRow, RecordingRow } from '../core/ports.ts';
import { RecordingError, sentence } from './errors.ts';
import { isVerified, type ToldTo } from './manifest.ts';
import { inspectMp3 } from './mp3.ts';
import { fallbackOf, mp3Of, safeRelative } from './paths.ts';
import type { OpenRecording } from './storage/open-recording.ts';

export interface ExportTools {
  readonly rows: Iterable<RecordingRow>;
  /** Absolute; made when it is missing. */
  readonly out: string;
  readonly openRecording: OpenRecording;
  readonly callOf: (row: RecordingRow) => CallRow | null;
  readonly toldTo: ToldTo;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly onRow: (seen: number) => void;
}
export interface Exported {
  readonly recording: string; readonly call: string; readonly direction: string; readonly client: string; readonly line: string; readonly owner: string;
  readonly startedAt: string; readonly seconds: number; readonly silenceSeconds: number | null; readonly talked: readonly string[];
  readonly pauses: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly bytes: number; readonly sha256: string; readonly hold: string; readonly crm: string;
  /** Below the folder. */
  readonly file: string;
}
export interface ExportResult { readonly exported: readonly Exported[]; readonly failed: readonly { readonly recording: string; readonly why: string }[] }

/** A file that is there already and is the right one is not copied again: a second run goes on where the first one was broken off. */
export async function exportRecordings(tools: ExportTools): Promise<ExportResult> {
  const exported: Exported[] = [];
  const failed: { recording: string; why: string }[] = [];
  let seen = 0;
  for (const row of tools.rows) {
    tools.signal.throwIfAborted();
    tools.onRow(seen += 1);
    if (!isVerified(row) || safeRelative(row.file) === null) continue;
    const file = path.join(path.basename(fallbackOf('/', row.pbx)), mp3Of(row.file));
    const why = tools.dryRun ? '' : await copy(row, path.join(tools.out, file), tools).then(() => '', (error: unknown) => { tools.signal.throwIfAborted(); return sentence(error); });
    if (why === '') exported.push(line(row, file, tools));
    else failed.push({ recording: row.id, why });
  }
  if (!tools.dryRun) await writeManifests(tools.out, exported);
  return { exported, failed };
}

async function copy(row: RecordingRow, target: string, { openRecording, signal }: ExportTools): Promise<void> {
  const known = await inspectMp3(target, signal).catch(() => null);
  if (known?.sha256 === row.sha256) return;
  const opened = await openRecording(row, null, signal);
  if (opened === null) throw new RecordingError('STORAGE_NONE', 'its MP3 is nowhere: see "callme spool check"');
  await mkdir(path.dirname(target), { recursive: true });
  const part = `${target}.part`;
  const hash = createHash('sha256');
  try {
    opened.stream.on('data', (chunk: Buffer) => hash.update(chunk));
    await pipeline(opened.stream, createWriteStream(part, { mode: 0o640 }), { signal });
    if (hash.digest('hex') !== row.sha256) throw new RecordingError('MP3_REFUSED', 'its MP3 is not the one that was verified: see "callme spool check --deep"');
    await syncAndName(part, target);
  } finally {
    await rm(part, { force: true });
  }
}

async function syncAndName(part: string, target: string): Promise<void> {
  await using file = await open(part, 'r+');
  await file.sync();
  await rename(part, target);
}

function line(row: RecordingRow & { readonly bytes: number; readonly seconds: number; readonly sha256: string }, file: string, { callOf, toldTo }: ExportTools): Exported {
  const call = callOf(row);
  return {
    recording: row.id, call: row.call, direction: call?.direction ?? '', client: call?.client ?? '', line: call?.line ?? '', owner: call?.owner ?? '',
    startedAt: new Date(call?.startedAt ?? row.createdAt).toISOString(), seconds: row.seconds, silenceSeconds: row.silenceSeconds, talked: row.talked, pauses: row.pauses,
    bytes: row.bytes, sha256: row.sha256, hold: row.hold, crm: toldTo(row).map(({ account, state }) => `${account}=${state}`).join(' '), file,
  };
}

/** Written under another name first: a manifest that is there is whole. */
async function writeManifests(out: string, exported: readonly Exported[]): Promise<void> {
  await mkdir(out, { recursive: true });
  for (const [name, text] of [['manifest.json', `${JSON.stringify(exported, null, 2)}\n`], ['manifest.csv', csv(exported)]] as const) {
    const part = path.join(out, `${name}.part`);
    await writeFile(part, text, { mode: 0o640 });
    await syncAndName(part, path.join(out, name));
  }
}

const COLUMNS = ['recording', 'call', 'direction', 'client', 'line', 'owner', 'startedAt', 'seconds', 'silenceSeconds', 'talked', 'pauses', 'bytes', 'sha256', 'hold', 'crm', 'file'] as const satisfies readonly (keyof Exported)[];

/** RFC 4180. */
export function csv(exported: readonly Exported[]): string {
  return [COLUMNS, ...exported.map((each) => COLUMNS.map((column) => shown(each, column)))].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function shown(each: Exported, column: keyof Exported): string {
  if (column === 'talked') return each.talked.join(' ');
  if (column === 'pauses') return each.pauses.map(({ fromMs, toMs }) => `${fromMs}-${toMs}`).join(' ');
  const value = each[column];
  return value === null ? '' : String(value);
}

/** A spreadsheet must not take a caller's name for a formula; `+7916…` is a number and stays one. */
function cell(text: string): string {
  const safe = /^[=@\t\r]|^[+-](?![0-9 ()-]*$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
