/**
 * Counts the frames of an MP3, streaming, because lame's exit code proves nothing (asterisk-facts 8). Knows Layer III of MPEG 1, 2 and
 * 2.5 (8 kHz telephone sound becomes MPEG-2.5). Strict on purpose: each frame must begin where the one before it ended, and the last
 * must be whole. A file of our own encoder has no excuse for anything else.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

export interface FrameCount {
  /** Audio frames; lame's Info frame is not one. */
  readonly frames: number;
  readonly seconds: number;
  readonly rate: number;
  /** `''`, or why this is not a whole MP3. */
  readonly problem: string;
}
export interface FrameReader { feed(bytes: Buffer): void; end(): FrameCount }

interface Frame { readonly bytes: number; readonly samples: number; readonly rate: number; readonly tagAt: number }

const KBPS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];
const CHUNK = 512 * 1024;
/** Header, side information and the four letters `Info` or `Xing` of the first frame; ID3v2's header needs ten. */
const WANTED_FIRST = 40;

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
  return { bytes, samples: first ? 1152 : 576, rate, tagAt: 4 + (first ? (mono ? 17 : 32) : mono ? 9 : 17) };
}

const isTag = (at: string): boolean => at === 'Info' || at === 'Xing';

export function createFrameReader(): FrameReader {
  let [position, next, frames, samples, rate] = [0, 0, 0, 0, 0];
  let problem = '';
  let carry: Buffer = Buffer.alloc(0);
  let begun = false;

  /** Reads what begins at `next`; false when it needs more bytes. */
  const step = (bytes: Buffer, from: number): boolean => {
    const at = next - from;
    if (at + (begun ? 4 : WANTED_FIRST) > bytes.length) return false;
    if (next === 0 && bytes.toString('latin1', at, at + 3) === 'ID3') { next = 10 + syncSafe(bytes, at + 6); return true; }
    const frame = parseFrame(bytes.readUInt32BE(at));
    if (frame === null || (rate !== 0 && frame.rate !== rate)) { problem = `no frame at byte ${next}`; return false; }
    const tag = !begun && isTag(bytes.toString('latin1', at + frame.tagAt, at + frame.tagAt + 4));
    [begun, rate, next] = [true, frame.rate, next + frame.bytes];
    if (!tag) { frames += 1; samples += frame.samples; }
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
    if (problem === '' && next !== position) problem = next > position ? 'the last frame is cut off' : `no frame at byte ${next}`;
    if (problem === '' && frames === 0) problem = 'no audio frame';
    return { frames, seconds: rate === 0 ? 0 : samples / rate, rate, problem };
  };
  return { feed, end };
}

/** ID3v2 writes its size with seven bits a byte. */
function syncSafe(bytes: Buffer, at: number): number {
  return [0, 1, 2, 3].reduce((size, index) => size * 128 + (bytes.readUInt8(at + index) & 0x7f), 0);
}

export interface Mp3Look extends FrameCount { readonly bytes: number; readonly sha256: string; readonly mtimeMs: number }

/** Frames and sha256 of a file in one pass. Rejects with the system's error (ENOENT …), or the signal's reason. */
export async function inspectMp3(path: string, signal: AbortSignal): Promise<Mp3Look> {
  await using file = await open(path, 'r');
  const [reader, hash, buffer] = [createFrameReader(), createHash('sha256'), Buffer.allocUnsafe(CHUNK)];
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, CHUNK, bytes);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    reader.feed(chunk);
    bytes += bytesRead;
  }
  return { ...reader.end(), bytes, sha256: hash.digest('hex'), mtimeMs: (await file.stat()).mtimeMs };
}

/** lame adds its delay and fills the last frame, it never leaves sound out: measured on 3.100, 8 to 44 kHz: +0.04 … +0.21 s. */
const MAY_LACK_SECONDS = 0.1;
const MAY_EXCEED_SECONDS = 1;

/** `''` when the MP3 has all the sound of a WAV of `wavSeconds`, else why not. */
export function whyNotWhole(mp3: FrameCount, wavSeconds: number): string {
  if (mp3.problem !== '') return `the MP3 is not whole: ${mp3.problem}`;
  const more = mp3.seconds - wavSeconds;
  if (more >= -MAY_LACK_SECONDS && more <= MAY_EXCEED_SECONDS) return '';
  return `the MP3 lasts ${mp3.seconds.toFixed(2)} s, the WAV ${wavSeconds.toFixed(2)} s`;
}
