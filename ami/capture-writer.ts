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
  #head = '';
  #broken = false;

  /** Throws when the file cannot be opened: then the operator's command is wrong. */
  constructor(options: CaptureWriterOptions) {
    this.#options = options;
    this.#file = openSync(options.path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** The disk refused: the capture ends before its story did. */
  get broken(): boolean { return this.#broken; }

  /** The line (`headLine`) that says what the entries from here on are; each file after a rotation begins with it too. */
  head(line: string): void {
    this.#head = line;
    this.#line(line);
  }

  write(entry: CaptureEntry): void {
    this.#line(captureLine(entry));
  }

  flush(): void {
    const lines = this.#lines;
    this.#lines = '';
    if (this.#file === null || lines === '') return;
    try {
      const full = this.#bytes > 0 && this.#bytes + Buffer.byteLength(lines) > (this.#options.maxBytes ?? 67_108_864);
      if (full) this.#file = this.#rotate(this.#file);
      const bytes = Buffer.from(full ? this.#headed(lines) : lines);
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

  #line(line: string): void {
    if (this.#file === null) return;
    this.#lines += `${line}\n`;
    if (this.#lines.length >= FLUSH_CHARS) this.flush();
  }

  /** A file of its own needs a head first, which may stand there already. */
  #headed(lines: string): string {
    return this.#head === '' || lines.startsWith(`${this.#head}\n`) ? lines : `${this.#head}\n${lines}`;
  }

  #giveUp(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.warn({ path: this.#options.path, remedy: 'free space on the disk, then start the capture again' }, `capture ended: ${message}`);
    this.#file = null;
    this.#broken = true;
  }
}
