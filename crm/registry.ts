/**
 * Finds the drivers by looking into the folder beside it: a new CRM is one new file in `crm/drivers/`, and no list to edit. Works from
 * the TypeScript sources and from the compiled package alike, because it looks for files of its own kind.
 */
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DriverKind } from './driver.ts';
import { CrmFailure } from './errors.ts';

const FOLDER = join(import.meta.dirname, 'drivers');
/** `.ts` from the sources, `.js` compiled. */
const KIND = extname(import.meta.filename);
/** A name becomes a path: letters, digits and dashes, nothing that climbs. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** The names a config may give as `driver`, sorted. `folder` is for tests. */
export function driverNames(folder = FOLDER): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) === KIND)
    .map((entry) => entry.name.slice(0, -KIND.length))
    .filter((name) => NAME.test(name))
    .sort();
}

/**
 * Loads one driver. Rejects with `CrmFailure`: `CRM_UNKNOWN_DRIVER` (its message lists the known names) or `CRM_BAD_DRIVER`. A driver
 * whose code itself throws while loading rejects with that error: it is a bug, not a setting.
 */
export async function loadDriver(name: string, folder = FOLDER): Promise<DriverKind> {
  const known = driverNames(folder);
  if (!known.includes(name)) throw new CrmFailure('CRM_UNKNOWN_DRIVER', `there is no driver ${quoted(name)}; known: ${known.join(', ')}`);
  const door = await import(pathToFileURL(join(folder, name + KIND)).href) as { readonly default?: unknown };
  if (!isDriverKind(door.default)) throw new CrmFailure('CRM_BAD_DRIVER', `crm/drivers/${name}${KIND} does not default-export a DriverKind`);
  if (door.default.name !== name) throw new CrmFailure('CRM_BAD_DRIVER', `crm/drivers/${name}${KIND} calls itself ${quoted(door.default.name)}`);
  return door.default;
}

/** A config's text in a message: one line, short. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, 60));

function isDriverKind(value: unknown): value is DriverKind {
  if (typeof value !== 'object' || value === null) return false;
  const { name, settings, pace, create } = value as Partial<Record<keyof DriverKind, unknown>>;
  return typeof name === 'string' && typeof create === 'function' && typeof settings === 'object' && settings !== null
    && 'safeParse' in settings && typeof pace === 'object' && pace !== null;
}
