/**
 * Every change that this room makes to a disk, as few words. They are a value, so that a test can make each of them fail (a full disk,
 * a disk that dies) and see that the spool stays whole; lame's own writing goes to a `.part` that nobody trusts.
 */
import { mkdir, open, rename, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { codeOf } from './errors.ts';

export interface DiskWrites {
  /** Makes the content of a file (`r+`), or the names in a folder (`r`), durable. */
  readonly sync: (name: string, flags: 'r' | 'r+') => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** A name that is not there is no error. */
  readonly remove: (name: string) => Promise<void>;
  readonly makeFolder: (name: string) => Promise<void>;
  readonly write: (file: FileHandle, bytes: Buffer, at: number) => Promise<void>;
  readonly syncFile: (file: FileHandle) => Promise<void>;
  /** Megabytes that an ordinary user may still write below `folder`; null where nobody can tell. */
  readonly freeMb: (folder: string) => Promise<number | null>;
}

const MB = 1024 * 1024;

export const realDisk: DiskWrites = {
  sync: async (name, flags) => {
    await using file = await open(name, flags);
    await file.sync();
  },
  rename,
  remove: (name) => unlink(name).catch((error: unknown) => { if (codeOf(error) !== 'ENOENT') throw error; }),
  makeFolder: async (name) => { await mkdir(name, { recursive: true }); },
  write: async (file, bytes, at) => { await file.write(bytes, 0, bytes.length, at); },
  syncFile: (file) => file.sync(),
  freeMb: (folder) => statfs(folder).then(({ bavail, bsize }) => (bavail * bsize) / MB, () => null),
};
