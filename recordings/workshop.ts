/**
 * Where recordings are worked off: looked at, listened to, encoded, verified, put under their name. `callme serve` does it in a thread of its own
 * (workshop-thread.ts), so that no caller waits behind it and a file costs no hop through a thread pool; a test does it in place.
 */
import type { Clock, Log, RecordingRow } from '../core/ports.ts';
import { createSlots, encodersOf, type Desk, type RecorderGone, type RecordingSettings } from './desk.ts';
import { createRoomKeeper, type MakeRoom } from './disk.ts';
import type { DiskWrites } from './disk-writes.ts';
import { workOff } from './job.ts';
import { findIonice } from './lame-command.ts';
import { createEncoderWatch } from './lame-watch.ts';
import { createLauncher } from './launcher.ts';
import type { Timers } from './lame.ts';
import type { Ledger } from './ledger.ts';
import type { DiskReads } from './open-file.ts';
import { createPublisher } from './publisher.ts';
import type { CopyAway } from './storage/store-away.ts';
import { leftoverBatches, type Leftover, type LeftoverAsk } from './sweep.ts';
import type { PbxId } from '../core/words.ts';

export interface Workshop {
  /** Works a row off as far as it goes now. Rejects only when the store failed or on a bug of ours; the row then stays as it is. */
  workOff(row: RecordingRow): Promise<void>;
  /** WAVs below a folder whose recorder is finished, some hundreds at a time. Rejects with the signal's reason. */
  leftovers(folder: string, ask: LeftoverAsk): AsyncGenerator<readonly Leftover[], undefined>;
  /** Nothing is on its way: what can be let go is let go. */
  rest(): void;
  /** Kills what runs, and does not wait for it. What is on its way comes to its end. */
  stop(): void;
  /** When nothing is on its way any more. */
  close(): void;
}

export interface WorkshopParts {
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly settings: RecordingSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly recorderGone: RecorderGone | null;
  readonly makeRoom: MakeRoom | null;
  readonly copyAway: CopyAway | null;
  readonly random: () => number;
  readonly timers: Timers;
  readonly disk: DiskWrites;
  readonly reads: DiskReads;
}

/** A rush brings one recording in some milliseconds; who comes alone is not late by this. */
const GATHER = { gatherMs: 60, most: 16 };

export function createWorkshop(parts: WorkshopParts): Workshop {
  const { folders, settings, clock, log, ledger, recorderGone, random, timers, disk, reads, copyAway } = parts;
  const stopping = new AbortController();
  const launcher = createLauncher(findIonice);
  const desk: Desk = {
    folders, settings, clock, log, ledger, recorderGone, random, timers, disk, reads, copyAway, launcher, signal: stopping.signal,
    encoder: createSlots(encodersOf(settings)), lame: createEncoderWatch({ name: settings.lame ?? 'lame', clock, log }),
    room: createRoomKeeper({ minFreeMb: settings.minFreeMb, makeRoom: parts.makeRoom, clock, log, disk }), publish: createPublisher(disk, GATHER),
  };
  return {
    workOff: (row) => workOff(row, desk),
    leftovers: (folder, ask) => leftoverBatches(folder, { reads, ...ask }),
    rest: () => { launcher.rest(); },
    stop: () => { stopping.abort(); },
    close: () => { launcher.rest(); },
  };
}
