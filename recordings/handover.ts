/** spooled → encoded → uploaded, and the end of the WAV. */
import { adoptMp3, encodeMp3, hear, type Encoded, type Mp3Found } from './encode.ts';
import { RecordingError } from './errors.ts';
import { inspectMp3 } from './mp3.ts';
import { purgeWav } from './purge.ts';
import { storeAway } from './storage/store-away.ts';
import { isFinished, withoutWav } from './takeover.ts';
import { save, type Going, type Trip } from './trip.ts';
import { inspectWav } from './wav.ts';

export async function encode(trip: Trip): Promise<Going> {
  const look = trip.look ?? await inspectWav(trip.wav);
  trip.look = null;
  if (look.kind === 'missing') return withoutWav(trip);
  const { truth, identity } = look;
  const usable = truth.kind === 'sound' || (truth.kind === 'lying' && isFinished(trip, identity));
  if (!usable) { save(trip, { state: 'closed', reason: 'the WAV is not what it was' }); return 'on'; }
  const heard = await hear(trip, truth, identity);
  const adopted = await adoptMp3(trip, heard);
  const { found, note } = adopted === null ? await encodeMp3(trip, heard) : asLeft(adopted, trip);
  trip.encoded = identity;
  save(trip, { state: 'encoded', ...found, silenceSeconds: heard.sound.silentSeconds, reason: note });
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
  const whole = trip.encoded !== null || await inspectMp3(mp3, desk.signal).then((found) => found.sha256 === sha256, () => false);
  if (!whole) return again(trip, 'the MP3 is not what it was');
  await storeAway(trip, { path: mp3, bytes, sha256 });
  desk.onReady(trip.row, { path: mp3, seconds, bytes, sha256 });
  const now = desk.store.get(row.id);
  if (now === null || now.state === 'encoded') throw new RecordingError('NOT_UPLOADED', 'the MP3 was not taken over');
  trip.row = now;
  desk.log.info({ recording: row.id, seconds, bytes }, 'recording is ready');
  return 'on';
}

function again(trip: Trip, reason: string): Going {
  if (trip.row.reason === reason) throw new RecordingError('MP3_REFUSED', reason);
  save(trip, { state: 'closed', reason });
  return 'on';
}

export async function letWavGo(trip: Trip): Promise<Going> {
  const { row, desk } = trip;
  if (desk.settings.keepWavDays === 0) await purgeWav({ row, wav: trip.wav, encoded: trip.encoded, store: desk.store, disk: desk.disk }, desk.log);
  return 'rest';
}
