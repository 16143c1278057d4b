/**
 * Works off the rows of the spool: `closed`, `spooled` and `encoded` ones that are due, several at a time. While one MP3 is verified,
 * synced and handed over, the next lame already runs: the encoders are the scarce thing, so more rows are on their way than encoders. The work
 * itself is done in the workshop; here is the store. Longer than most files: what is due, what is on its way, and the two looks at the disk.
 */
import type { Clock, Log, RecordingRow, RecordingStore, Service } from '../core/ports.ts';
import { instant, type Instant, type PbxId, type RecordingId } from '../core/words.ts';
import { encodersOf, type OnReady, type RecorderGone, type RecordingSettings } from './desk.ts';
import { createDiskWatch, type MakeRoom } from './disk.ts';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { codeOf, sentence } from './errors.ts';
import { realTimers, type Timers } from './lame.ts';
import { createLedger } from './ledger.ts';
import { realReads } from './open-file.ts';
import { fallbackOf, mp3Places, partOf, wavIn } from './paths.ts';
import type { Storage } from './storage/storage.ts';
import { copierTo } from './storage/store-away.ts';
import { purgeWavs, removeParts, type Leftover, type LeftoverAsk } from './sweep.ts';
import { threadedWorkshop } from './workshop-thread.ts';
import { createWorkshop, type Workshop } from './workshop.ts';

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
  /** For tests. Whoever brings one of these works in this very thread: functions cannot be handed to another. */
  readonly disk?: DiskWrites | undefined;
  readonly timers?: Timers | undefined;
  readonly random?: (() => number) | undefined;
}
export interface RecordingWorker extends Service {
  /** New rows may be there. Cheap, and may be called at any time. */
  wake(): void;
  /** WAVs below a folder whose recorder is finished, known or not, some hundreds at a time. Rejects with the signal's reason. */
  leftovers(folder: string, ask: LeftoverAsk): AsyncGenerator<readonly Leftover[], undefined>;
}

/** A store that throws, or a bug, must not become a busy loop: that row rests, and only in memory. */
const REST_MS = 30_000;
/** The longest and shortest wait for a row that is due later: wake() is the rule, this is the safety net. */
const LONGEST_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1000;
const SWEEP_MS = 3_600_000;
/** Rows that are prepared, verified, wait for the group in which they are put under their names, or for a commit. */
const MORE_THAN_ENCODERS = 16;
/** Rows that one question to the store brings. */
const PAGE = 64;
/** A disk that runs low is said within this time, not at the next sweep: a busy PBX writes 100 MB a minute. */
const DISK_MS = 60_000;

export function createRecordingWorker(parts: RecordingWorkerParts): RecordingWorker {
  const { store, folders, settings, clock, log } = parts;
  const timers = parts.timers ?? realTimers;
  const most = MORE_THAN_ENCODERS + encodersOf(settings) * 4;
  const busy = new Map<RecordingId, Promise<void>>();
  /** Due rows that were read with others and wait for a place: one question to the store for many of them. */
  let waiting: readonly RecordingRow[] = [];
  const resting = new Map<RecordingId, Instant>();
  const disk = createDiskWatch([...folders.values(), settings.fallbackFolder], settings.minFreeMb, log, parts.disk ?? realDisk);
  const partsUnderWay = new Set<string>();
  let stopping = new AbortController();
  let state: 'idle' | 'running' | 'stopped' = 'idle';
  let cancelWake = (): void => undefined;
  let cancelSweep = (): void => undefined;
  let cancelLook = (): void => undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let looking: Promise<void> = Promise.resolve();
  let workshop = newWorkshop();
  let going = false;

  function newWorkshop(): Workshop {
    const { onReady, recorderGone = null, makeRoom = null, storage } = parts;
    const house = {
      folders, settings, clock, log, recorderGone, makeRoom, ledger: createLedger({ store, clock, onReady }), copyAway: copierTo({ storage, store, clock, signal: stopping.signal }),
    };
    const here = parts.disk !== undefined || parts.timers !== undefined || parts.random !== undefined;
    if (!here) return threadedWorkshop(house);
    return createWorkshop({ ...house, timers, disk: parts.disk ?? realDisk, reads: realReads, random: parts.random ?? Math.random });
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
    const room = most - busy.size;
    if (room <= 0) return [];
    if (waiting.length < room) waiting = due();
    const rows = waiting.slice(0, room);
    waiting = waiting.slice(room);
    return rows;
  }

  /** A page of them, without those that are on their way or rest. */
  function due(): readonly RecordingRow[] {
    const now = clock.now();
    for (const [id, until] of resting) if (until <= now) resting.delete(id);
    return store.due(now, PAGE + busy.size + resting.size).filter((row) => !busy.has(row.id) && !resting.has(row.id));
  }

  function begin(row: RecordingRow): void {
    const parts = partsOf(row);
    for (const part of parts) partsUnderWay.add(part);
    const work = workshop.workOff(row)
      .catch((error: unknown) => {
        // It did not come to its end before the deadline of the stop: it is as the store has it.
        if (codeOf(error) === 'STOPPED') return;
        resting.set(row.id, instant(clock.now() + REST_MS));
        log.error({ recording: row.id, reason: sentence(error) }, 'recording left as it is: the store failed, or a bug');
      })
      .finally(() => { busy.delete(row.id); for (const part of parts) partsUnderWay.delete(part); goOn(); });
    busy.set(row.id, work);
  }

  /** Recordings come to their end in groups: one look at what is due for each group. */
  function goOn(): void {
    if (going) return;
    going = true;
    setImmediate(() => { going = false; pump(); if (busy.size === 0) workshop.rest(); });
  }

  /** What lame may write for a row that is on its way: the sweep leaves it alone. */
  function partsOf(row: RecordingRow): readonly string[] {
    const wav = wavIn(folders.get(row.pbx) ?? '/', row.file);
    if (wav === null) return [];
    const { beside, fallback } = mp3Places(wav, settings.fallbackFolder, row.pbx, row.file);
    return [partOf(beside), partOf(fallback)];
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
      const purge = { pbx, folder, store, keepWavDays: settings.keepWavDays, now: clock.now(), signal, log, disk: parts.disk };
      const wavs = await purgeWavs(purge);
      let partFiles = 0;
      for (const place of [folder, fallbackOf(settings.fallbackFolder, pbx)]) partFiles += await removeParts(place, partsUnderWay, signal, parts.disk);
      if (partFiles + wavs > 0) log.info({ pbx, partFiles, wavs }, 'leftovers removed');
    }
  }

  async function stop(deadlineMs: number): Promise<void> {
    if (state === 'running') { state = 'stopped'; cancelWake(); cancelSweep(); cancelLook(); stopping.abort(); workshop.stop(); waiting = []; }
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => { cancel = timers.after(deadlineMs, resolve); });
    await Promise.race([Promise.allSettled([...busy.values(), sweeping, looking]), late]);
    cancel();
    workshop.close();
  }

  function start(): Promise<void> {
    if (state === 'running') return Promise.resolve();
    if (state === 'stopped') { stopping = new AbortController(); workshop = newWorkshop(); }
    state = 'running';
    lookAtDisk();
    sweep();
    pump();
    return Promise.resolve();
  }

  return { start, stop, wake: pump, leftovers: (folder, ask) => workshop.leftovers(folder, ask) };
}
