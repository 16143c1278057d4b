/**
 * Where finished recordings are kept: on this machine alone, or in an S3-compatible bucket too. A copy counts only once it was verified;
 * the MP3 beside its WAV stays until every CRM has it and `keepLocalDays` are over (keeping.ts).
 */
import type { Readable } from 'node:stream';
import type { RecordingRow } from '../../core/ports.ts';

/** A verified MP3 that is to be copied away. */
export interface StoreAway {
  readonly row: Pick<RecordingRow, 'id' | 'tenant' | 'pbx' | 'file' | 'upload'>;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Writes the name of an upload in parts into the manifest, null = it is over; a crash goes on from there. */
  readonly remember: (upload: string | null) => void;
}
/** Bytes `from` to `to`, both included, as HTTP counts them. */
export interface ByteRange { readonly from: number; readonly to: number }
export interface StoredLook { readonly bytes: number; /** As it was written beside the object; `''` = the bucket does not know it. */ readonly sha256: string }

export interface Storage {
  readonly kind: 'local' | 's3';
  /** Days that the MP3 stays on this machine after every CRM has it; null = as long as retention lets it. */
  readonly keepLocalDays: number | null;
  /**
   * Copies an MP3 away and verifies the copy. Resolves to its place (`s3://bucket/key`), or null where there is no second place.
   * Rejects with a RecordingError (STORAGE_…), or the signal's reason. May be called again after any failure.
   */
  put(file: StoreAway, signal: AbortSignal): Promise<string | null>;
  /** Null = nothing is there. Rejects with a RecordingError where nobody can tell. */
  look(stored: string, signal: AbortSignal): Promise<StoredLook | null>;
  read(stored: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable>;
  /** Twice is no mistake. */
  remove(stored: string, signal: AbortSignal): Promise<void>;
  /** Ends uploads in parts that nobody goes on with: a bucket charges for them and shows them to nobody. Resolves to how many. */
  tidy(signal: AbortSignal): Promise<number>;
  close(): void;
}

export const localStorage: Storage = {
  kind: 'local', keepLocalDays: null,
  put: () => Promise.resolve(null),
  look: () => Promise.resolve(null),
  read: (stored) => Promise.reject(new Error(`there is no bucket: ${stored}`)),
  remove: () => Promise.resolve(),
  tidy: () => Promise.resolve(0),
  close: () => undefined,
};
