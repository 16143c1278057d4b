/** What an upload needs of a bucket: the few words of the S3 protocol, without its client. `s3.ts` says them. */
import type { Readable } from 'node:stream';
import type { ByteRange } from './storage.ts';

export interface ObjectLook {
  readonly bytes: number;
  /** Our own word beside the object, `''` = none. */
  readonly sha256: string;
  /** SHA-256 that the server itself kept, base64 (`…-3`: of three parts); `''` where it keeps none. */
  readonly checksum: string;
  readonly etag: string;
}
export interface Part { readonly number: number; readonly bytes: number; readonly etag: string }
export interface NewObject { readonly key: string; readonly sha256: string }
export interface SentPart { readonly key: string; readonly uploadId: string; readonly number: number; readonly body: Buffer }
export interface FinishedPart { readonly number: number; readonly etag: string; /** SHA-256, base64. */ readonly checksum: string }
export interface Unfinished { readonly key: string; readonly uploadId: string; readonly begunAt: number }

/** Each call has a deadline and rejects with a RecordingError whose message holds neither a key nor what the server said. */
export interface Bucket {
  readonly name: string;
  put(object: NewObject, body: Buffer, signal: AbortSignal): Promise<void>;
  begin(object: NewObject, signal: AbortSignal): Promise<string>;
  /** Null = the bucket does not know the upload (any more). */
  parts(key: string, uploadId: string, signal: AbortSignal): Promise<readonly Part[] | null>;
  send(part: SentPart, signal: AbortSignal): Promise<string>;
  finish(key: string, uploadId: string, parts: readonly FinishedPart[], signal: AbortSignal): Promise<void>;
  abandon(key: string, uploadId: string, signal: AbortSignal): Promise<void>;
  unfinished(signal: AbortSignal): Promise<readonly Unfinished[]>;
  look(key: string, signal: AbortSignal): Promise<ObjectLook | null>;
  read(key: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable>;
  remove(key: string, signal: AbortSignal): Promise<void>;
}
