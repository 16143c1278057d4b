/** From a WAV whose length is known to a verified MP3 under its final name; or to one that an earlier run has left there. */
import path from 'node:path';
import { codeOf, isWorldly, RecordingError, sentence } from './errors.ts';
import { discardPart, placeForMp3, setAside, syncFolder } from './files.ts';
import type { DiskReads } from './open-file.ts';
import { runLame, type Encoding } from './lame.ts';
import { inspectMp3, whyNotWhole, whyRefused, type Mp3Look } from './mp3.ts';
import { partOf } from './paths.ts';
import { listen, type Sound } from './silence.ts';
import { demandSameSides, findSides, interleaved, isSideOf, type Sides } from './stereo.ts';
import type { Trip } from './trip.ts';
import { identify, isSameFile, type Audible, type FileIdentity } from './wav.ts';

export interface Mp3Found {
  readonly mp3: string; readonly seconds: number; readonly bytes: number; readonly sha256: string; readonly channels: 'mono' | 'stereo';
}
/** What is known about a WAV before it is encoded: how long, whose bytes, how loud. */
export interface Heard { readonly wav: Audible; readonly seen: FileIdentity; readonly sound: Sound }

/** format_wav's rate: only used to compare a WAV that is gone with the size the PBX counted. */
const BYTES_PER_SECOND = 16_000;
const SPARE_BYTES = 256 * 1024;

const found = (mp3: string, look: Mp3Look, seconds: number): Mp3Found =>
  ({ mp3, seconds: Math.round(seconds * 1000) / 1000, bytes: look.bytes, sha256: look.sha256, channels: look.channels === 1 ? 'mono' : 'stereo' });

interface Looking { readonly signal: AbortSignal; readonly reads: DiskReads }

const lookAt = (mp3: string, { signal, reads }: Looking): Promise<Mp3Look | null> => inspectMp3(mp3, signal, reads).catch((error: unknown) => {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
  throw error;
});

/** Listens to a WAV. Rejects with the system's error. */
export async function hear({ wav: file, desk }: Trip, wav: Audible, seen: FileIdentity): Promise<Heard> {
  return { wav, seen, sound: await listen(file, wav, desk.signal, desk.reads) };
}

/**
 * An MP3 that already lies under its final name, when it holds this WAV: as long, as loud, and not older than it (a linkedid that was used
 * again makes the same name). One that does not is set aside, never overwritten.
 */
export async function adoptMp3({ row, places, desk }: Trip, { wav, seen, sound }: Heard): Promise<Mp3Found | null> {
  for (const mp3 of [places.beside, places.fallback]) {
    const look = await lookAt(mp3, desk);
    if (look === null) continue;
    if (look.mtimeMs >= seen.mtimeMs && whyRefused(look, wav.seconds, sound) === '') {
      await syncFolder(path.dirname(mp3), desk.disk);
      return found(mp3, look, wav.seconds);
    }
    const aside = await setAside(mp3, look.mtimeMs, desk);
    desk.log.warn({ recording: row.id, aside }, 'another MP3 bore the name of this recording: set aside');
  }
  return null;
}

/** A whole MP3 whose WAV is gone; null when there is none or its length is not what the PBX counted. */
export async function mp3WithoutWav({ row, places, desk }: Trip): Promise<Mp3Found | null> {
  const expected = row.seconds ?? (row.certain && row.bytesClaimed > 44 ? (row.bytesClaimed - 44) / BYTES_PER_SECOND : null);
  for (const mp3 of [places.beside, places.fallback]) {
    const look = await lookAt(mp3, desk);
    if (look !== null && whyNotWhole(look, expected ?? look.seconds) === '') return found(mp3, look, expected ?? look.seconds);
  }
  return null;
}

/** A verified MP3 and, where the row should say it, why it is not the one that was asked for. */
export interface Encoded { readonly found: Mp3Found; readonly note: string }

