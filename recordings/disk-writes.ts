/**
 * Every change that this room makes to a disk, as few words. They are a value, so that a test can make each of them fail (a full disk,
 * a disk that dies) and see that the spool stays whole; lame's own writing goes to a `.part` that nobody trusts.
 */
import { closeSync, mkdirSync, openSync, renameSync, statfsSync, unlinkSync } from 'node:fs';
import { mkdir, open, rename, statfs, unlink } from 'node:fs/promises';
import { codeOf } from './errors.ts';
import { syncBeside, type OpenFile } from './open-file.ts';

export interface DiskWrites {
  /** Makes the content of a file (`r+`), or the names in a folder (`r`), durable. */
  readonly sync: (name: string, flags: 'r' | 'r+') => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** A name that is not there is no error. */
  readonly remove: (name: string) => Promise<void>;
  readonly makeFolder: (name: string) => Promise<void>;
  readonly write: (file: OpenFile, bytes: Buffer, at: number) => Promise<void>;
  readonly syncFile: (file: OpenFile) => Promise<void>;
  /** Megabytes that an ordinary user may still write below `folder`; null where nobody can tell. */
  readonly freeMb: (folder: string) => Promise<number | null>;
}

const MB = 1024 * 1024;
function demandOther(error: unknown, code: string): void { if (codeOf(error) !== code) throw error; }
const inFile = {
  write: async (file: OpenFile, bytes: Buffer, at: number): Promise<void> => { await file.write(bytes, at); },
  syncFile: async (file: OpenFile): Promise<void> => { await file.sync(); },
};

export const realDisk: DiskWrites = {
  ...inFile,
  sync: async (name, flags) => {
    await using file = await open(name, flags);
    await file.sync();
  },
  rename,
  remove: (name) => unlink(name).catch((error: unknown) => { demandOther(error, 'ENOENT'); }),
  makeFolder: async (name) => { await mkdir(name, { recursive: true }); },
  freeMb: (folder) => statfs(folder).then(({ bavail, bsize }) => (bavail * bsize) / MB, () => null),
};

/** For the workshop's own thread (open-file.ts). */
/* eslint-disable @typescript-eslint/require-await -- what throws at once is to reject */
export const diskAtOnce: DiskWrites = {
  ...inFile,
  sync: async (name, flags) => {
    const file = openSync(name, flags);
    try { await syncBeside(file); } finally { closeSync(file); }
  },
  rename: async (from, to) => { renameSync(from, to); },
  remove: async (name) => { try { unlinkSync(name); } catch (error) { demandOther(error, 'ENOENT'); } },
  makeFolder: async (name) => { mkdirSync(name, { recursive: true }); },
  freeMb: async (folder) => { try { const { bavail, bsize } = statfsSync(folder); return (bavail * bsize) / MB; } catch { return null; } },
};
