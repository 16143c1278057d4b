/**
 * Answers that come zipped. We ask for none by ourselves; a product that insists on `Accept-Encoding: gzip` (MoySklad) is asked so by its driver. The cap counts
 * what comes out: a thousand bytes of gzip can hold a million.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { codeOf, HttpFailure } from './failure.ts';

const unzip = promisify(gunzip);

export interface Bounds { /** Bytes that may come out. */ readonly limit: number; readonly origin: string }

/**
 * The bytes as they are meant: unzipped where `content-encoding` says gzip (RFC 9110 8.4.1.3), else as they came; an empty body is empty under any name (204, 304).
 * Rejects with `HTTP_TOO_LARGE` when more comes out than the limit, `HTTP_RESET` when it is no gzip, or half of one.
 */
export async function unzipped(bytes: Buffer, headers: Readonly<Record<string, string>>, { limit, origin }: Bounds): Promise<Buffer> {
  if (bytes.length === 0 || !/^\s*(?:x-)?gzip\s*$/i.test(headers['content-encoding'] ?? '')) return bytes;
  try {
    return await unzip(bytes, { maxOutputLength: limit });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw new HttpFailure('HTTP_TOO_LARGE', origin, `the answer is larger than ${limit} bytes, unzipped`, true);
    throw new HttpFailure('HTTP_RESET', origin, 'the answer says that it is zipped, and cannot be unzipped', true);
  }
}
