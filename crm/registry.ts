/**
 * Finds drivers: a name is a file in the folder beside it (a new CRM is one new file in `crm/drivers/`, and no list to edit), else a driver of one's own, by
 * path or package. Works from the TypeScript sources and from the compiled package alike, because it looks for files of its own kind.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire, findPackageJSON, isBuiltin } from 'node:module';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DriverKind } from './driver.ts';
import { CrmFailure } from './errors.ts';

const FOLDER = join(import.meta.dirname, 'drivers');
/** `.ts` from the sources, `.js` compiled. */
const KIND = extname(import.meta.filename);
/** A name becomes a path: letters, digits and dashes, nothing that climbs. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** https://docs.npmjs.com/cli/configuring-npm/package-json#name, with its scope. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]{0,100}\/)?[a-z0-9~-][a-z0-9._~-]{0,100}$/;
/** What Node.js runs. Type stripping works everywhere but inside `node_modules`. */
const RUNS = new Set(['.ts', '.mts', '.js', '.mjs']);

export interface Shelf {
  /** Of the configuration file: what paths are relative to, and where packages are looked for first. Not given = no driver from outside. */
  readonly from?: string;
  /** What a driver from outside is handed, if it exports a function: CallMe's own zod. */
  readonly kit?: object;
  /** For tests. */
  readonly folder?: string;
}

/** The names a config may give as `driver`, sorted; beside them a path or a package. */
export function driverNames(folder = FOLDER): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) === KIND)
    .map((entry) => entry.name.slice(0, -KIND.length))
    .filter((name) => NAME.test(name))
    .sort();
}

/** Is it written as a path (`./x.ts`, `../x.js`, `/x.mjs`) rather than as a name? */
export const isPath = (name: string): boolean => /^\.{1,2}\//.test(name) || isAbsolute(name);

/**
 * Loads one driver. Rejects with `CrmFailure`: `CRM_UNKNOWN_DRIVER` (there is none; its message lists the known names) or `CRM_BAD_DRIVER` (it is no driver,
 * or from outside and throws while loading). One of ours that throws while loading rejects with that error: it is a bug, not a setting.
 */
export async function loadDriver(name: string, shelf: Shelf = {}): Promise<DriverKind> {
  const folder = shelf.folder ?? FOLDER;
  const known = driverNames(folder);
  if (known.includes(name)) return ours(name, folder);
  const file = shelf.from === undefined ? null : fileOf(name, shelf.from);
  if (file === null) throw new CrmFailure('CRM_UNKNOWN_DRIVER', `there is no driver ${quoted(name)}; known: ${known.join(', ')}`);
  return fromOutside(name, file, shelf.kit ?? {});
}

async function ours(name: string, folder: string): Promise<DriverKind> {
  const kind = await defaultOf(join(folder, name + KIND));
  const missing = missingIn(kind);
  if (missing !== '') throw new CrmFailure('CRM_BAD_DRIVER', `crm/drivers/${name}${KIND} does not default-export a DriverKind: ${missing}`);
  const driver = kind as DriverKind;
  if (driver.name !== name) throw new CrmFailure('CRM_BAD_DRIVER', `crm/drivers/${name}${KIND} calls itself ${quoted(driver.name)}`);
  return driver;
}

async function fromOutside(name: string, file: string, kit: object): Promise<DriverKind> {
  const bad = (why: string): CrmFailure => new CrmFailure('CRM_BAD_DRIVER', `${quoted(name)} is no driver: ${why}`);
  if (!RUNS.has(extname(file))) throw bad(`it ends in ${quoted(extname(file))}, not in ${[...RUNS].join(', ')}`);
  const kind = await opened(file, kit).catch((error: unknown) => { throw bad(`it throws while loading: ${lineOf(error)}`); });
  const missing = missingIn(kind);
  if (missing !== '') throw bad(missing);
  return kind as DriverKind;
}

async function opened(file: string, kit: object): Promise<unknown> {
  const found = await defaultOf(file);
  return typeof found === 'function' ? await (found as (kit: object) => unknown)(kit) : found;
}

const defaultOf = async (file: string): Promise<unknown> => (await import(pathToFileURL(file).href) as { readonly default?: unknown }).default;

/** The file that a path or a package leads to; null = there is none. */
function fileOf(name: string, from: string): string | null {
  if (name.includes('\u0000')) return null;
  if (isPath(name)) return existsSync(resolve(from, name)) ? resolve(from, name) : null;
  if (!PACKAGE.test(name) || isBuiltin(name)) return null;
  return inPackage(name, join(from, 'package.json')) ?? inPackage(name, import.meta.filename);
}

/** `base`: a file beside whose `node_modules`, and above, is looked. */
function inPackage(name: string, base: string): string | null {
  try {
    return createRequire(base).resolve(name);
  } catch {
    return importOnly(name, base);
  }
}

/** A package whose `exports` name `import` alone is hidden from require. */
function importOnly(name: string, base: string): string | null {
  try {
    const manifest = findPackageJSON(name, pathToFileURL(base));
    if (manifest === undefined) return null;
    const { exports: doors } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly exports?: Tree };
    const door = doorIn(isTree(doors) ? doors['.'] ?? doors : doors);
    return door === null ? null : join(dirname(manifest), door);
  } catch {
    return null;
  }
}

type Tree = string | { readonly [key: string]: Tree } | undefined;
const isTree = (value: Tree): value is { readonly [key: string]: Tree } => typeof value === 'object';

function doorIn(door: Tree): string | null {
  if (typeof door === 'string') return door.startsWith('./') ? door : null;
  return door === undefined ? null : doorIn(door['node'] ?? door['import'] ?? door['default']);
}

/** A config's text in a message: one line, short. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));
function lineOf(error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return said.split(/\r?\n/)[0]?.slice(0, 200) ?? '';
}

/** What a DriverKind lacks; `''` = nothing. */
function missingIn(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'its default export is neither an object nor a function that returns one';
  const { name, settings, pace, create } = value as Partial<Record<keyof DriverKind, unknown>>;
  if (typeof name !== 'string' || name === '') return '`name` is no text';
  if (!hasSafeParse(settings)) return '`settings` has no safeParse';
  if (!isPace(pace)) return '`pace` is not { perSecond, burst }';
  return typeof create === 'function' ? '' : '`create` is no function';
}

const hasSafeParse = (settings: unknown): boolean =>
  typeof settings === 'object' && settings !== null && 'safeParse' in settings && typeof settings.safeParse === 'function';

function isPace(pace: unknown): boolean {
  if (typeof pace !== 'object' || pace === null) return false;
  const { perSecond, burst } = pace as { readonly perSecond?: unknown; readonly burst?: unknown };
  return typeof perSecond === 'number' && perSecond > 0 && typeof burst === 'number' && burst >= 1;
}
