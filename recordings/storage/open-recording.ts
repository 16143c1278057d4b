/** A recording as a stream of bytes, wherever it is: from this machine's disk, else from the bucket. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { RecordingRow } from '../../core/ports.ts';
import { codeOf } from '../errors.ts';
import type { ByteRange, Storage } from './storage.ts';

export interface OpenedRecording {
  readonly stream: Readable;
  /** Bytes that the stream gives. */
  readonly bytes: number;
  /** Bytes of the whole recording. */
  readonly total: number;
}
/** Null = the recording is nowhere (purged, lost). Rejects with a RecordingError where the bucket refuses. A range must lie within the recording. */
export type OpenRecording = (row: Pick<RecordingRow, 'mp3' | 'stored' | 'bytes'>, range: ByteRange | null, signal: AbortSignal) => Promise<OpenedRecording | null>;

export function recordingOpener(storage: Storage): OpenRecording {
  return async (row, range, signal) => {
    const total = row.bytes;
    if (total === null) return null;
    const bytes = range === null ? total : range.to - range.from + 1;
    const local = row.mp3 === null ? null : await fromDisk(row.mp3, total, range, signal);
    if (local !== null) return { stream: local, bytes, total };
    if (row.stored === null || storage.kind === 'local') return null;
    return { stream: await storage.read(row.stored, range, signal), bytes, total };
  };
}

/** Null where the file is not there, or is not the one that was verified (its length tells). The stream closes the file. */
async function fromDisk(path: string, total: number, range: ByteRange | null, signal: AbortSignal): Promise<Readable | null> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  });
  if (file === null) return null;
  if ((await file.stat()).size !== total) { await file.close(); return null; }
  return createReadStream('', { fd: file, signal, ...(range === null ? {} : { start: range.from, end: range.to }) });
}
