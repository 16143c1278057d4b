/**
 * The two sides of a call as one stereo sound: client left, employee right. The mixed WAV stays the truth: where a side is missing, broken or
 * out of step, the mixed one is encoded and nothing is lost but the separation.
 */
import path from 'node:path';
import type { RecordingRow } from '../core/ports.ts';
import type { RecordingId } from '../core/words.ts';
import { RecordingError, sentence } from './errors.ts';
import { realReads, type DiskReads } from './open-file.ts';
import { sideOf, type SideName } from './paths.ts';
import { samplesOf } from './samples.ts';
import { identify, inspectWav, isSameFile, type Audible, type FileIdentity } from './wav.ts';

export interface Side { readonly file: string; readonly sound: Audible; readonly identity: FileIdentity }
export interface Sides { readonly left: Side; readonly right: Side; /** Samples of each channel: the longest of the three files. */ readonly samples: number }

/**
 * A recorder only ever leaves samples out of a side (Asterisk 16 without `S`: no frames arrive, none are written), so a side that lacks this
 * much at its end was never further out of step than that. From 18 on the sides keep within 20 ms (asterisk-facts 1.5).
 */
export const MOST_SLIP_SECONDS = 0.3;

/** Who knows the rows: the store, or a ledger. */
export interface Rows { get(id: RecordingId): RecordingRow | null | Promise<RecordingRow | null> }

/** Whether `wav`'s sides are files of their own right: a linkedid may end with `-in`, and then a row knows that file as a recording. */
export async function isSideOf(row: Pick<RecordingRow, 'pbx' | 'file'>, side: SideName, rows: Rows): Promise<boolean> {
  return await rows.get(`${row.pbx}/${sideOf(row.file, side)}` as RecordingId) === null;
}

export interface SidesAsk { readonly isSide: (side: SideName) => boolean | Promise<boolean>; readonly reads?: DiskReads }

/** The sides of a recording whose mixed WAV is `mixed`, or why there are none to be used. Never rejects. */
export async function findSides(wav: string, mixed: Audible, { isSide, reads = realReads }: SidesAsk): Promise<Sides | string> {
  const use = async (side: SideName): Promise<Side | string> => {
    const file = sideOf(wav, side);
    return await isSide(side) ? findSide(file, mixed, reads) : `${path.basename(file)} is a recording of its own`;
  };
  const left = await use('in');
  if (typeof left === 'string') return left;
  const right = await use('out');
  if (typeof right === 'string') return right;
  return { left, right, samples: Math.max(...[mixed, left.sound, right.sound].map(({ dataBytes }) => dataBytes / 2)) };
}

async function findSide(file: string, mixed: Audible, reads: DiskReads): Promise<Side | string> {
  const name = path.basename(file);
  const look = await inspectWav(file, reads).catch(sentence);
  if (typeof look === 'string') return `${name}: ${look}`;
  if (look.kind === 'missing') return `${name} is not there`;
  const { truth, identity } = look;
  if (truth.kind !== 'sound' && truth.kind !== 'lying') return `${name} has no sound (${truth.kind})`;
  if (truth.format.rate !== mixed.format.rate) return `${name} has ${truth.format.rate} Hz, the mixed WAV ${mixed.format.rate} Hz`;
  const slip = truth.seconds - mixed.seconds;
  if (Math.abs(slip) > MOST_SLIP_SECONDS) return `${name} lasts ${truth.seconds.toFixed(2)} s, the mixed WAV ${mixed.seconds.toFixed(2)} s`;
  return { file, sound: truth, identity };
}

export interface Hearing { readonly signal: AbortSignal; readonly reads?: DiskReads }

/** Left and right in turns, 16 bit little-endian; the shorter side ends in silence. Rejects with SIDE_REFUSED where a side cannot be read. */
export async function* interleaved({ left, right, samples }: Sides, hearing: Hearing): AsyncGenerator<Buffer, undefined> {
  const [one, other] = [reader(left, hearing), reader(right, hearing)];
  try {
    for (let done = 0; done < samples; done += FRAMES) {
      const count = Math.min(FRAMES, samples - done);
      const both = Buffer.alloc(count * 4);
      await one.into(both, 0, count);
      await other.into(both, 2, count);
      yield both;
    }
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

/** Two seconds of telephone sound a turn. */
const FRAMES = 16_384;

interface SideReader { into(both: Buffer, offset: 0 | 2, count: number): Promise<void>; close(): Promise<void> }

function reader({ file, sound }: Side, { signal, reads }: Hearing): SideReader {
  const source = samplesOf(file, sound, signal, reads);
  let [chunk, at] = [new Int16Array(0) as Int16Array, 0];
  const more = async (): Promise<boolean> => {
    const next = await source.next().catch((error: unknown) => { throw new RecordingError('SIDE_REFUSED', `${path.basename(file)}: ${sentence(error)}`); });
    if (next.done === true) return false;
    [chunk, at] = [next.value, 0];
    return true;
  };
  return {
    async into(both, offset, count) {
      for (let index = 0; index < count; index += 1) {
        if (at === chunk.length && !await more()) return;
        both.writeInt16LE(chunk[at] ?? 0, index * 4 + offset);
        at += 1;
      }
    },
    async close() { await source.return(undefined); },
  };
}

/** A side that went on growing under the encoder was not finished. */
export async function demandSameSides({ left, right }: Sides, reads: DiskReads = realReads): Promise<void> {
  for (const { file, identity } of [left, right]) {
    const now = await identify(file, reads);
    if (now === null || !isSameFile(now, identity)) throw new RecordingError('SIDE_REFUSED', `${path.basename(file)} changed while it was encoded`);
  }
}
