/** A recordings folder, a store in memory and a worker over them, for tests of the spool. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Log, RecordingRow, RecordingStore } from '../../core/ports.ts';
import { factId, instant, type PbxId } from '../../core/words.ts';
import type { Fact } from '../../core/facts.ts';
import { createRoomKeeper } from '../../recordings/disk.ts';
import { createLedger } from '../../recordings/ledger.ts';
import { realReads } from '../../recordings/open-file.ts';
import { createPublisher } from '../../recordings/publisher.ts';
import { copierTo } from '../../recordings/storage/store-away.ts';
import type { Storage } from '../../recordings/storage/storage.ts';
import { realDisk } from '../../recordings/disk-writes.ts';
import { createSlots, type Desk, type OnReady, type RecordingSettings } from '../../recordings/desk.ts';
import { createEncoderWatch } from '../../recordings/lame-watch.ts';
import { createLauncher } from '../../recordings/launcher.ts';
import { realTimers } from '../../recordings/lame.ts';

export const MAIN = 'main' as PbxId;
export const FILE = '2026/11/20/call-1790.17.wav';
export const MP3 = '2026/11/20/call-1790.17.mp3';

export interface Said { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
export function listeningLog(): Log & { readonly said: Said[] } {
  const said: Said[] = [];
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string): void => { said.push({ level, message, fields }); };
  const log = { said, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (): Log => log };
  return log;
}

/** What the app does: the fact and the state in one transaction. */
export const appOnReady = (store: RecordingStore): OnReady => (row, ready) => {
  const fact: Fact = {
    kind: 'recording-ready', id: factId(row.call, `recording-ready:${row.file}`), pbx: row.pbx, call: row.call, linkedid: '1790.17' as never, at: instant(1), certain: true, source: 'live', because: { event: 'recording-ended', leg: null, word: row.file },
    recording: row.id, ...ready,
  };
  store.ready(row.id, { state: 'uploaded' }, fact, [], instant(1));
};

export interface Spool { readonly folder: string; readonly data: string; readonly settings: RecordingSettings }
export function spoolIn(folder: string, lame?: string): Spool {
  const [below, data] = [path.join(folder, 'continuous'), path.join(folder, 'data')];
  return { folder: below, data, settings: { bitrateKbps: 64, keepWavDays: 0, minFreeMb: 0, fallbackFolder: data, encoders: 2, lame } };
}

/** What a test may give instead of the desk's own, and what the desk's ledger and its copies are made of. */
export type DeskGiven = Partial<Desk> & { readonly onReady?: OnReady; readonly storage?: Storage };

export function deskOf(spool: Spool, store: RecordingStore, { onReady = appOnReady(store), storage, ...given }: DeskGiven = {}): Desk {
  const [clock, log, disk] = [given.clock ?? { now: () => instant(Date.now()) }, given.log ?? listeningLog(), given.disk ?? realDisk];
  return {
    ledger: createLedger({ store, clock, onReady }), folders: new Map([[MAIN, spool.folder]]), settings: spool.settings, clock, log,
    recorderGone: null, random: () => 1, timers: realTimers, signal: new AbortController().signal,
    reads: realReads, publish: createPublisher(disk, { gatherMs: 0, most: 1 }), copyAway: copierTo({ storage, store, clock, signal: given.signal ?? new AbortController().signal }),
    encoder: createSlots(2), disk, launcher: createLauncher(() => Promise.resolve([])), lame: createEncoderWatch({ name: (given.settings ?? spool.settings).lame ?? 'lame', clock, log }),
    room: createRoomKeeper({ minFreeMb: (given.settings ?? spool.settings).minFreeMb, makeRoom: null, clock, log, disk }), ...given,
  };
}

/** Every file below a folder, sorted. */
export function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
  } catch {
    return [];
  }
}

export const rowOf = (store: RecordingStore, row: RecordingRow): RecordingRow => {
  const now = store.get(row.id);
  if (now === null) throw new Error(`row ${row.id} is gone`);
  return now;
};
