/**
 * Works off the rows of the spool: `closed`, `spooled` and `encoded` ones that are due, several at a time. While one MP3 is verified,
 * synced and handed over, the next lame already runs: the encoders are the scarce thing, so more rows are on their way than encoders.
 */
import type { Clock, Log, RecordingRow, RecordingStore, Service } from '../core/ports.ts';
import { instant, type Instant, type PbxId, type RecordingId } from '../core/words.ts';
import { createSlots, encodersOf, type Desk, type OnReady, type RecorderGone, type RecordingSettings } from './desk.ts';
import { createDiskWatch, createRoomKeeper, type MakeRoom } from './disk.ts';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { sentence } from './errors.ts';
import { workOff } from './job.ts';
import { findIonice } from './lame-command.ts';
import { createEncoderWatch } from './lame-watch.ts';
import { createLauncher } from './launcher.ts';
import { realTimers, type Timers } from './lame.ts';
import { fallbackOf } from './paths.ts';
import type { Storage } from './storage/storage.ts';
import { purgeWavs, removeParts } from './sweep.ts';

export type { OnReady, Ready, RecorderGone, RecordingSettings } from './desk.ts';
export type { MakeRoom } from './disk.ts';

export interface RecordingWorkerParts {
  readonly store: RecordingStore;
  /** Where each PBX's recordings folder is, as this machine sees it. */
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly settings: RecordingSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly onReady: OnReady;
  /** Without it, a row that is not certain and has an open header waits until its file was left alone for two minutes. */
  readonly recorderGone?: RecorderGone | undefined;
  /** Asked, at most once a minute, when the disk of a folder is below minFreeMb: what policy allows to go goes then. */
  readonly makeRoom?: MakeRoom | undefined;
  readonly storage?: Storage | undefined;
  readonly disk?: DiskWrites | undefined;
  readonly timers?: Timers | undefined;
  readonly random?: (() => number) | undefined;
}
export interface RecordingWorker extends Service {
  /** New rows may be there. Cheap, and may be called at any time. */
  wake(): void;
}

/** A store that throws, or a bug, must not become a busy loop: that row rests, and only in memory. */
const REST_MS = 30_000;
/** The longest and shortest wait for a row that is due later: wake() is the rule, this is the safety net. */
const LONGEST_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1000;
const SWEEP_MS = 3_600_000;
/** A disk that runs low is said within this time, not at the next sweep: a busy PBX writes 100 MB a minute. */
const DISK_MS = 60_000;

export function createRecordingWorker(parts: RecordingWorkerParts): RecordingWorker {
  const { store, folders, settings, clock, log } = parts;
  const timers = parts.timers ?? realTimers;
  const given = { disk: parts.disk ?? realDisk, launcher: createLauncher(findIonice), lame: createEncoderWatch({ name: settings.lame ?? 'lame', clock, log }) };
  const room = createRoomKeeper({ minFreeMb: settings.minFreeMb, makeRoom: parts.makeRoom ?? null, clock, log, disk: given.disk });
  const encoders = encodersOf(settings);
  const busy = new Map<RecordingId, Promise<void>>();
  const resting = new Map<RecordingId, Instant>();
  const disk = createDiskWatch([...folders.values(), settings.fallbackFolder], settings.minFreeMb, log, given.disk);
  let stopping = new AbortController();
  let state: 'idle' | 'running' | 'stopped' = 'idle';
  let cancelWake = (): void => undefined;
  let cancelSweep = (): void => undefined;
  let cancelLook = (): void => undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let looking: Promise<void> = Promise.resolve();
  let desk = newDesk();

  function newDesk(): Desk {
    const { onReady, recorderGone = null, random = Math.random } = parts;
    return { store, folders, settings, clock, log, onReady, recorderGone, random, timers, room, storage: parts.storage, ...given, signal: stopping.signal, parts: new Set(), encoder: createSlots(encoders) };
  }

  function pump(): void {
    if (state !== 'running') return;
    cancelWake();
    try {
      for (const row of startable()) begin(row);
      sleep();
    } catch (error) {
      log.error({ reason: sentence(error) }, 'the store of recordings failed, will be asked again');
      cancelWake = timers.after(REST_MS, pump);
    }
  }

  function startable(): readonly RecordingRow[] {
    const now = clock.now();
    for (const [id, until] of resting) if (until <= now) resting.delete(id);
    const room = encoders * 2 + 1 - busy.size;
    if (room <= 0) return [];
    const due = store.due(now, room + busy.size + resting.size);
    return due.filter((row) => !busy.has(row.id) && !resting.has(row.id)).slice(0, room);
  }

  function begin(row: RecordingRow): void {
    const work = Promise.resolve().then(() => workOff(row, desk))
      .catch((error: unknown) => {
        resting.set(row.id, instant(clock.now() + REST_MS));
        log.error({ recording: row.id, reason: sentence(error) }, 'recording left as it is: the store failed, or a bug');
      })
      .finally(() => { busy.delete(row.id); pump(); if (busy.size === 0) given.launcher.rest(); });
    busy.set(row.id, work);
  }

  function sleep(): void {
    const now = clock.now();
    const next = Math.min(store.nextDue(now) ?? Infinity, ...resting.values());
    cancelWake = timers.after(Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, next - now)), pump);
  }

  function sweep(): void {
    sweeping = sweepAll().catch((error: unknown) => { if (!stopping.signal.aborted) log.warn({ reason: sentence(error) }, 'sweep failed'); });
    cancelSweep = timers.after(SWEEP_MS, sweep);
  }

  function lookAtDisk(): void {
    cancelLook = timers.after(DISK_MS, lookAtDisk);
    looking = disk.look().catch((error: unknown) => { log.warn({ reason: sentence(error) }, 'the free space could not be looked at'); });
  }

  async function sweepAll(): Promise<void> {
    const { signal } = stopping;
    for (const [pbx, folder] of folders) {
      const purge = { pbx, folder, store, keepWavDays: settings.keepWavDays, now: clock.now(), signal, log, disk: given.disk };
      const wavs = await purgeWavs(purge);
      let partFiles = 0;
      for (const place of [folder, fallbackOf(settings.fallbackFolder, pbx)]) partFiles += await removeParts(place, desk.parts, signal, given.disk);
      if (partFiles + wavs > 0) log.info({ pbx, partFiles, wavs }, 'leftovers removed');
    }
  }

  async function stop(deadlineMs: number): Promise<void> {
    if (state === 'running') { state = 'stopped'; cancelWake(); cancelSweep(); cancelLook(); stopping.abort(); }
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => { cancel = timers.after(deadlineMs, resolve); });
    await Promise.race([Promise.allSettled([...busy.values(), sweeping, looking]), late]);
    cancel();
  }

  function start(): Promise<void> {
    if (state === 'running') return Promise.resolve();
    if (state === 'stopped') { stopping = new AbortController(); desk = newDesk(); }
    state = 'running';
    lookAtDisk();
    sweep();
    pump();
    return Promise.resolve();
  }

  return { start, stop, wake: pump };
}
