/**
 * The one place that removes a WAV. It looks at both files again: a WAV goes when its MP3 is there with the very size that was verified
 * and holds this WAV, not another one that took the name later (a linkedid can be used again).
 */
import { rm, stat } from 'node:fs/promises';
import type { Log, RecordingRow } from '../core/ports.ts';
import { sentence } from './errors.ts';
import { inspectWav, type FileIdentity } from './wav.ts';

const TOLERANCE_SECONDS = 1;

export interface Purge {
  readonly row: RecordingRow;
  readonly wav: string;
  /** The WAV that this process encoded, when it did. */
  readonly encoded: FileIdentity | null;
}

/** True when the WAV is gone. Where it may not be removed it stays, and the log says so: a later sweep tries again. */
export async function purgeWav(purge: Purge, log: Log): Promise<boolean> {
  const refusal = await whyKeep(purge).catch(sentence);
  if (refusal === 'gone') return true;
  if (refusal === '') return remove(purge.wav, log);
  log.warn({ recording: purge.row.id, reason: refusal }, 'the WAV stays');
  return false;
}

async function whyKeep({ row, wav, encoded }: Purge): Promise<string> {
  const look = await inspectWav(wav);
  if (look.kind === 'missing') return 'gone';
  if (!['uploaded', 'told'].includes(row.state) || row.mp3 === null || row.seconds === null || row.bytes === null) return `its MP3 is not handed over (${row.state})`;
  const mp3 = await stat(row.mp3);
  if (mp3.size !== row.bytes || row.bytes === 0) return `its MP3 has ${mp3.size} bytes, ${row.bytes} were verified`;
  if (look.truth.kind !== 'sound' && look.truth.kind !== 'lying') return `it is not the sound that was encoded (${look.truth.kind})`;
  if (Math.abs(look.truth.seconds - row.seconds) > TOLERANCE_SECONDS) return `it lasts ${look.truth.seconds.toFixed(2)} s, ${row.seconds} s were encoded`;
  if (encoded !== null) return isSame(encoded, look.identity) ? '' : 'it changed since it was encoded';
  return look.identity.mtimeMs <= mp3.mtimeMs ? '' : 'it is younger than the MP3: another recording took its name';
}

const isSame = (one: FileIdentity, other: FileIdentity): boolean =>
  one.size === other.size && one.mtimeMs === other.mtimeMs && one.inode === other.inode;

/** Removes a WAV of a call without audio, when every byte of it is header. Anything else stays. */
export async function purgeEmpty(wav: string, log: Log): Promise<boolean> {
  const look = await inspectWav(wav);
  if (look.kind === 'missing') return true;
  return look.truth.kind === 'empty' && look.truth.headerOnly ? remove(wav, log) : false;
}

function remove(wav: string, log: Log): Promise<boolean> {
  return rm(wav, { force: true }).then(() => true, (error: unknown) => {
    log.warn({ wav, reason: sentence(error) }, 'the WAV could not be removed');
    return false;
  });
}
