import { closeSync, openSync, readSync } from 'node:fs';
import { type CaptureHead, headLine, headOf, maskedHead } from './capture-head.ts';
import { readCapture, type ReadOptions } from './capture.ts';
import { CaptureWriter, type CaptureWriterOptions } from './capture-writer.ts';
import { Masker } from './mask.ts';

export interface MaskCaptureOptions extends Omit<ReadOptions, 'onHead'> {
  readonly path: string;
  /** Where to; appended to what is there. */
  readonly out: Pick<CaptureWriterOptions, 'path' | 'log'>;
  /** Of this CallMe, for the head. */
  readonly version: string;
  /** What a Pbx is like; `head` is what the capture itself says of it, null where it says nothing. */
  readonly profileOf: (head: CaptureHead | null) => NonNullable<CaptureHead['profile']>;
  /** Aborted: ends early, with a whole last line. */
  readonly signal?: AbortSignal;
}

/** `broken`: the disk refused, what is in `out` is not all. */
export interface Masked { readonly entries: number; readonly idsHoldNumbers: boolean; readonly broken: boolean }

/**
 * Masks a capture that exists, in either format, line by line and with one key for all of it. Rejects with AMI_CAPTURE where it is no
 * capture, and with what the file system says where `out` cannot be opened.
 */
export async function maskCapture({ path, out, version, profileOf, signal, ...reading }: MaskCaptureOptions): Promise<Masked> {
  const made: { writer?: CaptureWriter; masker?: Masker } = {};
  // Opened when there is something to write: a source that is no capture leaves no file. One capture in, one file out: nothing is put aside.
  const writer = (): CaptureWriter => (made.writer ??= new CaptureWriter({ ...out, maxBytes: Number.POSITIVE_INFINITY }));
  const lead = (head: CaptureHead | null, pbx: string): void => {
    const profile = profileOf(head);
    // The first profile decides what an extension is: one telephone must have one mask in all of the file.
    made.masker ??= new Masker(profile);
    writer().head(headLine(maskedHead({ masked: true, pbx, version, profile }, made.masker)));
  };
  let entries = 0;
  try {
    for await (const entry of readCapture(path, { ...reading, onHead: (head) => { lead(head, head.pbx); } })) {
      if (made.masker === undefined) lead(null, '');
      if (made.masker !== undefined) writer().write(made.masker.entry(entry));
      entries += 1;
      if (writer().broken || signal?.aborted === true) break;
    }
    if (made.masker === undefined) lead(null, '');
  } finally {
    made.writer?.close();
  }
  return { entries, idsHoldNumbers: made.masker?.idsHoldNumbers ?? false, broken: writer().broken };
}

/** What a file that is already there holds by its first line, so that masked and unmasked events never share one; null = nothing. */
export function contentOf(path: string): 'masked' | 'unmasked' | null {
  const beginning = beginningOf(path);
  if (beginning === '') return null;
  try {
    return headOf(JSON.parse(beginning.split('\n')[0] ?? ''))?.masked === true ? 'masked' : 'unmasked';
  } catch {
    return 'unmasked';
  }
}

const LONGEST_HEAD = 65_536;

function beginningOf(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    // Not there, or not to be read: whoever opens it for writing says why.
    return '';
  }
  try {
    const bytes = Buffer.alloc(LONGEST_HEAD);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, LONGEST_HEAD, 0));
  } finally {
    closeSync(file);
  }
}
