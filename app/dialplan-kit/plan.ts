/** What an install would change: computed first, so that `diff`, `--dry-run` and the install itself can never differ. */
import { KitError } from './errors.ts';
import { existsIn, folderOwnership, readIn, type Ownership } from './folder.ts';
import { addInclude, contextsOf, hasInclude, includes } from './include.ts';
import { kitFiles, MAIN, POLICY, type KitSettings } from './kit.ts';
import { readManifest, sha256, type Entry } from './manifest.ts';

const CUSTOM = 'extensions_custom.conf';
const PLAIN = 'extensions.conf';
/** Files that only FreePBX writes. */
const FREEPBX_MARKS = ['extensions_override_freepbx.conf', 'extensions_additional.conf'];

export interface Change { readonly name: string; readonly before: Buffer | null; readonly after: Buffer; readonly ownership: Ownership }
export interface Warning { readonly code: 'hook-taken' | 'edited'; readonly text: string }
export interface Plan {
  readonly folder: string;
  /** The file that carries (or gets) the `#include` line. */
  readonly target: string;
  readonly freepbx: boolean;
  /** In the order in which they must be written: the include line last, so that Asterisk never misses an included file. */
  readonly changes: readonly Change[];
  readonly unchanged: readonly string[];
  readonly warnings: readonly Warning[];
  readonly manifest: readonly Entry[];
}

export interface Wish extends Omit<KitSettings, 'freepbx'> {
  /** null = look for FreePBX's own files. */
  readonly freepbx: boolean | null;
  /** Write over a kit file that somebody edited (a copy is kept). */
  readonly force: boolean;
}

/** `folder` as `openFolder` gave it, `source` = the shipped kit. Throws KitError. */
export function planInstall(folder: string, source: string, wish: Wish): Plan {
  const freepbx = wish.freepbx ?? isFreepbx(folder);
  const manifest = readManifest(folder) ?? [];
  const target = targetOf(folder, freepbx);
  const kit = kitFiles(source, { ...wish, freepbx }, existsIn(folder, POLICY));
  const reference = readIn(folder, target)?.ownership ?? folderOwnership(folder);
  const wanted = [...kit.map(({ name, content }) => changeOf(folder, name, content, reference)), includeChange(folder, target, reference)];
  const changes = wanted.filter(({ before, after }) => before?.equals(after) !== true);
  const edited = changes.filter((change) => isEdited(change, manifest));
  if (edited.length > 0 && !wish.force) throw editedError(edited);
  return {
    folder, target, freepbx, changes, manifest,
    unchanged: wanted.filter(({ before, after }) => before?.equals(after) === true).map(({ name }) => name),
    warnings: freepbx ? takenHooks(folder, target) : [],
  };
}

export function isFreepbx(folder: string): boolean { return FREEPBX_MARKS.some((name) => existsIn(folder, name)); }

/** A file that nobody includes would be the worst place: installed, and silent. */
function targetOf(folder: string, freepbx: boolean): string {
  const carriers = [CUSTOM, PLAIN].filter((name) => hasInclude(readIn(folder, name)?.content ?? Buffer.alloc(0)));
  if (carriers[0] !== undefined) return carriers[0];
  if (freepbx) return CUSTOM;
  const plain = readIn(folder, PLAIN);
  const reachable = plain === null || includes(plain.content, CUSTOM);
  return existsIn(folder, CUSTOM) && reachable ? CUSTOM : PLAIN;
}

function changeOf(folder: string, name: string, after: Buffer, reference: Ownership): Change {
  const found = readIn(folder, name);
  return { name, before: found?.content ?? null, after, ownership: found?.ownership ?? reference };
}

function includeChange(folder: string, target: string, reference: Ownership): Change {
  const content = readIn(folder, target)?.content ?? Buffer.alloc(0);
  return changeOf(folder, target, hasInclude(content) ? content : addInclude(content), reference);
}

/** A file of the kit that we wrote once and that is not as we left it. (The PBX's own file may change as it likes.) */
function isEdited(change: Change, manifest: readonly Entry[]): boolean {
  const entry = manifest.find(({ name }) => name === change.name);
  if (entry === undefined || change.before === null || !change.name.startsWith('callme')) return false;
  const now = sha256(change.before);
  return now !== entry.installed && now !== entry.original;
}

function editedError(edited: readonly Change[]): KitError {
  const names = edited.map(({ name }) => name).join(', ');
  return new KitError('KIT_FOREIGN_EDIT', `${names} was edited after the last install`,
    `keep your changes elsewhere (the configuration, globals), or use --force: a copy is kept as ${MAIN}.edited`);
}

/** The first definition of an extension wins: a hook that the PBX already has would make ours dead. */
function takenHooks(folder: string, target: string): readonly Warning[] {
  const taken = contextsOf(readIn(folder, target)?.content ?? Buffer.alloc(0)).filter((name) => name === 'from-pstn-custom'
    || name === 'macro-dialout-trunk-predial-hook');
  return taken.map((name) => ({ code: 'hook-taken',
    text: `${target} already has [${name}]: where both define the same extension, the earlier one wins; call the kit from yours` }));
}
