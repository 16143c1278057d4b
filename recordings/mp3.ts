/**
 * Counts the frames of an MP3, streaming, because lame's exit code proves nothing (asterisk-facts 8). Knows Layer III of MPEG 1, 2 and
 * 2.5 (8 kHz telephone sound becomes MPEG-2.5). Strict on purpose: each frame must begin where the one before it ended, and the last
 * must be whole. A file of our own encoder has no excuse for anything else. Longer than most files: a reader and its one walk over a file.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { giveBack, takeBuffer } from './buffers.ts';
import { levelOf, whyQuieter, type SideShape } from './mp3-level.ts';
import { realReads, type DiskReads, type OpenFile } from './open-file.ts';
import type { Sound } from './silence.ts';

export interface FrameCount {
  /** Audio frames; lame's Info frame is not one. */
  readonly frames: number;
  readonly seconds: number;
  readonly rate: number;
  /** As the first frame says. */
  readonly channels: 1 | 2;
  /** One byte for each audio frame: at most that many decibels below full scale is it (`levelOf`). */
  readonly levels: Uint8Array;
  /** `''`, or why this is not a whole MP3. */
  readonly problem: string;
}
export interface FrameReader { feed(bytes: Buffer): void; end(): FrameCount }

interface Frame extends SideShape { readonly bytes: number; readonly samples: number; readonly rate: number; readonly tagAt: number }

const KBPS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];
/** Header, checksum, side information and the four letters `Info` or `Xing` of the first frame; ID3v2's header needs ten. */
const WANTED = 42;

/** The frame whose four header bytes are `word`, or null (ISO 11172-3 2.4.1.3, 13818-3; MPEG-2.5 halves the rates again). */
export function parseFrame(word: number): Frame | null {
  const [sync, version, layer] = [word >>> 21, (word >>> 19) & 3, (word >>> 17) & 3];
  if (sync !== 0x7ff || version === 1 || layer !== 1) return null;
  const first = version === 3;
  const kbps = (first ? KBPS_MPEG1 : KBPS_MPEG2)[(word >>> 12) & 15];
  const base = RATES[(word >>> 10) & 3];
  if (kbps === undefined || kbps === 0 || base === undefined) return null;
  const rate = base >> (first ? 0 : version === 2 ? 1 : 2);
  const mono = ((word >>> 6) & 3) === 3;
  const bytes = Math.floor(((first ? 144 : 72) * kbps * 1000) / rate) + ((word >>> 9) & 1);
  const shape = { mpeg1: first, mono, protected: ((word >>> 16) & 1) === 0 };
  return { bytes, samples: first ? 1152 : 576, rate, tagAt: 4 + (first ? (mono ? 17 : 32) : mono ? 9 : 17), ...shape };
}

const isTag = (at: string): boolean => at === 'Info' || at === 'Xing';

