/**
 * Loaded into a process, and into each thread of it, before everything else (`node --import`): every change of a disk, every write to the store, every start of a program and every
 * word to a bucket that comes out of recordings/ passes here, whoever wrote that line and whenever. That is a boundary. The process writes them down,
 * dies at one of them (SIGKILL, as a power failure would), or finds the disk full from one of them on. No line of the product knows of it.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';

/** `trace`: append each boundary to `out`. `kill`: die at `key`, before or after it. `full`: ENOSPC from `key` on, on
 * the disk of that boundary (the store's, or that of the recordings). `full everywhere`: both are one disk. `off`: as if it were not loaded. */
export interface Order { readonly mode: 'trace' | 'kill' | 'full' | 'full everywhere' | 'off'; readonly key: string; readonly when: 'before' | 'after'; readonly out: string }
/** One boundary: its name (`''` = none, only a look; `rename files.ts:11 < encode.ts:100`, `#2` where the same came before), and all lines of recordings/ that led to it. */
export interface Boundary { readonly key: string; readonly frames: readonly string[] }

export const ORDER = 'CALLME_TEST_BOUNDARY';
const order: Order = process.env[ORDER] === undefined ? { mode: 'off', key: '', when: 'before', out: '' } : JSON.parse(process.env[ORDER]) as Order;

/** What node:fs may be asked for in recordings/ because it passes here, or because it changes nothing. */
export const CHANGES = ['appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'link', 'lutimes', 'mkdir', 'mkdtemp', 'rename', 'rm', 'rmdir', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile'] as const;
const LOOKS = ['access', 'lstat', 'open', 'opendir', 'readFile', 'readdir', 'realpath', 'stat', 'statfs'] as const;
export const HARMLESS: readonly string[] = [...LOOKS, ...[...LOOKS, 'close', 'fstat', 'read'].map((name) => `${name}Sync`), 'constants', 'createReadStream', 'FileHandle', 'Stats'];
/** The same at once, and what is asked for by the number of an open file. */
export const CHANGES_AT_ONCE: readonly string[] = [...CHANGES.map((name) => `${name}Sync`), 'writeSync', 'fsyncSync', 'fdatasyncSync', 'ftruncateSync'];
/** Its end is told to the last of its words. */
export const CHANGES_TOLD = ['fsync', 'fdatasync'] as const;
const OF_A_HANDLE = ['appendFile', 'chmod', 'chown', 'datasync', 'sync', 'truncate', 'utimes', 'write', 'writeFile', 'writev'] as const;
/** A full disk lets go of things, and what is not on it does not care. */
const GOES_ON_A_FULL_DISK = /^(?:rm|rmdir|unlink|spawn|launch|bucket)/;

/** As they were: `appendFileSync` would go through what is wrapped here. */
const [openAsItWas, writeAsItWas, existsAsItWas] = [fs.openSync, fs.writeSync, fs.existsSync];
let trace = -1;
const seen = new Map<string, number>();
/** The disk is full for every thread: a file beside the disks says so. */
const FULL = path.join(tmpdir(), `callme-full-${process.pid}`);
let isFull = false;
Error.stackTraceLimit = 60;

function roomFrames(): readonly string[] {
  const frames = (new Error('where').stack ?? '').split('\n').flatMap((line) => /\/recordings\/((?:[\w-]+\/)*[\w-]+\.ts:\d+):\d+/.exec(line)?.[1] ?? []);
  return frames.filter((frame, index) => frames.indexOf(frame) === index && !frame.includes('.test.'));
}

function writeDown(met: Boundary): void {
  if (trace < 0) trace = openAsItWas(order.out, 'a');
  writeAsItWas(trace, `${JSON.stringify(met)}\n`);
}

function note(): void {
  const frames = order.mode === 'trace' ? roomFrames() : [];
  if (frames.length > 0) writeDown({ key: '', frames });
}

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('dead');
};
const full = (what: string): Error => Object.assign(new Error(`ENOSPC: no space left on device, ${what}`), { code: 'ENOSPC', errno: -28, syscall: what });

const isOfStore = (what: string): boolean => what.startsWith('store.');
const isOnFullDisk = (what: string): boolean => !GOES_ON_A_FULL_DISK.test(what) && (order.mode === 'full everywhere' || isOfStore(what) === isOfStore(order.key));