/** In stereo where it is asked for and both sides can be used, else mono. Rejects with a RecordingError or the system's error. */
export async function encodeMp3(trip: Trip, heard: Heard): Promise<Encoded> {
  const { desk, wav, row } = trip;
  if (desk.settings.channels !== 'stereo') return { found: await produce(trip, heard, null), note: '' };
  const sides = await findSides(wav, heard.wav, { isSide: (side) => isSideOf(row, side, desk.ledger), reads: desk.reads });
  if (typeof sides === 'string') return inMono(trip, heard, sides);
  try {
    return { found: await produce(trip, heard, sides), note: '' };
  } catch (error) {
    if (desk.signal.aborted || isWorldly(error) || !(error instanceof RecordingError) || error.code === 'WAV_CHANGED') throw error;
    return inMono(trip, heard, sentence(error));
  }
}

async function inMono(trip: Trip, heard: Heard, why: string): Promise<Encoded> {
  const note = `in mono: ${why}`;
  trip.desk.log.warn({ recording: trip.row.id, reason: why }, 'recording is encoded in mono');
  return { found: await produce(trip, heard, null), note };
}

/** Encodes, verifies, publishes. When it rejects, no final name was touched. */
async function produce(trip: Trip, heard: Heard, sides: Sides | null): Promise<Mp3Found> {
  const { desk, places } = trip;
  const mp3 = await placeForMp3(places, desk);
  const part = partOf(mp3);
  const room = heard.wav.seconds * desk.settings.bitrateKbps * 125 * (sides === null ? 1 : 2) + SPARE_BYTES;
  await desk.room.demand(path.dirname(mp3), room);
  try {
    await runInTurn(trip, encodingOf(trip, heard.wav, sides, part));
    const look = await verified(part, heard, desk);
    await demandSame(trip.wav, heard.seen, desk.reads);
    if (sides !== null) await demandSameSides(sides, desk.reads);
    await desk.publish(part, mp3);
    return found(mp3, look, heard.wav.seconds);
  } catch (error) {
    await discardPart(part, desk.disk);
    // lame says "write error" and no more: a full disk must not count against the recording.
    if (error instanceof RecordingError && !desk.signal.aborted) await desk.room.demand(path.dirname(mp3), room);
    throw await desk.lame.blame(error, desk);
  }
}

function encodingOf({ desk, wav: file }: Trip, wav: Audible, sides: Sides | null, part: string): Omit<Encoding, 'command'> {
  const encoding = { wav: file, part, bitrateKbps: desk.settings.bitrateKbps, seconds: wav.seconds };
  if (sides !== null) return { ...encoding, raw: null, stereo: { format: wav.format, samples: () => interleaved(sides, desk) } };
  return { ...encoding, raw: wav.kind === 'lying' ? { format: wav.format, dataAt: wav.dataAt } : null };
}

/** Whatever can be done before an encoder is free is done before: a core that waits for us is lost. */
async function runInTurn({ desk }: Trip, encoding: Omit<Encoding, 'command'>): Promise<void> {
  const command = await desk.lame.command(desk);
  await discardPart(encoding.part, desk.disk);
  await desk.encoder(() => runLame({ ...encoding, command }, desk));
}

async function verified(part: string, { wav, sound }: Heard, looking: Looking): Promise<Mp3Look> {
  const look = await lookAt(part, looking);
  const problem = look === null ? 'lame wrote no file' : whyRefused(look, wav.seconds, sound);
  if (look === null || problem !== '') throw new RecordingError('MP3_REFUSED', problem);
  return look;
}

/** A WAV that went on growing under the encoder was not finished: its MP3 is a part of it. */
async function demandSame(wav: string, seen: FileIdentity, reads: DiskReads): Promise<void> {
  const now = await identify(wav, reads);
  if (now === null || !isSameFile(now, seen)) throw new RecordingError('WAV_CHANGED', 'the WAV changed while it was encoded');
}