/** A byte for each frame, in an array that doubles: an hour of telephone sound needs 50 kB. */
class Levels {
  #bytes = new Uint8Array(256);
  #count = 0;
  add(level: number): void {
    if (this.#count === this.#bytes.length) { const more = new Uint8Array(this.#count * 2); more.set(this.#bytes); this.#bytes = more; }
    this.#bytes[this.#count] = level;
    this.#count += 1;
  }
  all(): Uint8Array { return this.#bytes.subarray(0, this.#count); }
}

export function createFrameReader(): FrameReader {
  let [position, next, frames, samples, rate] = [0, 0, 0, 0, 0];
  let problem = '';
  let carry: Buffer = Buffer.alloc(0);
  let [begun, channels] = [false, 1 as 1 | 2];
  const levels = new Levels();

  /** Reads what begins at `next`; false when it needs more bytes. */
  const step = (bytes: Buffer, from: number): boolean => {
    const at = next - from;
    const there = bytes.length - at;
    if (there < (begun ? 4 : WANTED)) return false;
    if (next === 0 && bytes.toString('latin1', at, at + 3) === 'ID3') { next = 10 + syncSafe(bytes, at + 6); return true; }
    const frame = parseFrame(bytes.readUInt32BE(at));
    if (frame === null || (rate !== 0 && frame.rate !== rate)) { problem = `no frame at byte ${next}`; return false; }
    if (there < Math.min(frame.bytes, WANTED)) return false;
    const tag = !begun && isTag(bytes.toString('latin1', at + frame.tagAt, at + frame.tagAt + 4));
    if (!begun) channels = frame.mono ? 1 : 2;
    [begun, rate, next] = [true, frame.rate, next + frame.bytes];
    if (!tag) { frames += 1; samples += frame.samples; levels.add(levelOf(bytes, at + (frame.protected ? 6 : 4), frame)); }
    return true;
  };
  const feed = (chunk: Buffer): void => {
    const from = position - carry.length;
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    position += chunk.length;
    while (problem === '' && step(bytes, from));
    const rest = Math.max(0, Math.min(bytes.length, next - from));
    carry = problem === '' ? Buffer.from(bytes.subarray(rest)) : Buffer.alloc(0);
  };
  const end = (): FrameCount => {
    const cut = next > position || (begun && carry.length >= 4 && parseFrame(carry.readUInt32BE(0)) !== null);
    if (problem === '' && next !== position) problem = cut ? 'the last frame is cut off' : `no frame at byte ${next}`;
    if (problem === '' && frames === 0) problem = 'no audio frame';
    return { frames, seconds: rate === 0 ? 0 : samples / rate, rate, channels, levels: levels.all(), problem };
  };
  return { feed, end };
}

/** ID3v2 writes its size with seven bits a byte. */
function syncSafe(bytes: Buffer, at: number): number {
  return [0, 1, 2, 3].reduce((size, index) => size * 128 + (bytes.readUInt8(at + index) & 0x7f), 0);
}

export interface Mp3Look extends FrameCount { readonly bytes: number; readonly sha256: string; readonly mtimeMs: number }

/** Frames and sha256 of a file in one pass; no link is followed. Rejects with the system's error (ENOENT …), or the signal's reason. */
export async function inspectMp3(path: string, signal: AbortSignal, reads: DiskReads = realReads): Promise<Mp3Look> {
  // A pipe or a device under that name must not hold us.
  const file = await reads.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const buffer = takeBuffer();
  try {
    return await readThrough(file, buffer, signal);
  } finally {
    giveBack(buffer);
    await file.close();
  }
}

async function readThrough(file: OpenFile, buffer: Buffer, signal: AbortSignal): Promise<Mp3Look> {
  const [reader, hash] = [createFrameReader(), createHash('sha256')];
  const { mtimeMs, size } = await file.stat();
  let bytes = 0;
  while (bytes < size) {
    signal.throwIfAborted();
    const got = await file.read(buffer, bytes);
    if (got === 0) break;
    const chunk = buffer.subarray(0, got);
    hash.update(chunk);
    reader.feed(chunk);
    bytes += got;
  }
  return { ...reader.end(), bytes, sha256: hash.digest('hex'), mtimeMs };
}

/** lame adds its delay and fills the last frame, it never leaves sound out: measured on 3.100, 8 to 44 kHz: +0.04 … +0.21 s. */
const MAY_LACK_SECONDS = 0.1;
const MAY_EXCEED_SECONDS = 1;

/** `''` when the MP3 is as long as a WAV of `wavSeconds`, else why not. */
export function whyNotWhole(mp3: Pick<FrameCount, 'problem' | 'seconds'>, wavSeconds: number): string {
  if (mp3.problem !== '') return `the MP3 is not whole: ${mp3.problem}`;
  const more = mp3.seconds - wavSeconds;
  if (more >= -MAY_LACK_SECONDS && more <= MAY_EXCEED_SECONDS) return '';
  return `the MP3 lasts ${mp3.seconds.toFixed(2)} s, the WAV ${wavSeconds.toFixed(2)} s`;
}

/** `''` when the MP3 has all the sound of a WAV: as long, and nowhere silent where the WAV is loud; else why not. */
export function whyRefused(mp3: FrameCount, wavSeconds: number, sound: Pick<Sound, 'loud'>): string {
  const why = whyNotWhole(mp3, wavSeconds);
  return why === '' ? whyQuieter(mp3.levels, mp3.seconds / mp3.frames, sound) : why;
}
