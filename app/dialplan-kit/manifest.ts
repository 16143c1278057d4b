/** What was there before us: the backup folder `callme-backup/` and its list. Written before the first change, removed after the last restore. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { KitError } from './errors.ts';
import { existsIn, readIn } from './folder.ts';

export const BACKUP = 'callme-backup';
export const MANIFEST = 'manifest.json';

export interface Entry {
  readonly name: string;
  /** SHA-256 of the file before CallMe; null = CallMe made the file. */
  readonly original: string | null;
  /** SHA-256 of the file as CallMe left it. */
  readonly installed: string;
}

export function sha256(content: Buffer): string { return createHash('sha256').update(content).digest('hex'); }

export function readManifest(folder: string): readonly Entry[] | null {
  if (!existsIn(folder, BACKUP)) return null;
  const found = readIn(join(folder, BACKUP), MANIFEST);
  if (found === null) return null;
  const entries = parse(found.content.toString('utf8'));
  if (entries === null) throw new KitError('KIT_NO_BACKUP', `${join(folder, BACKUP, MANIFEST)} cannot be understood`,
    `remove the "#include callme.conf" line and callme*.conf by hand; the originals are in ${join(folder, BACKUP)}`);
  return entries;
}

export function writeableManifest(entries: readonly Entry[]): Buffer {
  return Buffer.from(`${JSON.stringify({ madeBy: 'callme dialplan install', version: 1, files: entries }, null, 2)}\n`);
}

function parse(text: string): readonly Entry[] | null {
  try {
    const document = JSON.parse(text) as { readonly files?: unknown };
    return Array.isArray(document.files) && document.files.every(isEntry) ? document.files : null;
  } catch {
    return null;
  }
}

/** A name is one of ours or of Asterisk's two, never a path. */
const NAME = /^(callme(-freepbx|-policy)?|extensions(_custom)?)\.conf$/;

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { name, original, installed } = value as Partial<Record<keyof Entry, unknown>>;
  return typeof name === 'string' && NAME.test(name) && (original === null || typeof original === 'string') && typeof installed === 'string';
}

/** The bytes that were there before us; throws when the backup is not what it was. */
export function originalOf(folder: string, entry: Entry): Buffer {
  const found = readIn(join(folder, BACKUP), entry.name);
  if (found !== null && sha256(found.content) === entry.original) return found.content;
  throw new KitError('KIT_NO_BACKUP',
    `the backup of ${entry.name} in ${join(folder, BACKUP)} is ${found === null ? 'missing' : 'damaged'}`, 'restore the file from your own backup');
}
