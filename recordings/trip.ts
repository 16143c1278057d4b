/** One row on its way, and the four things that can happen to it: its state changes, it waits for the world, it failed, it is broken. */
import path from 'node:path';
import type { RecordingPatch, RecordingRow } from '../core/ports.ts';
import { DEFAULT_MAX_FAILURES, type Desk } from './desk.ts';
import { mp3Places, wavIn, type Mp3Places } from './paths.ts';
import { afterFailure, afterRefusal } from './retry.ts';
import type { FileIdentity, WavLook } from './wav.ts';

export interface Trip {
  row: RecordingRow;
  readonly wav: string;
  readonly places: Mp3Places;
  /** The WAV that this run encoded; null when it did not. */
  encoded: FileIdentity | null;
  /** What the step before saw of the WAV, when nothing was changed since. */
  look: WavLook | null;
  readonly desk: Desk;
}
/** Whether the next step can follow at once. */
export type Going = 'on' | 'rest';

export const maxFailures = ({ settings }: Desk): number => settings.maxFailures ?? DEFAULT_MAX_FAILURES;

/** Null when the row can go nowhere; it then has its reason. */
export function begin(row: RecordingRow, desk: Desk): Trip | null {
  const folder = desk.folders.get(row.pbx);
  const wav = folder === undefined ? null : wavIn(folder, row.file);
  if (wav !== null) {
    const places = mp3Places(wav, desk.settings.fallbackFolder, row.pbx, row.file);
    return { row, wav, places, encoded: null, look: null, desk };
  }
  const trip = { row, wav: '', places: { beside: '', fallback: '' }, encoded: null, look: null, desk };
  if (folder === undefined) refuse(trip, `no recordings folder is configured for the PBX ${row.pbx}`);
  else breakOff(trip, 'its name is not YYYY/MM/DD/<name>.wav: not one of the kit, and not safe to follow');
  return null;
}

/** Into the store first: what this run believes is never ahead of what a restart will find. */
export function save(trip: Trip, change: RecordingPatch): void {
  trip.desk.store.patch(trip.row.id, change, trip.desk.clock.now());
  trip.row = { ...trip.row, ...change };
}

/** The world is to blame: the row waits and no attempt is counted. */
export function refuse(trip: Trip, reason: string): Going {
  const { desk, row } = trip;
  if (row.reason !== reason) desk.log.warn({ recording: row.id, reason }, 'recording waits');
  save(trip, { reason, notBefore: afterRefusal(desk.clock.now(), desk.random) });
  return 'rest';
}

/** The recording is to blame: an attempt is counted, the last one makes it `broken`. */
export function fail(trip: Trip, reason: string): void {
  const { desk, row } = trip;
  const attempts = row.attempts + 1;
  if (attempts >= maxFailures(desk)) { breakOff(trip, reason, attempts); return; }
  desk.log.warn({ recording: row.id, reason, attempts }, 'recording failed, will be tried again');
  save(trip, { attempts, reason, notBefore: afterFailure(desk.clock.now(), attempts, desk.random) });
}

function breakOff(trip: Trip, reason: string, attempts = trip.row.attempts): void {
  trip.desk.log.error({ recording: trip.row.id, reason, wav: path.basename(trip.wav) }, 'recording is broken: its file stays, "spool retry" tries again');
  save(trip, { state: 'broken', reason, attempts });
}
