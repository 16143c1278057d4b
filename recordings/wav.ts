/**
 * WAV files as Asterisk's format_wav leaves them, read as untrusted bytes. While it records, RIFF and data size are 0; both are written
 * once, at the close. So "data 0 and more than a header on disk" means still open or crashed, and lame would make an MP3 without
 * audio of it and exit 0 (asterisk-facts 4 and 8). Whoever believes the header loses the recording: the file's length is the truth.
 * Longer than most files: what a WAV may be, its one reader and its one repair stand side by side.
 */
import { constants, type Stats } from 'node:fs';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { codeOf } from './errors.ts';
import { realReads, type DiskReads, type OpenFile } from './open-file.ts';

export interface WavFormat { readonly rate: number }
export type WavTruth =
  /** The header says what is there. */
  | { readonly kind: 'sound'; readonly format: WavFormat; readonly dataAt: number; readonly dataBytes: number; readonly seconds: number }
  /** Audio is there, but the header says another length: still being written, crashed, truncated or wrapped. */
  | { readonly kind: 'lying'; readonly format: WavFormat; readonly dataAt: number; readonly dataBytes: number; readonly seconds: number; readonly declared: number }
  /** A header without audio. `headerOnly`: every byte was looked at and none can be audio. `closed`: the sizes were written. */
  | { readonly kind: 'empty'; readonly headerOnly: boolean; readonly closed: boolean }
  /** Shorter than a header: no audio can be in it, but it is not a WAV either. */
  | { readonly kind: 'stub' }
  | { readonly kind: 'foreign'; readonly reason: string };
/** A WAV with samples in it. */
export type Audible = Extract<WavTruth, { kind: 'sound' | 'lying' }>;
export interface FileIdentity { readonly size: number; readonly mtimeMs: number; readonly inode: number }
export type WavLook = { readonly kind: 'missing' } | { readonly kind: 'there'; readonly truth: WavTruth; readonly identity: FileIdentity };

export const HEADER_BYTES = 44;
const HEAD_BYTES = 4096;
const MAX_32 = 0xffff_ffff;
const PCM = 1;
const SAMPLE_BYTES = 2;

interface Chunks { readonly format: WavFormat | null; readonly dataAt: number | null; readonly declared: number; readonly wrong: string }

const name = (head: Buffer, at: number): string => head.toString('latin1', at, at + 4);

function readFormat(head: Buffer, at: number): WavFormat | string {
  if (at + 16 > head.length) return 'the fmt chunk is cut off';
  const [tag, channels, rate, bits] = [head.readUInt16LE(at), head.readUInt16LE(at + 2), head.readUInt32LE(at + 4), head.readUInt16LE(at + 14)];
  if (tag !== PCM || bits !== 16) return `not 16 bit PCM (format ${tag}, ${bits} bit)`;
  if (channels !== 1 || rate < 8000 || rate > 48_000) return `${channels} channel(s) at ${rate} Hz: format_wav writes mono`;
  return { rate };
}

/** Walks the chunks up to `data`; each turn goes at least 8 bytes on, so a hostile length cannot hold it. */
function readChunks(head: Buffer): Chunks {
  let format: WavFormat | null = null;
  for (let at = 12; at + 8 <= head.length;) {
    const [id, length] = [name(head, at), head.readUInt32LE(at + 4)];
    if (id === 'data') return { format, dataAt: at + 8, declared: length, wrong: 'no fmt chunk before the data chunk' };
    const read = id === 'fmt ' ? readFormat(head, at + 8) : null;
    if (typeof read === 'string') return { format: null, dataAt: null, declared: 0, wrong: read };
    format = read ?? format;
    at += 8 + length + (length & 1);
  }
  return { format, dataAt: null, declared: 0, wrong: 'no data chunk' };
}

/**
 * What is true about a WAV of `size` bytes that begins with `head` (4 KiB suffice). Never throws. Bytes behind the declared data count
 * as audio: Asterisk writes no chunk there, and a click at the end is better than a conversation cut off.
 */
