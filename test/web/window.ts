/** A window over recordings in memory and sound on a real disk, a clock that the test turns, a log that it reads; and requests as they are, byte by byte. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Log, RecordingRow } from '../../core/ports.ts';
import { DEFAULT_TENANT, instant, type TenantId } from '../../core/words.ts';
import { recordingOpener } from '../../recordings/storage/open-recording.ts';
import { localStorage } from '../../recordings/storage/storage.ts';
import { linkTo } from '../../web/links.ts';
import { type RecordingTools, recordingRoute } from '../../web/recordings.ts';
import { type WebOptions, WebServer } from '../../web/server.ts';
import { type MemoryRecordings, memoryRecordings, recordingRow } from '../fakes/stores.ts';

export const KEY = 'a-key-of-the-test-that-is-long-enough-1';
export const OLD_KEY = 'an-older-key-of-the-test-long-enough-2';
export const FILE = '2026/11/20/call-1790.17.wav';
export const ID = `main/${FILE}`;
/** 2026-11-20T12:00:00Z. */
export const NOON = 1_795_176_000_000;
const NOON_SECONDS = NOON / 1000;

export interface Line { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
/** Lines as they come; `next` resolves with the first one, past or future, that is as asked. */
export class Lines {
  readonly all: Line[] = [];
  #waiting: (() => void)[] = [];

  get log(): Log {
    const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string): void => {
      this.all.push({ level, message, fields });
      for (const wake of this.#waiting.splice(0)) wake();
    };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => this.log };
  }

  async next(so: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.all.find(so);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => { this.#waiting.push(resolve); });
    }
  }
}

export interface Answered { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly text: string }
export interface AskOptions { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

/** The path goes out as it is: no client in between makes it tidy. */
export function ask(address: string, path: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<Answered> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(parts);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, text: whole.toString() });
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** A connection that says what the test says. It ends with the test. */
export async function dial(t: Test, address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  t.teardown(() => { socket.destroy(); });
  await once(socket, 'connect');
  return socket;
}

export interface Bench {
  readonly address: string;
  readonly web: WebServer;
  readonly sound: Buffer;
  readonly path: string;
  readonly store: MemoryRecordings;
  readonly lines: Lines;
  /** Milliseconds; the test turns it. */
  readonly clock: { at: number };
  /** A link that opens for a minute, or as said. */
  readonly link: (over?: { readonly id?: string; readonly seconds?: number; readonly tenant?: string; readonly key?: string }) => string;
}
export interface BenchOptions {
  readonly bytes?: number;
  readonly row?: Partial<RecordingRow>;
  readonly tools?: Partial<RecordingTools>;
  readonly web?: Partial<WebOptions>;
}

export async function bench(t: Test, { bytes = 100_000, row = {}, tools = {}, web: options = {} }: BenchOptions = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'callme-web-'));
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }); });
  const sound = Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + (index >> 8)) & 0xff));
  const path = join(folder, 'sound.mp3');
  writeFileSync(path, sound);
  const sha256 = createHash('sha256').update(sound).digest('hex');
  const store = memoryRecordings(recordingRow('main', FILE, { state: 'told', mp3: path, bytes, sha256, seconds: 12, createdAt: instant(NOON - 3_600_000), ...row }));
  const lines = new Lines();
  const clock = { at: NOON };
  const now = { now: () => instant(clock.at) };
  const route = recordingRoute({ tenant: DEFAULT_TENANT, keys: [KEY, OLD_KEY], store, open: recordingOpener(localStorage), clock: now, log: lines.log, ...tools });
  const web = new WebServer({ host: '127.0.0.1', port: 0, version: '1.2.3', readiness: () => ({ ready: true, checks: {} }), log: lines.log, routes: [route], ...options });
  await web.start();
  t.teardown(() => web.stop());
  return {
    address: web.address ?? '', web, sound, path, store, lines, clock,
    link: ({ id = ID, seconds = 60, tenant = DEFAULT_TENANT, key = KEY } = {}) => linkTo({ tenant: tenant as TenantId, recording: id as never, expires: NOON_SECONDS + seconds }, key),
  };
}
