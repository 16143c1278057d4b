/** The samples of a WAV, a chunk at a time, so that a call of a day needs no more memory than one of a minute. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';

/** Where the sound of a file lies: what `parseWav` found. */
export interface SampleRange { readonly dataAt: number; readonly dataBytes: number }

const CHUNK_BYTES = 256 * 1024;
/** WAVs are little-endian; typed arrays are as the machine is. */
const FOREIGN_ORDER = endianness() === 'BE';

/**
 * Yields the 16 bit samples of one channel. The array is used again for the next chunk: whoever needs it longer copies it. Ends early where
 * the file does. Rejects with the system's error or the signal's reason.
 */
export async function* samplesOf(path: string, range: SampleRange, signal: AbortSignal): AsyncGenerator<Int16Array, undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const chunk = Buffer.from(new ArrayBuffer(Math.max(2, Math.min(CHUNK_BYTES, range.dataBytes))));
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
async function readFully(file: FileHandle, into: Buffer, at: number): Promise<number> {
  for (let have = 0; ;) {
    const { bytesRead } = await file.read(into, have, into.length - have, at + have);
    have += bytesRead;
    if (bytesRead === 0 || have === into.length) return have;
  }
}
