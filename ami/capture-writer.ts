import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Log } from '../core/ports.ts';
import { captureLine } from './capture.ts';
import type { CaptureEntry } from './capture.ts';

export interface CaptureWriterOptions {
  readonly path: string;
  readonly log: Log;
  /** Bytes after which the file is put aside as `path.1` (and `.1` as `.2` …). Default 64 MiB. */
  readonly maxBytes?: number;
  /** How many files put aside are kept. Default 1: the disk use is bounded by (keep + 1) × maxBytes. */
  readonly keep?: number;
}

const FLUSH_CHARS = 65_536;

/**
 * Appends lines to a file; holds up to 64 KiB back, so call `flush` (a second is often enough) and `close`. A capture is an aid: when the
 * disk refuses, capturing ends with one warning and CallMe goes on.
 */
export class CaptureWriter {
  readonly #options: CaptureWriterOptions;
  #file: number | null;
  #bytes: number;
  #lines = '';

  /** Throws when the file cannot be opened: then the operator's command is wrong. */
  constructor(options: CaptureWriterOptions) {
    this.#options = options;
    this.#file = openSync(options.path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(entry: CaptureEntry): void {
    if (this.#file === null) return;
    this.#lines += `${captureLine(entry)}\n`;
    if (this.#lines.length >= FLUSH_CHARS) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.#lines);
    this.#lines = '';
    if (this.#file === null || bytes.length === 0) return;
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > (this.#options.maxBytes ?? 67_108_864)) this.#file = this.#rotate(this.#file);
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
      this.#bytes += bytes.length;
    } catch (error) {
      this.#giveUp(error);
    }
  }

  close(): void {
    this.flush();
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #rotate(file: number): number {
    const { path, keep = 1 } = this.#options;
    closeSync(file);
    for (let n = keep; n > 0; n--) {
      const older = n === 1 ? path : `${path}.${n - 1}`;
      if (existsSync(older)) renameSync(older, `${path}.${n}`);
    }
    this.#bytes = 0;
    return openSync(path, keep > 0 ? 'a' : 'w', 0o600);
  }

  #giveUp(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.warn({ path: this.#options.path, remedy: 'free space on the disk, then start the capture again' }, `capture ended: ${message}`);
    this.#file = null;
  }
}
