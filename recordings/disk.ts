/** Free space of the folders that recordings need. Encoding goes on when it is low: an MP3 is half of its WAV and lets the WAV go. */
import type { Clock, Log } from '../core/ports.ts';
import { realDisk, type DiskWrites } from './disk-writes.ts';
import { RecordingError, sentence } from './errors.ts';

const MB = 1024 * 1024;

/** Megabytes an ordinary user may still write below `folder`; null where nobody can tell. */
export const freeMb = (folder: string, disk: DiskWrites = realDisk): Promise<number | null> => disk.freeMb(folder);

/** Rejects with DISK_FULL when `bytes` do not fit into `folder`: then it is not the recording that is broken. */
export async function demandSpace(folder: string, bytes: number, disk: DiskWrites = realDisk): Promise<void> {
  const free = await freeMb(folder, disk);
  if (free !== null && free * MB < bytes) throw new RecordingError('DISK_FULL', `the disk of ${folder} is full (${Math.floor(free)} MB free)`);
}

export interface DiskLevel { readonly folder: string; readonly freeMb: number; readonly low: boolean }

export async function diskLevels(folders: readonly string[], minFreeMb: number, disk: DiskWrites = realDisk): Promise<readonly DiskLevel[]> {
  const levels = await Promise.all(folders.map(async (folder) => ({ folder, free: await freeMb(folder, disk) })));
  return levels.flatMap(({ folder, free }) => (free === null ? [] : [{ folder, freeMb: Math.floor(free), low: free < minFreeMb }]));
}

export interface DiskWatch { look(): Promise<void> }

/** Says once that a folder's disk runs low, and once that it recovered. */
export function createDiskWatch(folders: readonly string[], minFreeMb: number, log: Log, disk: DiskWrites = realDisk): DiskWatch {
  const low = new Set<string>();
  const tell = (level: DiskLevel): void => {
    if (level.low === low.has(level.folder)) return;
    if (level.low) low.add(level.folder); else low.delete(level.folder);
    const fields = { folder: level.folder, freeMb: level.freeMb, minFreeMb };
    if (level.low) log.warn(fields, 'disk space runs low: recordings will be lost when it is full');
    else log.info(fields, 'disk space is sufficient again');
  };
  return { look: async () => { for (const level of await diskLevels(folders, minFreeMb, disk)) tell(level); } };
}

/** Removes what policy allows to go before its time, because the disk of `folder` is short of space. */
export type MakeRoom = (folder: string) => Promise<unknown>;
export interface RoomKeeper {
  /** Rejects with DISK_FULL when `bytes` do not fit into `folder`, even after what policy allows has gone. Below minFreeMb it only makes room. */
  demand(folder: string, bytes: number): Promise<void>;
}
export interface RoomParts {
  readonly minFreeMb: number;
  readonly makeRoom: MakeRoom | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk: DiskWrites;
}

/** One look at what may go is enough for a minute: it walks the manifest, and hundreds of recordings may ask. */
const BETWEEN_ROOM_MS = 60_000;

/** Room is made at most once a minute, by one at a time; a policy that fails is said and hinders nothing. */
export function createRoomKeeper({ minFreeMb, makeRoom, clock, log, disk }: RoomParts): RoomKeeper {
  let making: Promise<void> | null = null;
  let madeAt = -Infinity;
  const make = (folder: string): Promise<void> => {
    if (makeRoom === null || (making === null && clock.now() - madeAt < BETWEEN_ROOM_MS)) return Promise.resolve();
    madeAt = clock.now();
    making ??= Promise.resolve().then(() => makeRoom(folder)).then(() => undefined, (error: unknown) => {
      log.warn({ folder, reason: sentence(error) }, 'no room could be made on the disk');
    }).finally(() => { making = null; });
    return making;
  };
  return {
    async demand(folder, bytes) {
      const free = await freeMb(folder, disk);
      if (free !== null && (free < minFreeMb || free * MB < bytes)) await make(folder);
      await demandSpace(folder, bytes, disk);
    },
  };
}
