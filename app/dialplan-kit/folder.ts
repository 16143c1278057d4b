/**
 * Files of one folder, safely: read whole, written whole (temporary file, fsync, rename), owner and mode kept, and never through a
 * link that leads out of the folder. /etc/asterisk belongs to a daemon that talks to the internet: a link put there by it must not
 * make root write elsewhere.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync, constants, fchmodSync, fchownSync, fstatSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, realpathSync,
    renameSync, rmdirSync, unlinkSync, writeSync, type Stats,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { KitError } from './errors.ts';

export interface Ownership { readonly uid: number; readonly gid: number; readonly mode: number }
export interface Found { readonly content: Buffer; readonly ownership: Ownership }

/** The folder's real path; throws KIT_NO_FOLDER. */
export function openFolder(path: string): string {
  try {
    const real = realpathSync(path);
    if (lstatSync(real).isDirectory()) return real;
  } catch { /* told below */ }
  throw new KitError('KIT_NO_FOLDER', `there is no folder ${path}`, 'name the folder of Asterisk\'s configuration with --etc DIR');
}

/** Where `name` really lives, or null when there is nothing of that name. Throws KIT_UNSAFE_FILE for what must not be followed. */
function locate(folder: string, name: string): string | null {
  const path = join(folder, name);
  const stat = statOrNull(path);
  if (stat === null) return null;
  if (stat.isFile()) return path;
  if (!stat.isSymbolicLink()) throw new KitError('KIT_UNSAFE_FILE', `${path} is not a plain file`, 'move it away');
  const real = realOrNull(path);
  if (real?.startsWith(folder + sep) === true && lstatSync(real).isFile()) return real;
  throw new KitError('KIT_UNSAFE_FILE', `${path} is a link that leads out of ${folder}${real === null ? ' or to nothing' : ''}`,
    'replace the link by a file, or name the folder where the file lives with --etc');
}

export function readIn(folder: string, name: string): Found | null {
  const path = locate(folder, name);
  if (path === null) return null;
  return attempt(`read ${path}`, () => {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { uid, gid, mode } = fstatSync(file);
      return { content: readFileSync(file), ownership: { uid, gid, mode: mode & 0o7777 } };
    } finally {
      closeSync(file);
    }
  });
}

/** Replaces or creates a file in one step: readers see the old one or the new one, also after a power cut. */
export function writeIn(folder: string, name: string, content: Buffer, ownership: Ownership): void {
  const path = locate(folder, name) ?? join(folder, name);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  attempt(`write ${path}`, () => {
    try {
      fill(temporary, content, ownership);
      renameSync(temporary, path);
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
    syncFolder(dirname(path));
  });
}

function fill(path: string, content: Buffer, ownership: Ownership): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    for (let done = 0; done < content.length;) done += writeSync(file, content, done);
    const { uid, gid } = fstatSync(file);
    if (uid !== ownership.uid || gid !== ownership.gid) fchownSync(file, ownership.uid, ownership.gid);
    fchmodSync(file, ownership.mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function removeIn(folder: string, name: string): void {
  const path = locate(folder, name);
  if (path === null) return;
  attempt(`remove ${path}`, () => { unlinkSync(path); syncFolder(dirname(path)); });
}

/** A folder of our own inside; throws KIT_UNSAFE_FILE when the name is taken by something else. */
export function ownFolder(folder: string, name: string): string {
  const path = join(folder, name);
  attempt(`make ${path}`, () => { if (statOrNull(path) === null) mkdirSync(path, { mode: 0o700 }); });
  if (!lstatSync(path).isDirectory()) throw new KitError('KIT_UNSAFE_FILE', `${path} is not a folder`, 'move it away');
  return path;
}

/** Only when empty: what others put there stays. */
export function removeFolder(path: string): void {
  try { rmdirSync(path); } catch { /* not empty: not ours to remove */ }
}

export function folderOwnership(folder: string): Ownership {
  const { uid, gid } = lstatSync(folder);
  return { uid, gid, mode: 0o644 };
}

export function existsIn(folder: string, name: string): boolean { return statOrNull(join(folder, name)) !== null; }

function statOrNull(path: string): Stats | null { return lstatSync(path, { throwIfNoEntry: false }) ?? null; }

function realOrNull(path: string): string | null {
  try { return realpathSync(path); } catch { return null; }
}

function removeQuietly(path: string): void {
  try { unlinkSync(path); } catch { /* it was never made */ }
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try { fsyncSync(folder); } finally { closeSync(folder); }
}

function attempt<Value>(what: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    if (error instanceof KitError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const remedy = code === 'EACCES' || code === 'EPERM' ? 'run this as root (sudo)' : code === 'ENOSPC'
      ? 'free some space: nothing was changed' : '';
    throw new KitError('KIT_IO', `cannot ${what}: ${code}`, remedy);
  }
}
