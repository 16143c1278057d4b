/** WAV files as format_wav writes them, and as crashes, truncations and enemies leave them. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface WavShape {
  readonly seconds?: number;
  readonly rate?: number;
  /** What the header says; default: the truth. */
  readonly declared?: number;
  readonly riff?: number;
  /** Bytes behind the samples (an odd tail, say). */
  readonly tail?: Buffer;
  readonly seed?: number;
}

export function wavHeader(dataBytes: number, shape: WavShape = {}): Buffer {
  const rate = shape.rate ?? 8000;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(shape.riff ?? dataBytes + 36, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(shape.declared ?? dataBytes, 40);
  return header;
}

/** A small generator with a seed: the same bytes on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/**
 * Sound with the properties of telephone speech that an encoder cares about: a gliding pitch with formants, syllables, pauses with a
 * noise floor.
 */
export function speech(seconds: number, seed = 1, rate = 8000): Buffer {
  const random = createRandom(seed);
  const samples = Math.round(seconds * rate);
  const bytes = Buffer.alloc(samples * 2);
  let [phase, pitch, loud, target, until] = [0, 120, 0, 0, 0];
  let formants: readonly number[] = [5, 12, 21];
  for (let index = 0; index < samples; index += 1) {
    if (index >= until) {
      until = index + Math.round(rate * (0.08 + random() * 0.25));
      target = random() < 0.35 ? 0 : 3000 + random() * 7000;
      pitch = 90 + random() * 140;
      formants = [3 + random() * 4, 8 + random() * 8, 17 + random() * 7];
    }
    loud += (target - loud) * 0.004;
    phase += (2 * Math.PI * pitch) / rate;
    const [one = 0, two = 0, three = 0] = formants;
    const voice = Math.sin(phase) * 0.4 + Math.sin(phase * one) * 0.3 + Math.sin(phase * two) * 0.15 + Math.sin(phase * three) * 0.08;
    bytes.writeInt16LE(Math.round(voice * loud + (random() - 0.5) * (60 + loud * 0.05)), index * 2);
  }
  return bytes;
}

export function wavBytes(shape: WavShape = {}): Buffer {
  const sound = speech(shape.seconds ?? 1, shape.seed ?? 1, shape.rate ?? 8000);
  return Buffer.concat([wavHeader(sound.length, shape), sound, shape.tail ?? Buffer.alloc(0)]);
}

/** Writes a file (and its folders). `ageMs` makes its modification time older than now. */
export function putFile(folder: string, file: string, bytes: Buffer, ageMs = 0): string {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, bytes);
  if (ageMs > 0) {
    const then = (Date.now() - ageMs) / 1000;
    utimesSync(target, then, then);
  }
  return target;
}

/** Writes bits into a frame, the most significant one first. */
function setBits(frame: Buffer, at: number, count: number, value: number): void {
  for (let index = 0; index < count; index += 1) {
    const bit = at + index;
    if (((value >>> (count - 1 - index)) & 1) === 1) frame[bit >>> 3] = (frame[bit >>> 3] ?? 0) | (0x80 >>> (bit & 7));
  }
}

/**
 * One frame of MPEG-2.5 Layer III, 64 kbit/s, 8 kHz, mono or stereo: what lame makes of telephone sound. Its side information says that it
 * holds sound (about -14 dBFS); `mute` says that it holds none.
 */
export function mp3Frame(kind: 'mono' | 'stereo' | 'mute' = 'mono'): Buffer {
  const frame = Buffer.alloc(576);
  frame.set([0xff, 0xe3, 0x88, kind === 'stereo' ? 0x04 : 0xc4]);
  if (kind === 'mute') return frame;
  const from = 32 + (kind === 'stereo' ? 10 : 9);
  for (let channel = 0; channel < (kind === 'stereo' ? 2 : 1); channel += 1) {
    const at = from + channel * 63;
    setBits(frame, at, 12, 400);
    setBits(frame, at + 12, 9, 40);
    setBits(frame, at + 21, 8, 180);
    setBits(frame, at + 39, 5, 13);
  }
  return frame;
}
export const mp3Bytes = (seconds: number, kind: 'mono' | 'stereo' | 'mute' = 'mono'): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil((seconds * 8000) / 576) + 1 }, () => mp3Frame(kind)));
