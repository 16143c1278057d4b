/**
 * The one door of `@aws-sdk/client-s3`: an S3-compatible bucket in the words of bucket.ts. Longer than most files because it is one protocol.
 *
 * What a server says in its own words never reaches a message of ours (some repeat the access key): only the name of the error and the
 * HTTP status do. The client's own checksums (CRC) are switched off where nobody asks for them, because older servers refuse them; we send
 * SHA-256, which every server that knows it checks, and look at what came of it (upload.ts).
 */
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand,
  ListMultipartUploadsCommand, ListPartsCommand, PutObjectCommand, S3Client, UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { codeOf, RecordingError } from '../errors.ts';
import type { Bucket, Part, Unfinished } from './bucket.ts';

export interface S3Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of every key, `pbx1/`; `''` = nothing. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Milliseconds for one request, 8 MiB included. */
  readonly requestMs?: number | undefined;
  /** Tries of one request, the first included: 500s and resets are tried again with jitter by the client. */
  readonly tries?: number | undefined;
}

const CONNECT_MS = 10_000;
const REQUEST_MS = 60_000;
const TRIES = 3;
/** How long a read may stand still between two bytes: a listener that pauses a player stops reading. */
const IDLE_MS = 300_000;
const MP3_TYPE = 'audio/mpeg';
const PAGES = 1000;

const sum = (body: Buffer): string => createHash('sha256').update(body).digest('base64');

export function openBucket(settings: S3Settings): Bucket & { close(): void } {
  const { bucket: Bucket, prefix } = settings;
  const requestMs = settings.requestMs ?? REQUEST_MS;
  const client = new S3Client({
    endpoint: settings.endpoint, region: settings.region, forcePathStyle: settings.pathStyle, maxAttempts: settings.tries ?? TRIES,
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: Math.min(CONNECT_MS, requestMs), socketTimeout: IDLE_MS },
  });

  /** `send` until its deadline or the signal; rejects in our own words. */
  async function asked<Answer>(what: string, signal: AbortSignal, send: (abortSignal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    try {
      return await send(AbortSignal.any([signal, AbortSignal.timeout(requestMs * (settings.tries ?? TRIES))]));
    } catch (error) {
      signal.throwIfAborted();
      throw refused(what, error);
    }
  }

  return {
    name: Bucket,
    put: (object, Body, signal) => asked('put', signal, async (abortSignal) => {
      await client.send(new PutObjectCommand({ Bucket, Key: object.key, Body, ContentType: MP3_TYPE, ChecksumSHA256: sum(Body), Metadata: { sha256: object.sha256 } }), { abortSignal });
    }),
    begin: (object, signal) => asked('begin an upload', signal, async (abortSignal) => {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: object.key, ContentType: MP3_TYPE, ChecksumAlgorithm: 'SHA256', Metadata: { sha256: object.sha256 } }), { abortSignal });
      if (UploadId === undefined) throw new RecordingError('STORAGE_LIES', 'the bucket began an upload and did not name it');
      return UploadId;
    }),
    parts: (Key, UploadId, signal) => orNull(asked('list parts', signal, async (abortSignal) => {
      const parts: Part[] = [];
      let PartNumberMarker: string | undefined;
      for (let page = 0; page < PAGES; page += 1) {
        const found = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, ...(PartNumberMarker === undefined ? {} : { PartNumberMarker }) }), { abortSignal });
        for (const { PartNumber, Size, ETag } of found.Parts ?? []) if (PartNumber !== undefined) parts.push({ number: PartNumber, bytes: Size ?? -1, etag: ETag ?? '' });
        if (found.IsTruncated !== true || found.NextPartNumberMarker === undefined || found.NextPartNumberMarker === PartNumberMarker) break;
        PartNumberMarker = found.NextPartNumberMarker;
      }
      return parts;
    })),
    send: ({ key, uploadId, number, body }, signal) => asked('send a part', signal, async (abortSignal) => {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key: key, UploadId: uploadId, PartNumber: number, Body: body, ChecksumSHA256: sum(body) }), { abortSignal });
      return ETag ?? '';
    }),
    finish: (Key, UploadId, parts, signal) => asked('finish an upload', signal, async (abortSignal) => {
      const Parts = parts.map(({ number, etag, checksum }) => ({ PartNumber: number, ETag: etag, ChecksumSHA256: checksum }));
      await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }), { abortSignal });
    }),
    abandon: async (Key, UploadId, signal) => {
      await orNull(asked('abandon an upload', signal, (abortSignal) => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal })));
    },
    unfinished: (signal) => asked('list uploads', signal, async (abortSignal) => {
      const found = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }), { abortSignal });
      return (found.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }): Unfinished[] =>
        (Key === undefined || UploadId === undefined || Initiated === undefined ? [] : [{ key: Key, uploadId: UploadId, begunAt: Initiated.getTime() }]));
    }),
    look: (Key, signal) => orNull(asked('look', signal, async (abortSignal) => {
      const found = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }), { abortSignal });
      return { bytes: found.ContentLength ?? -1, sha256: found.Metadata?.['sha256'] ?? '', checksum: found.ChecksumSHA256 ?? '', etag: found.ETag ?? '' };
    })),
    // The deadline is for the first byte alone: an hour of sound may be listened to for an hour. A connection that stands still is cut.
    read: async (Key, range, signal) => {
      const Range = range === null ? undefined : `bytes=${range.from}-${range.to}`;
      const late = new AbortController();
      const timer = setTimeout(() => { late.abort(); }, requestMs);
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }), { abortSignal: AbortSignal.any([signal, late.signal]) });
        if (Body instanceof Readable) return Body;
        throw new RecordingError('STORAGE_LIES', 'the bucket sent no object');
      } catch (error) {
        signal.throwIfAborted();
        throw refused('read', error);
      } finally {
        clearTimeout(timer);
      }
    },
    remove: async (Key, signal) => { await orNull(asked('remove', signal, (abortSignal) => client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }))); },
    close: () => { client.destroy(); },
  };
}

const GONE: ReadonlySet<string> = new Set(['NoSuchUpload', 'NoSuchKey', 'NotFound']);

/** Null where the bucket says that there is no such thing; a bucket that is not there itself is a refusal. */
const orNull = <Answer>(asking: Promise<Answer>): Promise<Answer | null> => asking.catch((error: unknown) => {
  if (error instanceof RecordingError && error.code === 'STORAGE_NONE') return null;
  throw error;
});

/** The name of the error and the status, as far as they are plain words. */
function refused(what: string, error: unknown): RecordingError {
  if (error instanceof RecordingError) return error;
  const name = plain(error instanceof Error ? error.name : '');
  const status = statusOf(error);
  if (GONE.has(name)) return new RecordingError('STORAGE_NONE', `the bucket has no such thing (${what})`);
  const said = [codeOf(error), name, status === null ? '' : `HTTP ${status}`].map(plain).filter((word) => word !== '' && word !== 'Error').join(', ');
  const ours = status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return new RecordingError(ours ? 'STORAGE_REFUSED' : 'STORAGE_DOWN', `the bucket could not ${what}: ${said === '' ? 'no answer' : said}`);
}

const plain = (word: string): string => word.replaceAll(/[^0-9A-Za-z_ -]/g, '').slice(0, 40);

function statusOf(error: unknown): number | null {
  const metadata: unknown = typeof error === 'object' && error !== null && '$metadata' in error ? error.$metadata : null;
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}
