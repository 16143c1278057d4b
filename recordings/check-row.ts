/** One row of the manifest against the disk, the bucket and the CRMs. Changes nothing. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { RecordingRow } from '../core/ports.ts';
import type { Instant, PbxId } from '../core/words.ts';
import { problem, type SpoolProblem, type SpoolProblemKind } from './check-problems.ts';
import { sentence } from './errors.ts';
import { isHandedOver, isSettled, type CrmState, type ToldTo } from './manifest.ts';
import { inspectMp3 } from './mp3.ts';
import { wavIn } from './paths.ts';
import type { Storage } from './storage/storage.ts';
import { inspectWav } from './wav.ts';

export interface RowAsk {
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly storage: Storage;
  readonly toldTo: ToldTo;
  readonly now: Instant;
  readonly signal: AbortSignal;
  /** Reads every MP3, here and in the bucket, and compares its sha256, instead of its size alone. */
  readonly deep: boolean;
}

const DAY_MS = 86_400_000;

export async function checkRow(row: RecordingRow, ask: RowAsk): Promise<readonly SpoolProblem[]> {
  const wav = wavIn(ask.folders.get(row.pbx) ?? '/', row.file);
  const say = (kind: SpoolProblemKind, path: string, detail = ''): readonly SpoolProblem[] => [problem(kind, { recording: row.id, path, detail })];
  if (row.state === 'broken') return say('broken', wav ?? row.file, `after ${row.attempts} attempts: ${row.reason}`);
  if (wav === null) return say('path-refused', row.file);
  if (row.state === 'purged') return row.mp3 === null && row.stored === null ? [] : say('purge-open', row.mp3 ?? row.stored ?? '');
  if (row.state === 'empty' || row.state === 'growing') return [];
  if (row.state === 'closed' || row.state === 'spooled') return whyNoWav(wav).then((why) => (why === '' ? [] : say('wav-missing', wav, why)));
  const [mp3, copy] = [await checkMp3(row, ask), await checkCopy(row, ask)];
  return [
    ...(mp3 === null ? [] : say(mp3.kind, row.mp3 ?? '', mp3.detail)),
    ...(copy === null ? [] : say(copy.kind, row.stored ?? row.mp3 ?? '', copy.detail)),
    ...(isHandedOver(row) ? checkCrms(row, ask).flatMap(({ kind, detail }) => say(kind, row.mp3 ?? row.stored ?? '', detail)) : []),
  ];
}

interface Wrong { readonly kind: SpoolProblemKind; readonly detail: string }
const wrong = (kind: SpoolProblemKind, detail = ''): Wrong => ({ kind, detail });

async function whyNoWav(wav: string): Promise<string> {
  const look = await inspectWav(wav).catch((error: unknown) => sentence(error));
  if (typeof look === 'string') return look;
  if (look.kind === 'missing') return 'the WAV is not there';
  return look.truth.kind === 'foreign' ? `not a recording: ${look.truth.reason}` : '';
}

/** Null = what was verified is here, or only in the bucket, as it should be. */
export async function checkMp3(row: RecordingRow, { deep, signal }: Pick<RowAsk, 'deep' | 'signal'>): Promise<Wrong | null> {
  if (row.mp3 === null) return row.stored === null ? wrong('mp3-unnamed') : null;
  if (deep) return inspectMp3(row.mp3, signal).then((mp3) => (mp3.sha256 === row.sha256 ? null : wrong('mp3-other', 'the MP3 is not the one that was verified')), (error: unknown) => wrong('mp3-missing', sentence(error)));
  return stat(row.mp3).then(({ size }) => (size === row.bytes ? null : wrong('mp3-other', `the MP3 has ${size} bytes, ${row.bytes ?? 0} were verified`)), (error: unknown) => wrong('mp3-missing', sentence(error)));
}

/** Null = the bucket has what was verified, or there is no bucket. */
export async function checkCopy(row: RecordingRow, { storage, deep, signal }: Pick<RowAsk, 'storage' | 'deep' | 'signal'>): Promise<Wrong | null> {
  if (row.stored === null) return storage.kind === 's3' && isHandedOver(row) ? wrong('copy-never') : null;
  if (storage.kind === 'local') return wrong('copy-unknown', 'storage.kind is local');
  try {
    const found = await storage.look(row.stored, signal);
    if (found === null) return wrong('copy-missing');
    if (found.bytes !== row.bytes || (found.sha256 !== '' && found.sha256 !== row.sha256)) return wrong('copy-other');
    return deep && await sumOf(row.stored, storage, signal) !== row.sha256 ? wrong('copy-other') : null;
  } catch (error) {
    signal.throwIfAborted();
    return wrong('copy-unknown', sentence(error));
  }
}

async function sumOf(stored: string, storage: Storage, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await storage.read(stored, null, signal)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function checkCrms(row: RecordingRow, { toldTo, now }: RowAsk): readonly Wrong[] {
  const states = toldTo(row);
  if (row.state === 'uploaded' && states.length > 0 && isSettled(states)) return [wrong('state-behind')];
  const late = now - row.createdAt >= DAY_MS;
  return states.flatMap((crm) => {
    const kind = kindOf(crm, late);
    return kind === null ? [] : [wrong(kind, `${crm.account}${crm.reason === '' ? '' : `: ${crm.reason}`}`)];
  });
}

function kindOf({ state }: CrmState, late: boolean): SpoolProblemKind | null {
  if (state === 'dead') return 'crm-dead';
  if (state === 'held') return 'crm-held';
  if (state === 'unplanned') return 'crm-never';
  return late && (state === 'pending' || state === 'deferred' || state === 'claimed') ? 'crm-late' : null;
}
