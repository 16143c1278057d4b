import { join } from 'node:path';
import { KitError } from './errors.ts';
import { readIn, removeFolder, removeIn, writeIn, type Found } from './folder.ts';
import { hasInclude, withoutInclude } from './include.ts';
import { BACKUP, MANIFEST, originalOf, readManifest, sha256, type Entry } from './manifest.ts';

/** What happens to one file. `stripped`: others edited the PBX's own file, so only our line goes. */
export type Fate = 'restored' | 'removed' | 'already' | 'stripped' | 'kept-as-edited';
export interface Restore { readonly name: string; readonly fate: Fate }
interface Step extends Restore { readonly entry: Entry; readonly found: Found | null; readonly original: Buffer | null }

/** Null when there is no install to undo. Throws KIT_FOREIGN_EDIT unless `force`, KIT_NO_BACKUP when it cannot be undone. */
export function uninstall(folder: string, options: { readonly force: boolean; readonly dryRun: boolean }): readonly Restore[] | null {
  const manifest = readManifest(folder);
  if (manifest === null) return null;
  const steps = inOrder(manifest).map((entry) => stepOf(folder, entry));
  const edited = steps.filter(({ fate }) => fate === 'stripped' || fate === 'kept-as-edited');
  if (edited.length > 0 && !options.force) throw editedError(edited);
  if (!options.dryRun) carryOut(folder, steps);
  return steps.map(({ name, fate }) => ({ name, fate }));
}

/** The file with the include line first: Asterisk must never see the line without the file that it names. */
function inOrder(manifest: readonly Entry[]): readonly Entry[] {
  return manifest.toSorted((one, other) => Number(one.name.startsWith('callme')) - Number(other.name.startsWith('callme')));
}

function stepOf(folder: string, entry: Entry): Step {
  const found = readIn(folder, entry.name);
  const original = entry.original === null ? null : originalOf(folder, entry);
  return { name: entry.name, entry, found, original, fate: fateOf(entry, found) };
}

function fateOf(entry: Entry, found: Found | null): Fate {
  const now = found === null ? null : sha256(found.content);
  if (now === entry.original) return 'already';
  if (now === entry.installed) return entry.original === null ? 'removed' : 'restored';
  if (now === null) return 'already';
  return entry.name.startsWith('callme') ? 'kept-as-edited' : 'stripped';
}

function carryOut(folder: string, steps: readonly Step[]): void {
  for (const step of steps) settle(folder, step);
  const backup = join(folder, BACKUP);
  removeIn(backup, MANIFEST);
  for (const { name } of steps) removeIn(backup, name);
  removeFolder(backup);
}

function settle(folder: string, { name, fate, found, original }: Step): void {
  if (found === null || fate === 'already') return;
  if (fate === 'stripped') { if (hasInclude(found.content)) writeIn(folder, name, withoutInclude(found.content), found.ownership); return; }
  if (fate === 'kept-as-edited') writeIn(folder, `${name}.edited`, found.content, found.ownership);
  if (original === null) removeIn(folder, name);
  else writeIn(folder, name, original, found.ownership);
}

function editedError(edited: readonly Step[]): KitError {
  const names = edited.map(({ name }) => name).join(', ');
  return new KitError('KIT_FOREIGN_EDIT', `${names} was changed by others after the install: the original cannot simply come back`,
    'use --force: from the PBX\'s own file only the #include line is taken out, an edited kit file is kept as NAME.edited');
}
