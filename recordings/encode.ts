/** From a WAV whose length is known to a verified MP3 under its final name; or to one that an earlier run has left there. */
import path from 'node:path';
import { codeOf, RecordingError } from './errors.ts';
import { demandSpace } from './disk.ts';
import { discardPart, placeForMp3, publish, setAside, syncFolder } from './files.ts';
import { findEncoder, runLame, type Encoding } from './lame.ts';
import { inspectMp3, whyNotWhole, type Mp3Look } from './mp3.ts';
import { partOf } from './paths.ts';
import { inspectWav, type FileIdentity, type WavTruth } from './wav.ts';
import type { Trip } from './trip.ts';

export interface Mp3Found { readonly mp3: string; readonly seconds: number; readonly bytes: number; readonly sha256: string }
type Audible = Extract<WavTruth, { kind: 'sound' | 'lying' }>;

/** format_wav's rate: only used to compare a WAV that is gone with the size the PBX counted. */
const BYTES_PER_SECOND = 16_000;
const SPARE_BYTES = 256 * 1024;

const found = (mp3: string, look: Mp3Look, seconds: number): Mp3Found =>
  ({ mp3, seconds: Math.round(seconds * 1000) / 1000, bytes: look.bytes, sha256: look.sha256 });

const lookAt = (mp3: string, signal: AbortSignal): Promise<Mp3Look | null> => inspectMp3(mp3, signal).catch((error: unknown) => {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
  throw error;
});

/**
 * An MP3 that already lies under its final name, when it holds this WAV: as long, and not older than it (a linkedid that was used again
 * makes the same name). One that does not is set aside, never overwritten.
 */
export async function adoptMp3({ row, places, desk }: Trip, wav: Audible, seen: FileIdentity): Promise<Mp3Found | null> {
  for (const mp3 of [places.beside, places.fallback]) {
    const look = await lookAt(mp3, desk.signal);
    if (look === null) continue;
    if (look.mtimeMs >= seen.mtimeMs && whyNotWhole(look, wav.seconds) === '') {
      await syncFolder(path.dirname(mp3));
      return found(mp3, look, wav.seconds);
    }
    const aside = await setAside(mp3, look.mtimeMs);
    desk.log.warn({ recording: row.id, aside }, 'another MP3 bore the name of this recording: set aside');
  }
  return null;
}

/** A whole MP3 whose WAV is gone; null when there is none or its length is not what the PBX counted. */
export async function mp3WithoutWav({ row, places, desk }: Trip): Promise<Mp3Found | null> {
  const expected = row.seconds ?? (row.certain && row.bytesClaimed > 44 ? (row.bytesClaimed - 44) / BYTES_PER_SECOND : null);
  for (const mp3 of [places.beside, places.fallback]) {
    const look = await lookAt(mp3, desk.signal);
    if (look !== null && whyNotWhole(look, expected ?? look.seconds) === '') return found(mp3, look, expected ?? look.seconds);
  }
  return null;
}

/** Encodes, verifies, publishes. Rejects with a RecordingError or the system's error; then no final name was touched. */
export async function encodeMp3(trip: Trip, wav: Audible, seen: FileIdentity): Promise<Mp3Found> {
  const { desk, places } = trip;
  const mp3 = await placeForMp3(places);
  const part = partOf(mp3);
  const room = wav.seconds * desk.settings.bitrateKbps * 125 + SPARE_BYTES;
  await demandSpace(path.dirname(mp3), room);
  desk.parts.add(part);
  try {
    await runInTurn(trip, wav, part);
    const look = await verified(part, wav.seconds, desk.signal);
    await demandSame(trip.wav, seen);
    await publish(part, mp3);
    return found(mp3, look, wav.seconds);
  } catch (error) {
    await discardPart(part);
    // lame says "write error" and no more: a full disk must not count against the recording.
    if (error instanceof RecordingError && !desk.signal.aborted) await demandSpace(path.dirname(mp3), room);
    throw error;
  } finally {
    desk.parts.delete(part);
  }
}

/** Whatever can be done before an encoder is free is done before: a core that waits for us is lost. */
async function runInTurn({ desk, wav: file }: Trip, wav: Audible, part: string): Promise<void> {
  const encoding: Encoding = {
    wav: file, part, bitrateKbps: desk.settings.bitrateKbps, seconds: wav.seconds, command: await findEncoder(desk.settings.lame ?? 'lame'),
    raw: wav.kind === 'lying' ? { format: wav.format, dataAt: wav.dataAt } : null,
  };
  await discardPart(part);
  await desk.encoder(() => runLame(encoding, { signal: desk.signal, timers: desk.timers }));
}

async function verified(part: string, wavSeconds: number, signal: AbortSignal): Promise<Mp3Look> {
  const look = await lookAt(part, signal);
  const problem = look === null ? 'lame wrote no file' : whyNotWhole(look, wavSeconds);
  if (look === null || problem !== '') throw new RecordingError('MP3_REFUSED', problem);
  return look;
}

/** A WAV that went on growing under the encoder was not finished: its MP3 is a part of it. */
async function demandSame(wav: string, seen: FileIdentity): Promise<void> {
  const look = await inspectWav(wav);
  const same = look.kind === 'there' && look.identity.size === seen.size && look.identity.mtimeMs === seen.mtimeMs && look.identity.inode === seen.inode;
  if (!same) throw new RecordingError('WAV_CHANGED', 'the WAV changed while it was encoded');
}
