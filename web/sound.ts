/** Where the bytes of a recording come from: a port that the room of recordings fills (this machine's disk, or a bucket). */
import { type Readable, pipeline, Transform } from 'node:stream';
import type { RecordingRow } from '../core/ports.ts';
import { WebError } from './errors.ts';
import type { ByteRange } from './ranges.ts';

export interface OpenedSound {
  readonly stream: Readable;
  /** Bytes that the stream gives. */
  readonly bytes: number;
  /** Bytes of the whole recording. */
  readonly total: number;
}

/** Null = it is nowhere (purged, lost). Rejects where a disk or a bucket refuses, with a `code`. `range` lies within the recording; null = all of it. */
export type OpenSound = (row: RecordingRow, range: ByteRange | null, signal: AbortSignal) => Promise<OpenedSound | null>;

/** Verified, measured, and not thrown away. */
export type Playable = RecordingRow & { readonly bytes: number; readonly sha256: string };

const PLAYED: ReadonlySet<RecordingRow['state']> = new Set<RecordingRow['state']>(['encoded', 'uploaded', 'told']);

export function isPlayable(row: RecordingRow): row is Playable {
  return PLAYED.has(row.state) && row.bytes !== null && row.bytes > 0 && row.sha256 !== null && (row.mp3 !== null || row.stored !== null);
}

/** Milliseconds until the first byte; a disk behind a dead network share never answers, and takes no signal either. */
export const OPEN_MS = 30_000;

/** `open` with a deadline for its answer alone, and none for the sound. What comes too late is closed. Rejects with WEB_SOUND_LATE, or when the reader left. */
export async function openInTime(open: OpenSound, { row, range, signal, ms }: {
  readonly row: RecordingRow; readonly range: ByteRange | null; readonly signal: AbortSignal; readonly ms: number;
}): Promise<OpenedSound | null> {
  signal.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => { late.abort(new WebError('WEB_SOUND_LATE', `no sound in ${ms} ms`)); }, ms);
  const either = AbortSignal.any([signal, late.signal]);
  const stopped = Promise.withResolvers<never>();
  either.addEventListener('abort', () => { stopped.reject(either.reason as Error); }, { once: true });
  stopped.promise.catch(() => undefined);
  const opening = open(row, range, either);
  try {
    return await Promise.race([opening, stopped.promise]);
  } catch (error) {
    void opening.then((sound) => sound?.stream.on('error', () => undefined).destroy(), () => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

export interface Counted { readonly stream: Readable; readonly sent: () => number; readonly failure: () => Error | null }

/**
 * Counts what passes. Another number of bytes than promised ends in an error and a cut connection: a reader must not take half a recording
 * for a whole one, and what the next answer on this connection begins with must not be taken for sound.
 */
export function counted({ stream: source, bytes }: OpenedSound): Counted {
  let sent = 0;
  let failure: Error | null = null;
  const changed = (): Error => (failure = new WebError('WEB_SOUND_CHANGED', `${sent} of ${bytes} bytes came`));
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sent += chunk.length;
      if (sent > bytes) done(changed());
      else done(null, chunk);
    },
    flush: (done) => { done(sent === bytes ? null : changed()); },
  });
  // The pipeline closes the source when the reader leaves, and cuts the reader off when the source fails.
  source.once('error', (error) => { failure ??= error; });
  pipeline(source, stream, () => undefined);
  return { stream, sent: () => sent, failure: () => failure };
}
