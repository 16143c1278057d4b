/** The samples of a WAV, a chunk at a time, so that a call of a day needs no more memory than one of a minute. */
import { constants } from 'node:fs';
import { endianness } from 'node:os';
import { realReads, type DiskReads, type OpenFile } from './open-file.ts';
import { giveBack, takeBuffer } from './buffers.ts';

/** Where the sound of a file lies: what `parseWav` found. */
export interface SampleRange { readonly dataAt: number; readonly dataBytes: number }

/** WAVs are little-endian; typed arrays are as the machine is. */
const FOREIGN_ORDER = endianness() === 'BE';

/**
 * Yields the 16 bit samples of one channel. The array is used again for the next chunk: whoever needs it longer copies it. Ends early where
 * the file does. Rejects with the system's error or the signal's reason.
 */
export async function* samplesOf(path: string, range: SampleRange, signal: AbortSignal, reads: DiskReads = realReads): AsyncGenerator<Int16Array, undefined> {
  const file = await reads.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const chunk = takeBuffer();
  try {
    yield* chunksOf(file, range, chunk, signal);
  } finally {
    giveBack(chunk);
    await file.close();
  }
}

async function* chunksOf(file: OpenFile, range: SampleRange, chunk: Buffer, signal: AbortSignal): AsyncGenerator<Int16Array, undefined> {
  for (let done = 0; done < range.dataBytes;) {
    signal.throwIfAborted();
    const wanted = Math.min(chunk.length, range.dataBytes - done);
    const got = await readFully(file, chunk.subarray(0, wanted), range.dataAt + done);
    const bytes = chunk.subarray(0, got - (got & 1));
    if (FOREIGN_ORDER) bytes.swap16();
    if (bytes.length > 0) yield new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    if (got < wanted) return;
    done += got;
  }
}

/** A network share may hand over less than it was asked for without being at its end. Resolves to how many bytes there are. */
async function readFully(file: OpenFile, into: Buffer, at: number): Promise<number> {
  for (let have = 0; ;) {
    const got = await file.read(into.subarray(have), at + have);
    have += got;
    if (got === 0 || have === into.length) return have;
  }
}
