import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { HttpRequest } from '../../core/ports.ts';
import { codeOf, HttpFailure } from './failure.ts';

export interface Upload { readonly contentType: string; readonly length: number; readonly body: AsyncIterable<Uint8Array> }

/**
 * One file as multipart/form-data (RFC 7578), streamed from disk: a recording of an hour must not be held in memory. The length is
 * known before, so that the peer can tell half a file from a whole one.
 * Rejects with `HTTP_FILE` when the file cannot be read, `HTTP_UNSAFE` when a name could forge a part's header.
 */
export async function multipart(file: NonNullable<HttpRequest['file']>, origin: string): Promise<Upload> {
  const safe = (text: string): string => checked(text, origin);
  const { size } = await stat(file.path).catch((error: unknown) => { throw unreadable(error, origin, false); });
  const boundary = `callme-${randomUUID()}`;
  const fields = Object.entries(file.fields ?? {}).map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${safe(name)}"\r\n\r\n${value}\r\n`);
  const head = Buffer.from(
    `${fields.join('')}--${boundary}\r\nContent-Disposition: form-data; name="${safe(file.field)}"; filename="${safe(file.name)}"\r\n` +
    `Content-Type: ${safe(file.type)}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: head.length + size + tail.length,
    body: parts({ head, path: file.path, tail }, origin),
  };
}

/** Bytes of a file as they are, for a peer that takes it in pieces. Rejects with `HTTP_FILE` when the file is not there or shorter. */
export async function partOf(part: NonNullable<HttpRequest['part']> | undefined, origin: string): Promise<Upload> {
  if (part === undefined) throw new TypeError('no part');
  const { size } = await stat(part.path).catch((error: unknown) => { throw unreadable(error, origin, false); });
  if (part.from < 0 || part.to > size || part.from >= part.to) throw new HttpFailure('HTTP_FILE', origin, 'the file to upload is shorter than it was', false);
  return { contentType: part.type, length: part.to - part.from, body: piece(part, origin) };
}

async function* piece({ path, from, to }: NonNullable<HttpRequest['part']>, origin: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { start: from, end: to - 1 })) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(error, origin, true);
  }
}

interface Parts { readonly head: Buffer; readonly path: string; readonly tail: Buffer }

async function* parts({ head, path, tail }: Parts, origin: string): AsyncGenerator<Uint8Array> {
  yield head;
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(error, origin, true);
  }
  yield tail;
}

function unreadable(error: unknown, origin: string, sent: boolean): HttpFailure {
  return new HttpFailure('HTTP_FILE', origin, `the file to upload cannot be read (${codeOf(error)})`, sent);
}

/** A quote or line end in a part's header would begin another header. Names come from CRMs (`fieldName`), so refuse rather than escape. */
function checked(text: string, origin: string): string {
  if (!/["\\\u0000-\u001f\u007f]/.test(text)) return text;
  throw new HttpFailure('HTTP_UNSAFE', origin, 'a part name holds characters that could forge a header', false);
}
