/**
 * How loud a frame of an MP3 can be at most, read off its side information without decoding it: an encoder that fails in silence (a wrong
 * format, a broken build) still writes whole frames. Decoding with `lame --decode` would cost a third of the encoding again; this costs a
 * thousandth. Measured on lame 3.100, 8 … 64 kbit/s: tones of -40, -20 and -3 dBFS give -40 … -23, -21 … -12 and -4 … 16, white noise of
 * -40 dBFS -57 … -36 (its power is spread over all lines), of -60 dBFS at most -61 from 16 kbit/s on, digital silence nothing at all.
 */
import type { Sound } from './silence.ts';

/** What a header says about the shape of the side information. */
export interface SideShape { readonly mpeg1: boolean; readonly mono: boolean; readonly protected: boolean }

/** The largest value that each Huffman table can code (ISO 11172-3 table B.7): 16 … 31 with their linbits. */
const LARGEST = [
  0, 1, 2, 2, 0, 3, 3, 5, 5, 5, 7, 7, 7, 15, 0, 15, 16, 18, 22, 30, 78, 270, 1038, 8206, 30, 46, 78, 142, 270, 526, 2062, 8206,
] as const;
/** The gain that leaves values as they are (ISO 11172-3 2.4.3.4); a step is a quarter of a power of two. */
const UNITY_GAIN = 210;
const DECIBELS_PER_STEP = (20 * Math.log10(2)) / 4;
/** A frame in which nothing is coded. */
export const MUTE = 255;

/**
 * Decibels below full scale of the loudest line that the frame's granules may hold (an upper bound: 0 … 254), MUTE when none. `at` is where
 * the side information begins. Reads at most 32 bytes; what is behind the end of `bytes` counts as 0.
 */
export function levelOf(bytes: Uint8Array, at: number, { mpeg1, mono }: SideShape): number {
  const channels = mono ? 1 : 2;
  let bit = at * 8 + (mpeg1 ? (mono ? 14 + 4 : 12 + 8) : mono ? 9 : 10);
  let loudest = -Infinity;
  for (let granule = 0; granule < channels * (mpeg1 ? 2 : 1); granule += 1) {
    loudest = Math.max(loudest, granuleLevel(bytes, bit, mpeg1));
    bit += mpeg1 ? 59 : 63;
  }
  return loudest === -Infinity ? MUTE : Math.min(MUTE - 1, Math.max(0, Math.round(-loudest)));
}

/** part2_3_length (12 bits), big_values (9), global_gain (8), scalefac_compress (4, in MPEG-2 9), window switching (1), tables. */
function granuleLevel(bytes: Uint8Array, bit: number, mpeg1: boolean): number {
  if (bits(bytes, bit, 12) === 0) return -Infinity;
  const tables = bit + 29 + (mpeg1 ? 4 : 9);
  const largest = bits(bytes, bit + 12, 9) === 0 ? 1 : largestOf(bytes, tables);
  return largest === 0 ? -Infinity : (4 / 3) * 20 * Math.log10(largest) + (bits(bytes, bit + 21, 8) - UNITY_GAIN) * DECIBELS_PER_STEP;
}

/** With switched windows two tables stand behind three more bits, else three. */
function largestOf(bytes: Uint8Array, at: number): number {
  const switched = bits(bytes, at, 1) === 1;
  const [first, count] = switched ? [at + 4, 2] : [at + 1, 3];
  let largest = 0;
  for (let region = 0; region < count; region += 1) largest = Math.max(largest, LARGEST[bits(bytes, first + region * 5, 5)] ?? 0);
  return largest;
}

/** At most 17 bits. */
function bits(bytes: Uint8Array, at: number, count: number): number {
  const byte = at >>> 3;
  const three = ((bytes[byte] ?? 0) << 16) | ((bytes[byte + 1] ?? 0) << 8) | (bytes[byte + 2] ?? 0);
  return (three >>> (24 - (at & 7) - count)) & ((1 << count) - 1);
}

/** Below this nothing of a second that is loud in the WAV (-40 dBFS) is left: 13 dB under the quietest noise that was measured. */
const HEARD_DECIBELS = 70;
/** An encoder's delay and its overlap: what sounds at an instant may lie in frames up to this much later. */
const LATE_SECONDS = 0.3;

/** `levels` holds one byte a frame, each `frameSeconds` long. `''` when each loud second of the WAV is heard in the MP3, else why not. */
export function whyQuieter(levels: Uint8Array, frameSeconds: number, { loud }: Pick<Sound, 'loud'>): string {
  let [missing, first] = [0, -1];
  loud.forEach((isLoud, second) => {
    if (isLoud === 0 || isHeard(levels, second / frameSeconds, (second + 1 + LATE_SECONDS) / frameSeconds)) return;
    missing += 1;
    if (first < 0) first = second;
  });
  return missing === 0 ? '' : `the MP3 is silent in ${missing} s in which the WAV is not (the first: second ${first})`;
}

function isHeard(levels: Uint8Array, from: number, to: number): boolean {
  for (let frame = Math.floor(from); frame <= to && frame < levels.length; frame += 1) if ((levels[frame] ?? MUTE) <= HEARD_DECIBELS) return true;
  return false;
}
