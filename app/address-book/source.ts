/** A file as text. People send what their telephone or spreadsheet gave them: UTF-8 with or without its mark, UTF-16 of Excel, Windows-1251. */
import { open } from 'node:fs/promises';
import { type Encoding, ImportFailure, LIMITS } from './words.ts';

/** Bytes, as often as they are asked for: first to find out what they are. */
export type Source = () => AsyncIterable<Uint8Array>;

export const ofText = (text: string): Source => () => chunksOf(Buffer.from(text));

// eslint-disable-next-line @typescript-eslint/require-await -- an async source that has everything at hand
async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
}

/** Rejects with IMPORT_CANNOT_READ where the file is not there, or is none. */
export function ofFile(path: string): Source {
  return async function* read() {
    try {
      await using file = await open(path);
      yield* file.createReadStream({ autoClose: false });
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      throw new ImportFailure('IMPORT_CANNOT_READ', `cannot read ${path}: ${'code' in error ? String(error.code) : error.message}`, { cause: error });
    }
  };
}

/** Looks at every byte: an umlaut in the last row decides. Rejects with IMPORT_NOT_TEXT, IMPORT_TOO_LARGE, IMPORT_EMPTY. */
export async function encodingOf(source: Source): Promise<Encoding> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [bytes, isUtf8, head] = [0, true, Buffer.alloc(0)];
  for await (const chunk of source()) {
    if (head.length < 4) head = Buffer.concat([head, chunk.subarray(0, 4)]);
    bytes += chunk.length;
    if (bytes > LIMITS.bytes) throw new ImportFailure('IMPORT_TOO_LARGE', `the file has more than ${LIMITS.bytes / 1024 / 1024} MB`);
    if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
    if (chunk.includes(0)) throw new ImportFailure('IMPORT_NOT_TEXT', 'the file is no text');
    isUtf8 &&= decodes(decoder, chunk);
  }
  if (bytes === 0) throw new ImportFailure('IMPORT_EMPTY', 'the file is empty');
  return isUtf8 && decodes(decoder, undefined) ? 'utf-8' : 'windows-1251';
}

function decodes(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array | undefined): boolean {
  try {
    if (chunk === undefined) decoder.decode();
    else decoder.decode(chunk, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The text in pieces, without its mark at the beginning. */
export async function* textOf(source: Source, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of source()) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}
