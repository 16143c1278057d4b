/** The few moves on a disk that must survive `kill -9` and a power cut: nothing half-made ever bears a final name. */
import { constants } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Mp3Places } from './paths.ts';

/** Makes a finished `.part` durable under its final name: sync, rename, sync of the folder. */
export async function publish(part: string, final: string): Promise<void> {
  await syncPath(part, 'r+');
  await rename(part, final);
  await syncFolder(path.dirname(final));
}

/** Makes the names in a folder durable. */
export const syncFolder = (folder: string): Promise<void> => syncPath(folder, 'r');

async function syncPath(name: string, flags: 'r' | 'r+'): Promise<void> {
  await using file = await open(name, flags);
  await file.sync();
}

/** Beside the WAV where its folder lets us write, else below the fallback folder (made when missing). */
export async function placeForMp3(places: Mp3Places): Promise<string> {
  if (await writable(path.dirname(places.beside))) return places.beside;
  await mkdir(path.dirname(places.fallback), { recursive: true });
  return places.fallback;
}

export const writable = (folder: string): Promise<boolean> => access(folder, constants.W_OK | constants.X_OK).then(() => true, () => false);

/**
 * Takes a file that does not match its recording out of the way without destroying it: somebody's only copy may bear that name
 * (a linkedid that was used twice). Returns the new name.
 */
export async function setAside(file: string, mtimeMs: number): Promise<string> {
  const aside = `${file.slice(0, -'.mp3'.length)}.aside-${Math.round(mtimeMs)}.mp3`;
  await rename(file, aside);
  return aside;
}

/** A leftover of a killed lame may still be written to: unlinked first, its writer cannot touch the new file. */
export const discardPart = (part: string): Promise<void> => rm(part, { force: true });
