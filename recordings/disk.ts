/** Free space of the folders that recordings need. Encoding goes on when it is low: an MP3 is half of its WAV and lets the WAV go. */
import { statfs } from 'node:fs/promises';
import type { Log } from '../core/ports.ts';
import { RecordingError } from './errors.ts';

const MB = 1024 * 1024;

/** Megabytes an ordinary user may still write below `folder`; null where nobody can tell. */
export async function freeMb(folder: string): Promise<number | null> {
  return statfs(folder).then(({ bavail, bsize }) => (bavail * bsize) / MB, () => null);
}

/** Rejects with DISK_FULL when `bytes` do not fit into `folder`: then it is not the recording that is broken. */
export async function demandSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeMb(folder);
  if (free !== null && free * MB < bytes) throw new RecordingError('DISK_FULL', `the disk of ${folder} is full (${Math.floor(free)} MB free)`);
}

export interface DiskLevel { readonly folder: string; readonly freeMb: number; readonly low: boolean }

export async function diskLevels(folders: readonly string[], minFreeMb: number): Promise<readonly DiskLevel[]> {
  const levels = await Promise.all(folders.map(async (folder) => ({ folder, free: await freeMb(folder) })));
  return levels.flatMap(({ folder, free }) => (free === null ? [] : [{ folder, freeMb: Math.floor(free), low: free < minFreeMb }]));
}

/** Says once that a folder's disk runs low, and once that it recovered. */
export function createDiskWatch(folders: readonly string[], minFreeMb: number, log: Log): { look(): Promise<void> } {
  const low = new Set<string>();
  const tell = (level: DiskLevel): void => {
    if (level.low === low.has(level.folder)) return;
    if (level.low) low.add(level.folder); else low.delete(level.folder);
    const fields = { folder: level.folder, freeMb: level.freeMb, minFreeMb };
    if (level.low) log.warn(fields, 'disk space runs low: recordings will be lost when it is full');
    else log.info(fields, 'disk space is sufficient again');
  };
  return { look: async () => { for (const level of await diskLevels(folders, minFreeMb)) tell(level); } };
}
