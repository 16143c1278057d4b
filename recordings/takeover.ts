/** closed → spooled: what is this WAV really, is its recorder finished, does its header say the truth (asterisk-facts 4 and 8). */
import { QUIET_MS } from './desk.ts';
import { mp3WithoutWav } from './encode.ts';
import { codeOf, RecordingError } from './errors.ts';
import { purgeEmpty } from './purge.ts';
import { advance, maxFailures, save, waitForRecorder, type Going, type Trip } from './trip.ts';
import { HEADER_BYTES, inspectWav, repairWav, type FileIdentity, type WavLook, type WavTruth } from './wav.ts';

type There = Extract<WavLook, { kind: 'there' }>;

export async function takeOver(trip: Trip): Promise<Going> {
  const look = await inspectWav(trip.wav, trip.desk.reads);
  if (look.kind === 'missing') return withoutWav(trip);
  if (isTooShort(trip, look)) throw new RecordingError('WAV_CHANGED', `the WAV has ${look.identity.size} bytes, the PBX counted ${trip.row.bytesClaimed}`);
  switch (look.truth.kind) {
    case 'sound': trip.look = look; return spool(trip);
    case 'lying': return repair(trip, look.truth, look.identity);
    case 'empty': case 'stub': return empty(trip, look);
    case 'foreign': throw new RecordingError('WAV_CHANGED', `not a recording of ours: ${look.truth.reason}`);
  }
}

/** A share that lags, or a power cut. The last attempt takes what there is: a part of a conversation is better than none. */
function isTooShort({ row, desk }: Trip, look: There): boolean {
  if (!row.certain || row.bytesClaimed <= HEADER_BYTES || look.identity.size >= row.bytesClaimed) return false;
  const last = row.attempts + 1 >= maxFailures(desk);
  return !last || look.truth.kind === 'stub' || look.truth.kind === 'empty';
}

/** Only then may a header be repaired: a file that is still written to would be cut in two. */
export function isFinished({ row, desk }: Trip, seen: FileIdentity): boolean {
  if (row.certain) return true;
  return desk.recorderGone === null ? desk.clock.now() - seen.mtimeMs >= QUIET_MS : desk.recorderGone(row);
}

async function repair(trip: Trip, truth: Extract<WavTruth, { kind: 'lying' }>, seen: FileIdentity): Promise<Going> {
  if (!isFinished(trip, seen)) return await waitForRecorder(trip, 'the header is open: the recorder may still be writing');
  const repaired = await repairWav(trip.wav, truth, seen, trip.desk).catch((error: unknown) => {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))) throw error;
    return true; // a read-only folder: lame will get the bare samples
  });
  if (!repaired) throw new RecordingError('WAV_CHANGED', 'the WAV changed while it was repaired');
  trip.desk.log.warn({ recording: trip.row.id, declared: truth.declared, found: truth.dataBytes }, 'the header of the WAV was wrong: taken from its length');
  return spool(trip);
}

function spool(trip: Trip): Going {
  advance(trip, { state: 'spooled', reason: '' });
  return 'on';
}

async function empty(trip: Trip, look: There): Promise<Going> {
  if (!isFinished(trip, look.identity)) return await waitForRecorder(trip, 'no audio yet: the recorder may still be writing');
  const { row, wav, desk } = trip;
  await save(trip, { state: 'empty', reason: `no audio: ${look.identity.size} bytes` });
  if (desk.settings.keepWavDays === 0) await purgeEmpty({ row, wav, rows: desk.ledger, disk: desk.disk, reads: desk.reads }, desk.log);
  return 'rest';
}

/** The WAV is gone: an earlier run may have come further than its row says. */
export async function withoutWav(trip: Trip): Promise<Going> {
  await demandFolder(trip);
  const found = await mp3WithoutWav(trip);
  if (found !== null) { advance(trip, { state: 'encoded', ...found, reason: 'the WAV was gone, its MP3 is whole' }); return 'on'; }
  const { row } = trip;
  if (row.certain && row.bytesClaimed > 0 && row.bytesClaimed <= HEADER_BYTES) { await save(trip, { state: 'empty', reason: 'no audio: the PBX wrote a header' }); return 'rest'; }
  throw new RecordingError('WAV_CHANGED', `neither the WAV nor a whole MP3 of it is there (${row.file})`);
}

async function demandFolder({ desk, row }: Trip): Promise<void> {
  const folder = desk.folders.get(row.pbx) ?? '';
  const there = await desk.reads.isFolder(folder);
  if (!there) throw new RecordingError('FOLDER_MISSING', `the recordings folder ${folder} is not there: is it mounted?`);
}
