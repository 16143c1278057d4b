/** The few moves on a disk that must survive `kill -9` and a power cut: nothing half-made ever bears a final name. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import type { Mp3Places } from './paths.ts';

/** Makes a finished `.part` durable under its final name: sync, rename, sync of the folder. */
export async function publish(part: string, final: string, disk: DiskWrites = realDisk): Promise<void> {
  await disk.sync(part, 'r+');
  await disk.rename(part, final);
  await syncFolder(path.dirname(final), disk);
}

/** Makes the names in a folder durable. */
export const syncFolder = (folder: string, disk: DiskWrites = realDisk): Promise<void> => disk.sync(folder, 'r');

/** Beside the WAV where its folder lets us write, else below the fallback folder (made when missing). */
export async function placeForMp3(places: Mp3Places, disk: DiskWrites = realDisk): Promise<string> {
  if (await writable(path.dirname(places.beside))) return places.beside;
  await disk.makeFolder(path.dirname(places.fallback));
  return places.fallback;
}

export const writable = (folder: string): Promise<boolean> => access(folder, constants.W_OK | constants.X_OK).then(() => true, () => false);

/**
 * Takes a file that does not match its recording out of the way without destroying it: somebody's only copy may bear that name
 * (a linkedid that was used twice). Returns the new name.
 */
export async function setAside(file: string, mtimeMs: number, disk: DiskWrites = realDisk): Promise<string> {
  const stem = `${file.slice(0, -'.mp3'.length)}.aside-${Math.round(mtimeMs)}`;
  let aside = `${stem}.mp3`;
  // To rename onto what lies aside already would destroy that.
  for (let count = 2; await isThere(aside); count += 1) aside = `${stem}-${count}.mp3`;
  await disk.rename(file, aside);
  return aside;
}

const isThere = (file: string): Promise<boolean> => access(file).then(() => true, () => false);

/** A leftover of a killed lame may still be written to: unlinked first, its writer cannot touch the new file. */
export const discardPart = (part: string, disk: DiskWrites = realDisk): Promise<void> => disk.remove(part);
