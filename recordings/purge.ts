/**
 * The one place that removes a WAV. It looks at all files again: a WAV goes when its MP3 is there with the very size that was verified
 * and holds this WAV, not another one that took the name later (a linkedid can be used again). The sides of a stereo recording go with
 * it, before it: as long as the mixed WAV is there they are known as what they are.
 */
import path from 'node:path';
import type { Log, RecordingRow } from '../core/ports.ts';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { sentence } from './errors.ts';
import { realReads, type DiskReads } from './open-file.ts';
import { SIDES, sideOf } from './paths.ts';
import { isSideOf, type Rows } from './stereo.ts';
import { identify, inspectWav, isSameFile, type FileIdentity, type WavLook } from './wav.ts';

const TOLERANCE_SECONDS = 1;

export interface EmptyPurge {
  readonly row: RecordingRow;
  readonly wav: string;
  readonly rows: Rows;
  readonly disk?: DiskWrites | undefined;
  readonly reads?: DiskReads | undefined;
}
export interface Purge extends EmptyPurge {
  /** The WAV that this process encoded, when it did. */
  readonly encoded: FileIdentity | null;
}
type There = Extract<WavLook, { kind: 'there' }>;

/** True when the WAV is gone. Where it may not be removed it stays, and the log says so: a later sweep tries again. */
export async function purgeWav(purge: Purge, log: Log): Promise<boolean> {
  const sides: string[] = [];
  const refusal = await whyKeep(purge, sides).catch(sentence);
  if (refusal === 'gone') return true;
  if (refusal === '') return removeAll([...sides, purge.wav], purge, log);
  log.warn({ recording: purge.row.id, reason: refusal }, 'the WAV stays');
  return false;
}

/** Puts the sides that are there into `sides`. */
async function whyKeep(purge: Purge, sides: string[]): Promise<string> {
  const { row, wav, encoded, reads = realReads } = purge;
  const now = await identify(wav, reads);
  if (now === null) return 'gone';
  if (!['uploaded', 'told'].includes(row.state) || row.mp3 === null || row.seconds === null || row.bytes === null) return `its MP3 is not handed over (${row.state})`;
  const mp3 = await reads.stat(row.mp3);
  if (mp3.size !== row.bytes || row.bytes === 0) return `its MP3 has ${mp3.size} bytes, ${row.bytes} were verified`;
  const why = encoded === null ? await whyNotTheSame({ wav, seconds: row.seconds, mp3Ms: mp3.mtimeMs }, reads) : isSameFile(encoded, now) ? '' : 'it changed since it was encoded';
  if (why !== '') return why;
  return whySidesStay(purge, sides, (side) => whySideStays(side, row.seconds ?? 0, mp3.mtimeMs));
}

/** For a WAV that an earlier run encoded: all that is known of it is its length. */
async function whyNotTheSame({ wav, seconds, mp3Ms }: { readonly wav: string; readonly seconds: number; readonly mp3Ms: number }, reads: DiskReads): Promise<string> {
  const look = await inspectWav(wav, reads);
  if (look.kind === 'missing') return 'gone';
  const { truth, identity } = look;
  if (truth.kind !== 'sound' && truth.kind !== 'lying') return `it is not the sound that was encoded (${truth.kind})`;
  if (Math.abs(truth.seconds - seconds) > TOLERANCE_SECONDS) return `it lasts ${truth.seconds.toFixed(2)} s, ${seconds} s were encoded`;
  return identity.mtimeMs <= mp3Ms ? '' : 'it is younger than the MP3: another recording took its name';
}

/** A side that has more than the MP3, or is younger: another recording, or one whose mixed WAV was cut short. */
function whySideStays({ truth, identity }: There, seconds: number, mp3Ms: number): string {
  if (identity.mtimeMs > mp3Ms) return 'is younger than the MP3';
  if (truth.kind === 'empty' && truth.headerOnly) return '';
  if (truth.kind !== 'sound' && truth.kind !== 'lying') return `is no sound of ours (${truth.kind})`;
  return truth.seconds - seconds > TOLERANCE_SECONDS ? `lasts ${truth.seconds.toFixed(2)} s, ${seconds} s were encoded` : '';
}

/** `''` when nothing speaks against the removal of the sides that are there. */
async function whySidesStay({ row, wav, rows, reads }: EmptyPurge, sides: string[], judge: (side: There) => string): Promise<string> {
  for (const side of SIDES) {
    const look = await inspectWav(sideOf(wav, side), reads);
    if (look.kind === 'missing' || !await isSideOf(row, side, rows)) continue;
    sides.push(sideOf(wav, side));
    const why = judge(look);
    if (why !== '') return `${path.basename(sideOf(wav, side))} ${why}`;
  }
  return '';
}

/** Removes a WAV of a call without audio, when every byte of it and of its sides is header. Anything else stays. */
export async function purgeEmpty(purge: EmptyPurge, log: Log): Promise<boolean> {
  const look = await inspectWav(purge.wav, purge.reads);
  if (look.kind === 'missing') return true;
  if (!isHeader(look)) return false;
  const sides: string[] = [];
  const refusal = await whySidesStay(purge, sides, (side) => (isHeader(side) ? '' : 'is not empty')).catch(sentence);
  if (refusal === '') return removeAll([...sides, purge.wav], purge, log);
  log.warn({ recording: purge.row.id, reason: refusal }, 'the WAV stays');
  return false;
}

const isHeader = ({ truth }: There): boolean => truth.kind === 'empty' && truth.headerOnly;

async function removeAll(files: readonly string[], { row, disk = realDisk }: EmptyPurge, log: Log): Promise<boolean> {
  try {
    for (const file of files) await disk.remove(file);
    return true;
  } catch (error) {
    log.warn({ recording: row.id, reason: sentence(error) }, 'the WAV could not be removed');
    return false;
  }
}
