/** spooled → encoded → uploaded, and the end of the WAV. */
import type { RecordingPatch } from '../core/ports.ts';
import { adoptMp3, encodeMp3, hear, type Encoded, type Mp3Found } from './encode.ts';
import { RecordingError } from './errors.ts';
import { inspectMp3 } from './mp3.ts';
import { purgeWav } from './purge.ts';
import { storeAway } from './storage/store-away.ts';
import { isFinished, withoutWav } from './takeover.ts';
import { advance, save, type Going, type Trip } from './trip.ts';
import { inspectWav } from './wav.ts';

export async function encode(trip: Trip): Promise<Going> {
  const look = trip.look ?? await inspectWav(trip.wav, trip.desk.reads);
  trip.look = null;
  if (look.kind === 'missing') return withoutWav(trip);
  const { truth, identity } = look;
  const usable = truth.kind === 'sound' || (truth.kind === 'lying' && isFinished(trip, identity));
  if (!usable) { await save(trip, { state: 'closed', reason: 'the WAV is not what it was' }); return 'on'; }
  const heard = await hear(trip, truth, identity);
  const adopted = await adoptMp3(trip, heard);
  const { found, note } = adopted === null ? await encodeMp3(trip, heard) : asLeft(adopted, trip);
  trip.encoded = identity;
  advance(trip, { state: 'encoded', ...found, silenceSeconds: heard.sound.silentSeconds, reason: note });
  return 'on';
}

/** An earlier run came as far as the MP3 and no further: why it was not made in stereo, only the log of that run knows. */
const asLeft = (found: Mp3Found, { desk }: Trip): Encoded =>
  ({ found, note: desk.settings.channels === 'stereo' && found.channels === 'mono' ? 'in mono: as an earlier run left it' : '' });

export async function handOver(trip: Trip): Promise<Going> {
  const { row, desk } = trip;
  const { mp3, seconds, bytes, sha256 } = row;
  if (mp3 === null || seconds === null || bytes === null || sha256 === null) return again(trip, 'the row lacks its MP3');
  // What this run has verified itself needs no second look; what an earlier run left does.
  const whole = trip.encoded !== null || await inspectMp3(mp3, desk.signal, desk.reads).then((found) => found.sha256 === sha256, () => false);
  if (!whole) return again(trip, 'the MP3 is not what it was');
  await storeAway(trip, { path: mp3, bytes, sha256 });
  const state = await desk.ledger.ready(trip.row, { path: mp3, seconds, bytes, sha256 }, withoutState(trip.ahead));
  trip.row = { ...trip.row, state };
  trip.ahead = {};
  desk.log.info({ recording: row.id, seconds, bytes }, 'recording is ready');
  return 'on';
}

/** The state comes with the hand-over itself. */
const withoutState = (ahead: RecordingPatch): RecordingPatch => Object.fromEntries(Object.entries(ahead).filter(([name]) => name !== 'state'));

async function again(trip: Trip, reason: string): Promise<Going> {
  if (trip.row.reason === reason) throw new RecordingError('MP3_REFUSED', reason);
  await save(trip, { state: 'closed', reason });
  return 'on';
}

export async function letWavGo(trip: Trip): Promise<Going> {
  const { row, desk } = trip;
  if (desk.settings.keepWavDays === 0) await purgeWav({ row, wav: trip.wav, encoded: trip.encoded, rows: desk.ledger, disk: desk.disk, reads: desk.reads }, desk.log);
  return 'rest';
}
