/**
 * `callme spool repair`: what `check` found, as far as it can be repaired without anybody's judgement. It never deletes a recording: what is
 * not the verified file is set aside under another name, what comes from the bucket is verified before it gets its own.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RecordingPatch, RecordingRow, RecordingStore } from '../core/ports.ts';
import type { RecordingId } from '../core/words.ts';
import type { SpoolProblem } from './check-problems.ts';
import { checkMp3, type RowAsk } from './check-row.ts';
import type { OnReady } from './desk.ts';
import { RecordingError, sentence } from './errors.ts';
import { realDisk } from './disk-writes.ts';
import { placeForMp3, setAside } from './files.ts';
import { isVerified } from './manifest.ts';
import { inspectMp3 } from './mp3.ts';
import { mp3Places, wavIn, type Mp3Places } from './paths.ts';
import { createPublisher } from './publisher.ts';
import { inspectWav } from './wav.ts';

export interface RepairTools extends RowAsk {
  readonly store: RecordingStore;
  readonly fallbackFolder: string;
  /** Tells its fact again: deliveries that are there already stay as they are. */
  readonly announce: OnReady;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
}
export interface Repair {
  readonly problem: SpoolProblem;
  /** `repaired` (or would be); `left`: it needs a person. */
  readonly result: 'repaired' | 'left';
  /** How, or why not. Words of `RepairWord`, or the words of an error. */
  readonly how: string;
}
export type RepairWord = 'moved-back' | 'from-bucket' | 'from-wav' | 'copied' | 'planned' | 'state-corrected' | 'part-removed' | 'nothing-left' | 'by-hand';

export async function repairSpool(problems: readonly SpoolProblem[], tools: RepairTools, onDone: (done: number) => void = () => undefined): Promise<readonly Repair[]> {
  const repairs: Repair[] = [];
  for (const problem of problems) {
    tools.signal.throwIfAborted();
    const how = await repairOne(problem, tools).catch((error: unknown) => { tools.signal.throwIfAborted(); return { how: sentence(error), done: false }; });
    repairs.push({ problem, result: how.done ? 'repaired' : 'left', how: how.how });
    onDone(repairs.length);
  }
  return repairs;
}

interface Outcome { readonly how: string; readonly done: boolean }
const did = (how: RepairWord): Outcome => ({ how, done: true });
const could = (how: RepairWord): Outcome => ({ how, done: false });

async function repairOne(problem: SpoolProblem, tools: RepairTools): Promise<Outcome> {
  if (problem.kind === 'part-stale') return removePart(problem.path, tools);
  const row = tools.store.get(problem.recording as RecordingId);
  if (row === null) return could('by-hand');
  switch (problem.kind) {
    case 'mp3-missing': case 'mp3-other': case 'mp3-unnamed': return bringBack(row, tools);
    case 'copy-missing': case 'copy-other': case 'copy-never': return copyAgain(row, tools);
    case 'state-behind': return correct(row, { state: 'told' }, 'state-corrected', tools);
    case 'crm-never': return plan(row, tools);
    default: return could('by-hand');
  }
}

async function removePart(part: string, { dryRun }: RepairTools): Promise<Outcome> {
  if (!dryRun) await rm(part, { force: true });
  return did('part-removed');
}

function correct(row: RecordingRow, change: RecordingPatch, how: RepairWord, { store, now, dryRun }: RepairTools): Outcome {
  if (!dryRun) store.patch(row.id, change, now);
  return did(how);
}

function placesOf(row: RecordingRow, { folders, fallbackFolder }: RepairTools): { readonly wav: string; readonly places: Mp3Places } | null {
  const wav = wavIn(folders.get(row.pbx) ?? '/', row.file);
  return wav === null ? null : { wav, places: mp3Places(wav, fallbackFolder, row.pbx, row.file) };
}

/** Where it was moved to, else from the bucket, else from the WAV. */
async function bringBack(row: RecordingRow, tools: RepairTools): Promise<Outcome> {
  const where = placesOf(row, tools);
  if (where === null) return could('by-hand');
  for (const place of [where.places.beside, where.places.fallback]) {
    if (place !== row.mp3 && await isThisMp3(place, row, tools.signal)) return correct(row, { mp3: place }, 'moved-back', tools);
  }
  if (row.stored !== null && tools.storage.kind === 's3') return fetchBack(row, where.places, tools);
  const look = await inspectWav(where.wav);
  if (look.kind === 'missing' || (look.truth.kind !== 'sound' && look.truth.kind !== 'lying')) return could('nothing-left');
  if (!tools.dryRun && row.mp3 !== null) await outOfTheWay(row.mp3);
  return correct(row, { state: 'closed', reason: '', notBefore: tools.now, attempts: 0 }, 'from-wav', tools);
}

/** What bears the name and is not the verified file must not be taken for it by the encoder. */
async function outOfTheWay(mp3: string): Promise<void> {
  const old = await stat(mp3).catch(() => null);
  if (old !== null) await setAside(mp3, old.mtimeMs);
}

const isThisMp3 = (file: string, row: RecordingRow, signal: AbortSignal): Promise<boolean> =>
  inspectMp3(file, signal).then(({ sha256 }) => sha256 === row.sha256, () => false);

async function fetchBack(row: RecordingRow, places: Mp3Places, tools: RepairTools): Promise<Outcome> {
  if (tools.dryRun) return did('from-bucket');
  const target = await placeForMp3(places);
  const part = `${target}.back.part`;
  const hash = createHash('sha256');
  try {
    const stream = await tools.storage.read(row.stored ?? '', null, tools.signal);
    stream.on('data', (chunk: Buffer) => hash.update(chunk));
    await pipeline(stream, createWriteStream(part, { mode: 0o640 }), { signal: tools.signal });
    if (hash.digest('hex') !== row.sha256) throw new RecordingError('STORAGE_LIES', 'the bucket gave back another file');
    await outOfTheWay(target);
    await createPublisher(realDisk, { gatherMs: 0, most: 1 })(part, target);
  } finally {
    await rm(part, { force: true });
  }
  return correct(row, { mp3: target }, 'from-bucket', tools);
}

/** Only the verified file may become the copy. */
async function copyAgain(row: RecordingRow, tools: RepairTools): Promise<Outcome> {
  const { storage, store, signal, now, dryRun } = tools;
  if (!isVerified(row) || row.mp3 === null || await checkMp3(row, { deep: true, signal }) !== null) return could('nothing-left');
  if (dryRun) return did('copied');
  const { bytes, sha256 } = row;
  const stored = await storage.put({ row, path: path.resolve(row.mp3), bytes, sha256, remember: (upload) => { store.patch(row.id, { upload }, now); } }, signal);
  return correct(row, { stored }, 'copied', tools);
}

function plan(row: RecordingRow, { announce, dryRun }: RepairTools): Outcome {
  if (!isVerified(row) || row.mp3 === null) return could('nothing-left');
  if (!dryRun) announce(row, { path: row.mp3, seconds: row.seconds, bytes: row.bytes, sha256: row.sha256 });
  return did('planned');
}
