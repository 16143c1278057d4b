/**
 * `callme spool check`: compares the manifest with the disk, the bucket and the CRMs, and says for each difference what it is and what helps.
 * Changes nothing.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RecordingRow, RecordingStore } from '../core/ports.ts';
import type { PbxId, RecordingId } from '../core/words.ts';
import { problem, type SpoolProblem } from './check-problems.ts';
import { checkRow, type RowAsk } from './check-row.ts';
import type { RecordingSettings } from './desk.ts';
import { diskLevels } from './disk.ts';
import { findProgram, realTimers } from './lame.ts';
import { whyLameFails } from './lame-watch.ts';
import { allRows } from './manifest.ts';
import { fallbackOf, safeRelative, wavIn } from './paths.ts';
import { localStorage } from './storage/storage.ts';
import { leftoversIn, type Leftover } from './sweep.ts';
import { filesIn } from './walk.ts';

export type { SpoolProblem, SpoolProblemKind } from './check-problems.ts';

export interface SpoolAsk extends Omit<RowAsk, 'storage' | 'toldTo'>, Partial<Pick<RowAsk, 'storage' | 'toldTo'>> {
  readonly store: Pick<RecordingStore, 'page' | 'get'>;
  readonly settings: RecordingSettings;
  /** Called after each row: how many were looked at so far. */
  readonly onRow?: ((seen: number) => void) | undefined;
}

/** Stored rows and files of any number: one page of rows is in memory, and what is wrong. */
export async function checkSpool(ask: SpoolAsk): Promise<readonly SpoolProblem[]> {
  const problems = await checkMachine(ask);
  const rowAsk: RowAsk = { ...ask, storage: ask.storage ?? localStorage, toldTo: ask.toldTo ?? ((): readonly [] => []) };
  let seen = 0;
  for (const row of allRows(ask.store)) {
    ask.signal.throwIfAborted();
    problems.push(...await checkRow(row, rowAsk));
    ask.onRow?.(seen += 1);
  }
  for (const [pbx, folder] of ask.folders) problems.push(...await checkWavs(pbx, folder, ask), ...await checkParts(pbx, folder, ask));
  return problems;
}

async function checkMachine({ folders, settings, signal }: SpoolAsk): Promise<SpoolProblem[]> {
  const problems: SpoolProblem[] = [...await checkLame(settings.lame ?? 'lame', signal)];
  for (const folder of folders.values()) {
    const there = await stat(folder).then((found) => found.isDirectory(), () => false);
    if (!there) problems.push(problem('folder-missing', { path: folder }));
  }
  for (const level of await diskLevels([...folders.values(), settings.fallbackFolder], settings.minFreeMb)) {
    if (level.low) problems.push(problem('disk-low', { path: level.folder, detail: `only ${level.freeMb} MB are free, ${settings.minFreeMb} are asked for` }));
  }
  return problems;
}

/** It is asked to encode a second of a tone: a build without its library, or a damaged one, is there and encodes nothing. */
async function checkLame(lame: string, signal: AbortSignal): Promise<readonly SpoolProblem[]> {
  if (await findProgram(lame) === null) return [problem('lame-missing', { path: lame })];
  const why = await whyLameFails(lame, { signal, timers: realTimers });
  return why === '' ? [] : [problem('lame-broken', { path: lame, detail: why })];
}

async function checkWavs(pbx: PbxId, folder: string, ask: SpoolAsk): Promise<readonly SpoolProblem[]> {
  const problems: SpoolProblem[] = [];
  for await (const wav of leftoversIn(folder, { now: ask.now, signal: ask.signal, channelGone: () => true })) {
    const id = `${pbx}/${wav.file}` as RecordingId;
    problems.push(...whyLeft(wav, ask.store.get(id), ask).map(({ kind, detail }) => problem(kind, { recording: id, path: wavIn(folder, wav.file) ?? '', detail })));
  }
  return problems;
}

const DAY_MS = 86_400_000;

function whyLeft(wav: Leftover, row: RecordingRow | null, ask: SpoolAsk): readonly Pick<SpoolProblem, 'kind' | 'detail'>[] {
  const unknown = `a WAV of ${wav.bytes} bytes that no recording knows`;
  if (row === null) return [wav.complete ? { kind: 'wav-unknown', detail: unknown } : { kind: 'wav-open', detail: `${unknown}, its header is open` }];
  const over = ask.now - row.createdAt >= (ask.settings.keepWavDays + 1) * DAY_MS;
  if (!over || !['uploaded', 'told', 'purged'].includes(row.state)) return [];
  return [{ kind: 'wav-kept', detail: `its MP3 is ${row.state}, its WAV is still there` }];
}

/** An encoder's deadline is a minute and a tenth of the sound: what nobody wrote to for a day belongs to nobody. */
export const STALE_PART_MS = DAY_MS;

async function checkParts(pbx: PbxId, folder: string, ask: SpoolAsk): Promise<readonly SpoolProblem[]> {
  return (await staleParts([folder, fallbackOf(ask.settings.fallbackFolder, pbx)], ask)).map((part) => problem('part-stale', { path: part }));
}

/** Absolute paths of `.mp3.part` files that nobody writes to any more. */
export async function staleParts(places: readonly string[], { now, signal }: Pick<SpoolAsk, 'now' | 'signal'>): Promise<readonly string[]> {
  const parts: string[] = [];
  for (const place of places) {
    for await (const file of filesIn(place, signal)) {
      if (!file.endsWith('.mp3.part') || safeRelative(file.replace(/\.mp3\.part$/, '.wav')) === null) continue;
      const part = path.join(place, file);
      if (await stat(part).then(({ mtimeMs }) => now - mtimeMs >= STALE_PART_MS, () => false)) parts.push(part);
    }
  }
  return parts;
}