/** Whether this process has to die when the act is done. Throws where the disk is full. */
function meet(what: string): boolean {
  const frames = order.mode === 'off' ? [] : roomFrames();
  if (frames.length === 0) return false;
  const name = `${what} ${frames.slice(0, 3).join(' < ')}`;
  const count = (seen.get(name) ?? 0) + 1;
  seen.set(name, count);
  const key = count === 1 ? name : `${name} #${count}`;
  if (order.mode === 'trace') writeDown({ key, frames });
  const isHere = key === order.key;
  if (isHere && order.mode === 'kill' && order.when === 'before') die();
  isFull ||= order.mode.startsWith('full') && (isHere || existsAsItWas(FULL));
  if (isHere && isFull) writeAsItWas(openAsItWas(FULL, 'a'), '');
  if (isFull && isOnFullDisk(what)) throw full(what);
  return isHere && order.mode === 'kill';
}

type Act = (...words: unknown[]) => unknown;
const later = (act: Act, what: string): Act => async function (this: unknown, ...words: unknown[]) {
  const dies = meet(what);
  const value = await (act.apply(this, words) as Promise<unknown>);
  return dies ? die() : value;
};
const atOnce = (act: Act, what: string): Act => function (this: unknown, ...words: unknown[]) {
  const dies = meet(what);
  const value = act.apply(this, words);
  return dies ? die() : value;
};
const told = (act: Act, what: string): Act => function (this: unknown, ...words: unknown[]) {
  const [dies, end] = [meet(what), words.at(-1) as Act];
  return act.apply(this, [...words.slice(0, -1), (...ends: unknown[]) => (dies ? die() : end(...ends))]);
};
function wrap(of: object, names: readonly string[], how: (act: Act, what: string) => Act, prefix = ''): void {
  const methods = of as Record<string, unknown>;
  for (const name of names) {
    const act = methods[name];
    if (typeof act === 'function') methods[name] = how(act as Act, prefix + name);
  }
}

/** A child that is told what to run by its stdin (recordings/launcher.ts): each of its lines starts a program. */
function spawned(...words: unknown[]): unknown {
  const child = (spawnAsItWas as Act)(...words) as childProcess.ChildProcess;
  if (child.stdin !== null && roomFrames().some((frame) => frame.startsWith('launcher.ts'))) wrap(child.stdin, ['write'], (act) => atOnce(act, 'launch'));
  return child;
}
const spawnAsItWas = childProcess.spawn;

/** A word to something that is no disk of ours: `bucket put`. */
export const boundary = <Words extends readonly unknown[], Value>(what: string, act: (...words: Words) => Promise<Value>) => async (...words: Words): Promise<Value> => {
  const dies = meet(what);
  const value = await act(...words);
  return dies ? die() : value;
};

if (order.mode !== 'off') {
  const handle = await fs.promises.open('/dev/null');
  wrap(Object.getPrototypeOf(handle) as object, OF_A_HANDLE, later, 'file.');
  await handle.close();
  wrap(fs.promises, CHANGES, later);
  // No change by itself: it only shows which lines led to one.
  wrap(fs.promises, ['open'], (act) => function (this: unknown, ...words: unknown[]) { note(); return act.apply(this, words); });
  wrap(fs, ['openSync'], (act) => function (this: unknown, ...words: unknown[]) { note(); return act.apply(this, words); });
  wrap(fs, CHANGES_AT_ONCE, atOnce);
  wrap(fs, CHANGES_TOLD, told);
  // Nor is what the workshop's thread says to the house: it is said at the end of a turn, and whose line said it is seen where it asks for that. To die between
  // two threads is to die behind the last change of a disk, or in front of the next write to the store: both are boundaries.
  wrap(globalThis, ['setImmediate'], (act) => function (this: unknown, ...words: unknown[]) { note(); return act.apply(this, words); });
  wrap(StatementSync.prototype, ['run'], atOnce, 'store.');
  wrap(DatabaseSync.prototype, ['exec'], atOnce, 'store.');
  childProcess.spawn = atOnce(spawned, 'spawn') as typeof childProcess.spawn;
  syncBuiltinESMExports();
}
