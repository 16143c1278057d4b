/** The few moves on a disk that must survive `kill -9` and a power cut: nothing half-made ever bears a final name. */
import path from 'node:path';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { realReads, type DiskReads } from './open-file.ts';
import type { Mp3Places } from './paths.ts';

/** Makes the names in a folder durable. */
export const syncFolder = (folder: string, disk: DiskWrites = realDisk): Promise<void> => disk.sync(folder, 'r');

export interface Hands { readonly disk: DiskWrites; readonly reads: DiskReads }
const REAL: Hands = { disk: realDisk, reads: realReads };

/** Beside the WAV where its folder lets us write, else below the fallback folder (made when missing). */
export async function placeForMp3(places: Mp3Places, { disk, reads }: Hands = REAL): Promise<string> {
  if (await reads.mayWriteIn(path.dirname(places.beside))) return places.beside;
  await disk.makeFolder(path.dirname(places.fallback));
  return places.fallback;
}

/**
 * Takes a file that does not match its recording out of the way without destroying it: somebody's only copy may bear that name
 * (a linkedid that was used twice). Returns the new name.
 */
export async function setAside(file: string, mtimeMs: number, { disk, reads }: Hands = REAL): Promise<string> {
  const stem = `${file.slice(0, -'.mp3'.length)}.aside-${Math.round(mtimeMs)}`;
  let aside = `${stem}.mp3`;
  // To rename onto what lies aside already would destroy that.
  for (let count = 2; await reads.isThere(aside); count += 1) aside = `${stem}-${count}.mp3`;
  await disk.rename(file, aside);
  return aside;
}

/** A leftover of a killed lame may still be written to: unlinked first, its writer cannot touch the new file. */
export const discardPart = (part: string, disk: DiskWrites = realDisk): Promise<void> => disk.remove(part);