export function parseWav(head: Buffer, size: number): WavTruth {
  if (size < HEADER_BYTES) return { kind: 'stub' };
  if (head.length < 12 || name(head, 0) !== 'RIFF' || name(head, 8) !== 'WAVE') return { kind: 'foreign', reason: 'not a RIFF/WAVE file' };
  const { format, dataAt, declared, wrong } = readChunks(head);
  if (format === null || dataAt === null) return { kind: 'foreign', reason: wrong };
  const present = size - dataAt;
  const dataBytes = present - (present % SAMPLE_BYTES);
  if (dataBytes <= 0) return { kind: 'empty', headerOnly: present === 0 && declared === 0, closed: declared === 0 && head.readUInt32LE(4) === size - 8 };
  const truth = { format, dataAt, dataBytes, seconds: dataBytes / SAMPLE_BYTES / format.rate };
  return declared === Math.min(dataBytes, MAX_32) ? { kind: 'sound', ...truth } : { kind: 'lying', ...truth, declared };
}

/** Looks at a file without following a symbolic link. Rejects with the system's error where it may not be read. */
export async function inspectWav(path: string, reads: DiskReads = realReads): Promise<WavLook> {
  const file = await unlessAbsent(() => reads.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  if (file === null) return { kind: 'missing' };
  try {
    const stat = await file.stat();
    const identity = identityOf(stat);
    if (!stat.isFile()) return { kind: 'there', truth: { kind: 'foreign', reason: 'not a regular file' }, identity };
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    const got = await file.read(head, 0);
    return { kind: 'there', truth: parseWav(head.subarray(0, got), stat.size), identity };
  } finally {
    await file.close();
  }
}

const identityOf = (stat: Stats): FileIdentity => ({ size: stat.size, mtimeMs: stat.mtimeMs, inode: stat.ino });

async function unlessAbsent<Value>(look: () => Promise<Value> | Value): Promise<Value | null> {
  try {
    return await look();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** Who a file is now, null when it is gone. One call to the disk: for looking again at what was inspected before. */
export async function identify(path: string, reads: DiskReads = realReads): Promise<FileIdentity | null> {
  const stat = await unlessAbsent(() => reads.lstat(path));
  return stat === null ? null : identityOf(stat);
}

/** Whether a file is still the one that was looked at: as long, not written to since, not another one of that name. */
export const isSameFile = (one: FileIdentity, other: FileIdentity): boolean =>
  one.size === other.size && one.mtimeMs === other.mtimeMs && one.inode === other.inode;

/**
 * Writes the sizes that the file's length proves into its header, in place, and syncs. Only for a file whose recorder is finished.
 * Beyond 4 GiB (74 h) the field cannot say it: it gets the largest value, which lame reads as "to the end". Returns false when the
 * file is not the one that was looked at any more. The data size goes last: as long as it is not written, the file is still known to lie.
 */
export async function repairWav(path: string, lying: Extract<WavTruth, { kind: 'lying' }>, seen: FileIdentity, { disk, reads }: Tools = {}): Promise<boolean> {
  const file = await (reads ?? realReads).open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const stat = await file.stat();
    if (stat.size !== seen.size || stat.ino !== seen.inode) return false;
    await writeSizes(file, lying, disk ?? realDisk);
    return true;
  } finally {
    await file.close();
  }
}

interface Tools { readonly disk?: DiskWrites; readonly reads?: DiskReads }

async function writeSizes(file: OpenFile, { dataAt, dataBytes }: Audible, disk: DiskWrites): Promise<void> {
  await disk.write(file, size32(dataAt - 8 + dataBytes), 4);
  await disk.write(file, size32(dataBytes), dataAt - 4);
  await disk.syncFile(file);
}

function size32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Math.min(value, MAX_32));
  return bytes;
}
