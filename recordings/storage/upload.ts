/**
 * One MP3 into a bucket: in one piece, or in parts that a crash (ours or the server's) goes on with. Each part carries its SHA-256; what the
 * bucket then has is proved before the manifest may say that it is there:
 * by the SHA-256 that the server kept, else by the MD5 that an ETag of one piece is, else by reading the object back. The last one is not
 * too careful: a server was measured (Ceph's RADOS Gateway 20.2 on SQLite) that took three parts, answered with right ETags and the right
 * length, and gave back other bytes.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { RecordingRow } from '../../core/ports.ts';
import { RecordingError } from '../errors.ts';
import { mp3Of } from '../paths.ts';
import type { Bucket, FinishedPart, NewObject, Part } from './bucket.ts';
import type { StoreAway } from './storage.ts';

/** S3 takes parts from 5 MiB (but for the last) and at most 10,000 of them: 8 MiB carry 80 GB. Also the memory that one upload needs. */
export const PART_BYTES = 8 * 1024 * 1024;

/** An upload under way as the manifest keeps it. Another part size or another key makes it worthless, so both are in it. */
interface Begun { readonly key: string; readonly uploadId: string; readonly partBytes: number }

const digest = (kind: 'sha256' | 'md5', body: Buffer): Buffer => createHash(kind).update(body).digest();
const bare = (etag: string): string => etag.replaceAll('"', '').toLowerCase();

/** `prefix/tenant/pbx/2026/11/20/call-1790.17.mp3`. */
export function keyOf(prefix: string, row: Pick<RecordingRow, 'tenant' | 'pbx' | 'file'>): string {
  return `${prefix}${row.tenant}/${row.pbx}/${mp3Of(row.file)}`;
}

/** Resolves once the bucket provably holds the file. */
export async function upload(bucket: Bucket, key: string, file: StoreAway, signal: AbortSignal, partBytes = PART_BYTES): Promise<void> {
  const there = await bucket.look(key, signal);
  if (there?.bytes === file.bytes && there.sha256 === file.sha256 && await isProved(bucket, key, file, signal)) { file.remember(null); return; }
  await using handle = await open(file.path, 'r');
  const object = { key, sha256: file.sha256 };
  if (file.bytes <= partBytes) await inOnePiece({ bucket, object, file, signal }, handle);
  else await inParts({ bucket, object, file, signal }, handle, partBytes);
  if (!await isProved(bucket, key, file, signal)) throw new RecordingError('STORAGE_LIES', 'the bucket does not hold what it was given');
  file.remember(null);
}

interface Way { readonly bucket: Bucket; readonly object: NewObject; readonly file: StoreAway; readonly signal: AbortSignal }

async function inOnePiece({ bucket, object, file, signal }: Way, handle: FileHandle): Promise<void> {
  const body = await read(handle, 0, file.bytes);
  if (digest('sha256', body).toString('hex') !== file.sha256) throw changed();
  await bucket.put(object, body, signal);
}

async function inParts(way: Way, handle: FileHandle, partBytes: number): Promise<void> {
  const { bucket, object: { key }, file, signal } = way;
  const { uploadId, have } = await goOnOrBegin(way, partBytes);
  const whole = createHash('sha256');
  const finished: FinishedPart[] = [];
  for (let at = 0; at < file.bytes; at += partBytes) {
    signal.throwIfAborted();
    const body = await read(handle, at, Math.min(partBytes, file.bytes - at));
    whole.update(body);
    const number = finished.length + 1;
    const known = have.find((part) => part.number === number && part.bytes === body.length && bare(part.etag) === digest('md5', body).toString('hex'));
    finished.push({ number, etag: known?.etag ?? await bucket.send({ key, uploadId, number, body }, signal), checksum: digest('sha256', body).toString('base64') });
  }
  if (whole.digest('hex') !== file.sha256) throw changed();
  await bucket.finish(key, uploadId, finished, signal);
}

/** Only parts whose bytes the server names rightly are believed; an upload that it forgot is begun anew. */
async function goOnOrBegin({ bucket, object, file, signal }: Way, partBytes: number): Promise<{ readonly uploadId: string; readonly have: readonly Part[] }> {
  const begun = begunOf(file.row.upload);
  if (begun?.key === object.key && begun.partBytes === partBytes) {
    const have = await bucket.parts(begun.key, begun.uploadId, signal);
    if (have !== null) return { uploadId: begun.uploadId, have };
  }
  const uploadId = await bucket.begin(object, signal);
  const now: Begun = { key: object.key, uploadId, partBytes };
  file.remember(JSON.stringify(now));
  return { uploadId, have: [] };
}

function begunOf(text: string | null): Begun | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null || !('key' in value) || !('uploadId' in value) || !('partBytes' in value)) return null;
    const { key, uploadId, partBytes } = value;
    return typeof key === 'string' && typeof uploadId === 'string' && typeof partBytes === 'number' ? { key, uploadId, partBytes } : null;
  } catch {
    return null;
  }
}

async function isProved(bucket: Bucket, key: string, { bytes, sha256, path }: StoreAway, signal: AbortSignal): Promise<boolean> {
  const found = await bucket.look(key, signal);
  if (found?.bytes !== bytes || found.sha256 !== sha256) return false;
  if (found.checksum !== '' && !found.checksum.includes('-')) return found.checksum === Buffer.from(sha256, 'hex').toString('base64');
  if (/^[0-9a-f]{32}$/.test(bare(found.etag)) && bytes <= PART_BYTES) return bare(found.etag) === await md5Of(path, bytes);
  return await sumOf(bucket, key, signal) === sha256;
}

async function md5Of(path: string, bytes: number): Promise<string> {
  await using handle = await open(path, 'r');
  return digest('md5', await read(handle, 0, bytes)).toString('hex');
}

/** SHA-256 of an object as the bucket gives it back, hex. */
export async function sumOf(bucket: Pick<Bucket, 'read'>, key: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of await bucket.read(key, null, signal)) hash.update(chunk as Buffer);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof RecordingError ? error : new RecordingError('STORAGE_DOWN', 'the bucket broke off while it was read');
  }
  return hash.digest('hex');
}

async function read(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const body = Buffer.allocUnsafe(bytes);
  for (let got = 0; got < bytes;) {
    const { bytesRead } = await handle.read(body, got, bytes - got, at + got);
    if (bytesRead === 0) throw changed();
    got += bytesRead;
  }
  return body;
}

const changed = (): RecordingError => new RecordingError('MP3_REFUSED', 'the MP3 changed while it was stored away');
