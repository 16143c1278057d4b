/** One row on its way, and the four things that can happen to it: its state changes, it waits for the world, it failed, it is broken. */
import path from 'node:path';
import type { RecordingPatch, RecordingRow } from '../core/ports.ts';
import type { Instant } from '../core/words.ts';
import { DEFAULT_MAX_FAILURES, type Desk } from './desk.ts';
import { mp3Places, wavIn, type Mp3Places } from './paths.ts';
import { afterFailure, afterRefusal, whileOpen } from './retry.ts';
import type { FileIdentity, WavLook } from './wav.ts';

export interface Trip {
  /** As far as this run has come. */
  row: RecordingRow;
  /** What of it the store does not know yet: a restart finds it out by itself, so it goes with the next thing that must be written down. */
  ahead: RecordingPatch;
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
export async function begin(row: RecordingRow, desk: Desk): Promise<Trip | null> {
  const folder = desk.folders.get(row.pbx);
  const wav = folder === undefined ? null : wavIn(folder, row.file);
  if (wav !== null) {
    const places = mp3Places(wav, desk.settings.fallbackFolder, row.pbx, row.file);
    return { row, ahead: {}, wav, places, encoded: null, look: null, desk };
  }
  const trip = { row, ahead: {}, wav: '', places: { beside: '', fallback: '' }, encoded: null, look: null, desk };
  if (folder === undefined) await refuse(trip, `no recordings folder is configured for the PBX ${row.pbx}`);
  else await breakOff(trip, 'its name is not YYYY/MM/DD/<name>.wav: not one of the kit, and not safe to follow');
  return null;
}

/** Into the store first: whatever a restart could not find out by itself is committed before the next step begins. */
export async function save(trip: Trip, change: RecordingPatch): Promise<void> {
  await trip.desk.ledger.patch(trip.row.id, { ...trip.ahead, ...change });
  trip.row = { ...trip.row, ...change };
  trip.ahead = {};
}

/** For what the files themselves prove again to whoever looks at them: a commit for each step would cost more than the step. */
export function advance(trip: Trip, change: RecordingPatch): void {
  trip.row = { ...trip.row, ...change };
  trip.ahead = { ...trip.ahead, ...change };
}

/** The world is to blame: the row waits and no attempt is counted. */
export const refuse = (trip: Trip, reason: string): Promise<Going> => wait(trip, reason, afterRefusal(trip.desk.clock.now(), trip.desk.random));

/** Its recorder may still be writing: asked again soon where the PBX can tell, else when the file has come to rest. */
export function waitForRecorder(trip: Trip, reason: string): Promise<Going> {
  const { desk: { clock, random, recorderGone }, row } = trip;
  return recorderGone === null ? refuse(trip, reason) : wait(trip, reason, whileOpen(clock.now(), row.createdAt, random));
}

async function wait(trip: Trip, reason: string, notBefore: Instant): Promise<Going> {
  const { desk, row } = trip;
  if (row.reason !== reason) desk.log.warn({ recording: row.id, reason }, 'recording waits');
  await save(trip, { reason, notBefore });
  return 'rest';
}

/** The recording is to blame: an attempt is counted, the last one makes it `broken`. */
export async function fail(trip: Trip, reason: string): Promise<void> {
  const { desk, row } = trip;
  const attempts = row.attempts + 1;
  if (attempts >= maxFailures(desk)) { await breakOff(trip, reason, attempts); return; }
  desk.log.warn({ recording: row.id, reason, attempts }, 'recording failed, will be tried again');
  await save(trip, { attempts, reason, notBefore: afterFailure(desk.clock.now(), attempts, desk.random) });
}

function breakOff(trip: Trip, reason: string, attempts = trip.row.attempts): Promise<void> {
  trip.desk.log.error({ recording: trip.row.id, reason, wav: path.basename(trip.wav) }, 'recording is broken: its file stays, "spool retry" tries again');
  return save(trip, { state: 'broken', reason, attempts });
}
