/** Looks at the disk instead of the rows: WAVs that nobody told us about, `.part` files of killed encoders, WAVs whose time is over. */
import path from 'node:path';
import type { Log, RecordingRow } from '../core/ports.ts';
import type { Instant, PbxId, RecordingId } from '../core/words.ts';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { realReads, type DiskReads } from './open-file.ts';
import { linkedidIn, mixedOf, safeRelative, wavIn } from './paths.ts';
import { purgeEmpty, purgeWav } from './purge.ts';
import { inspectWav, type WavLook } from './wav.ts';
import { QUIET_MS } from './desk.ts';
import { MOST_SLIP_SECONDS, type Rows } from './stereo.ts';
import { filesIn } from './walk.ts';

export interface Leftover {
  /** Path below the recordings folder; becomes `NewRecording.file`. */
  readonly file: string;
  /** As the kit put it into the name; `''` when the name is not the kit's. */
  readonly linkedid: string;
  readonly bytes: number;
  /** The header says what is there: the recorder has closed it. False = it must be repaired. */
  readonly complete: boolean;
  /** When it was last written to, milliseconds since 1970. */
  readonly writtenAt: number;
}
export interface LeftoverAsk {
  readonly now: Instant;
  readonly signal: AbortSignal;
  /** Whether no channel of this PBX may still be writing the file (CoreShowChannels shows neither its linkedid nor its recorder). */
  readonly channelGone: (file: string, linkedid: string) => boolean;
  readonly reads?: DiskReads | undefined;
}

/**
 * WAVs below `folder` that are not in `known` (paths below the folder) and whose recorder is finished: the header is complete, or
 * the file was left alone for two minutes and its channel is gone. Resolves to candidates and changes nothing.
 */
export async function findLeftovers(folder: string, known: ReadonlySet<string>, ask: LeftoverAsk): Promise<readonly Leftover[]> {
  const leftovers: Leftover[] = [];
  for await (const leftover of leftoversIn(folder, ask)) if (!known.has(leftover.file)) leftovers.push(leftover);
  return leftovers;
}

/** The same one by one, as they are come upon: a crash of an hour leaves thousands. */
export async function* leftoversIn(folder: string, ask: LeftoverAsk): AsyncGenerator<Leftover, undefined> {
  const { signal, reads = realReads } = ask;
  for await (const file of filesIn(folder, signal)) {
    signal.throwIfAborted();
    if (safeRelative(file) === null || await isSide(folder, file, reads)) continue;
    const leftover = await judge(folder, file, ask).catch(() => null);
    if (leftover !== null) yield leftover;
  }
}

const BATCH = 200;

/** Some hundreds at a time: memory, and the pause that a commit of them is, stay small. */
export async function* leftoverBatches(folder: string, ask: LeftoverAsk): AsyncGenerator<readonly Leftover[], undefined> {
  let batch: Leftover[] = [];
  for await (const each of leftoversIn(folder, ask)) {
    batch.push(each);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * Whether a file is one side of a recording beside it, and so no recording of its own. The name alone does not tell, for a linkedid may end
 * with `-in`: the mixed WAV must be there, and with it the other side or a file as long as the mixed one.
 */
async function isSide(folder: string, file: string, reads: DiskReads): Promise<boolean> {
  const names = mixedOf(file);
  if (names === null) return false;
  const [mixed, other, own] = await Promise.all([names.mixed, names.other, file].map((each) => secondsOf(path.join(folder, each), reads)));
  if (mixed === undefined || mixed === null || own === null) return false;
  return (other ?? null) !== null || Math.abs((own ?? 0) - mixed) <= MOST_SLIP_SECONDS;
}

/** Null when there is no such file of ours. */
async function secondsOf(wav: string, reads: DiskReads): Promise<number | null> {
  const look = await inspectWav(wav, reads).catch((): WavLook => ({ kind: 'missing' }));
  if (look.kind === 'missing' || look.truth.kind === 'foreign') return null;
  return look.truth.kind === 'sound' || look.truth.kind === 'lying' ? look.truth.seconds : 0;
}

async function judge(folder: string, file: string, ask: LeftoverAsk): Promise<Leftover | null> {
  const look = await inspectWav(path.join(folder, file), ask.reads);
  if (look.kind === 'missing') return null;
  const { truth, identity } = look;
  const linkedid = linkedidIn(file);
  const complete = truth.kind === 'sound' || (truth.kind === 'empty' && truth.closed);
  const quiet = ask.now - identity.mtimeMs >= QUIET_MS;
  if (!complete && !(truth.kind !== 'foreign' && quiet && ask.channelGone(file, linkedid))) return null;
  return { file, linkedid, bytes: identity.size, complete, writtenAt: identity.mtimeMs };
}

/** Removes what a killed encoder left, but for those that are being written (`busy` knows their absolute paths). Resolves to how many. */
export async function removeParts(folder: string, busy: Pick<ReadonlySet<string>, 'has'>, signal: AbortSignal, disk: DiskWrites = realDisk): Promise<number> {
  let removed = 0;
  for await (const file of filesIn(folder, signal)) {
    const part = path.join(folder, file);
    if (!file.endsWith('.mp3.part') || safeRelative(file.replace(/\.mp3\.part$/, '.wav')) === null || busy.has(part)) continue;
    removed += await disk.remove(part).then(() => 1, () => 0);
  }
  return removed;
}

export interface WavPurge {
  readonly pbx: PbxId;
  readonly folder: string;
  readonly store: Rows;
  readonly disk?: DiskWrites | undefined;
  readonly keepWavDays: number;
  readonly now: Instant;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const DAY_MS = 86_400_000;

/** Removes WAVs that were handed over as MP3, or are empty, and are older than `keepWavDays`. Resolves to how many. */
export async function purgeWavs(purge: WavPurge): Promise<number> {
  let removed = 0;
  for await (const file of filesIn(purge.folder, purge.signal)) {
    const wav = wavIn(purge.folder, file);
    const row = wav === null ? null : await purge.store.get(`${purge.pbx}/${file}` as RecordingId);
    if (wav === null || row === null || purge.now - row.createdAt < purge.keepWavDays * DAY_MS) continue;
    if (await purgeOne(row, wav, purge)) removed += 1;
  }
  return removed;
}

function purgeOne(row: RecordingRow, wav: string, { store, disk, log }: WavPurge): Promise<boolean> {
  if (row.state === 'empty') return purgeEmpty({ row, wav, rows: store, disk }, log);
  return row.state === 'uploaded' || row.state === 'told' ? purgeWav({ row, wav, encoded: null, rows: store, disk }, log) : Promise.resolve(false);
}
