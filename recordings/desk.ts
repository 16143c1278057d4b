/** What the work on one recording needs: the ports it was given and the settings with their defaults. */
import { availableParallelism } from 'node:os';
import type { Clock, Log, RecordingRow } from '../core/ports.ts';
import type { PbxId } from '../core/words.ts';
import type { RoomKeeper } from './disk.ts';
import type { DiskWrites } from './disk-writes.ts';
import type { EncoderWatch } from './lame-watch.ts';
import type { Launcher } from './launcher.ts';
import type { Timers } from './lame.ts';
import { ownTurn } from './turn.ts';
import type { Ledger } from './ledger.ts';
import type { DiskReads } from './open-file.ts';
import type { Publish } from './publisher.ts';
import type { CopyAway } from './storage/store-away.ts';

/** `recording:` of the config, and what the app adds to it. */
export interface RecordingSettings {
  /** 8 … 320; telephone sound (8 kHz) has no use for more than 64. */
  readonly bitrateKbps: number;
  /** `stereo`: client left, employee right, where the kit wrote both sides; default `mono`. The bitrate counts for each channel. */
  readonly channels?: 'mono' | 'stereo' | undefined;
  /** Days that a WAV stays after its MP3 was handed over; 0 = not at all. */
  readonly keepWavDays: number;
  readonly minFreeMb: number;
  /** `<dataDir>/recordings`: where MP3s go when a recordings folder is read-only for us. */
  readonly fallbackFolder: string;
  /** Most lame at a time; default: one less than the machine has cores (the PBX keeps one), at least 1. */
  readonly encoders?: number | undefined;
  /** Program name or absolute path; default `lame`. */
  readonly lame?: string | undefined;
  /** Failures of one recording before it is `broken`; default 10 (about an hour and a half). */
  readonly maxFailures?: number | undefined;
}

export interface Ready { readonly path: string; readonly seconds: number; readonly bytes: number; readonly sha256: string }
/**
 * Called once the MP3 is verified and stored. It must put the row into state `uploaded` together with the fact `recording-ready`
 * (`RecordingStore.ready`), or throw. It may be called again for the same recording after a crash.
 */
export type OnReady = (row: RecordingRow, ready: Ready) => void;
/** Whether the channel that wrote this file is gone for certain (CoreShowChannels). Asked when the PBX did not say the end itself. */
export type RecorderGone = (row: RecordingRow) => boolean;

export interface Desk {
  readonly ledger: Ledger;
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly settings: RecordingSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly recorderGone: RecorderGone | null;
  readonly random: () => number;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  /** Runs one encoding when an encoder is free. */
  readonly encoder: <Value>(work: () => Promise<Value>) => Promise<Value>;
  /** Where lame is, and whether it works at all. */
  readonly lame: EncoderWatch;
  readonly launcher: Launcher;
  readonly disk: DiskWrites;
  readonly reads: DiskReads;
  readonly publish: Publish;
  readonly room: RoomKeeper;
  /** Copies a verified MP3 to its second place before it is handed over; null = it stays on this machine alone. */
  readonly copyAway: CopyAway | null;
}

export const DEFAULT_MAX_FAILURES = 10;
/**
 * A row that was concluded, not announced, and whose header is open: its channel is known to be gone, and the file must have been left
 * alone for this long besides (a running recorder writes 64 KiB every 4.1 s, asterisk-facts 4). Either alone proves nothing.
 */
export const QUIET_MS = 120_000;

export const encodersOf = (settings: RecordingSettings): number => Math.max(1, settings.encoders ?? availableParallelism() - 1);

/** At most `limit` pieces of work at a time, first come first served. */
export function createSlots(limit: number): Desk['encoder'] {
  let free = limit;
  const waiting: (() => void)[] = [];
  const enter = (): Promise<void> => {
    if (free > 0) { free -= 1; return Promise.resolve(); }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = (): void => { const next = waiting.shift(); if (next === undefined) free += 1; else next(); };
  return async (work) => {
    await enter();
    try { return await work(); } finally { leave(); await ownTurn(); }
  };
}
