/**
 * The law of the house (ARCHITECTURE.md): who may know whom, and which door each package has. Pure, so that the test can also ask it about
 * files that break the law. Each answer is a sentence that names the file, the import and the rule.
 */
import { COMPUTED, importsOf, inProject, packageOf, withoutComments } from './imports.ts';

export const ROOMS = ['ami', 'agi', 'cdr', 'crm', 'outbox', 'recordings', 'store', 'web'] as const;
/** What is shipped. `lab`, `bench`, `test` and `docs` look into every room; nobody looks into them. */
export const PRODUCT: readonly string[] = ['core', ...ROOMS, 'app', 'bin'];

/** Where a package, or a module of Node.js that is one, may be imported: a file, or a folder with a slash at its end. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-s3': ['recordings/storage/s3.ts'],
  'asterisk-manager': ['ami/link.ts'],
  'csv-parse': ['app/address-book/'],
  'csv-stringify': ['app/address-book/'],
  'ding-dong': ['agi/session.ts'],
  'fastify': ['web/server.ts'],
  'libphonenumber-js': ['app/phones.ts'],
  'mysql2': ['cdr/mysql.ts'],
  'node:sqlite': ['store/sqlite/'],
  'pg': ['cdr/postgres.ts'],
  'pino': ['app/logs.ts'],
  'pino-pretty': ['app/logs.ts'],
  'undici': ['app/http.ts'],
  'yaml': ['app/config/source.ts'],
  'yargs': ['app/cli/parser.ts'],
  'zod': ['crm/driver.ts', 'crm/drivers/', 'app/config/'],
};
/** Drivers are found by looking into their folder; every other import is a literal. */
const MAY_COMPUTE: readonly string[] = ['crm/registry.ts'];

const topOf = (path: string): string => (path.includes('/') ? path.split('/')[0] ?? '' : '');
const isProduct = (file: string): boolean => PRODUCT.includes(topOf(file));
const isRoom = (folder: string): boolean => (ROOMS as readonly string[]).includes(folder);

/** Everything that is wrong with one file's imports, and in the core with what it reaches for without importing it. */
export function complaintsAbout(file: string, source: string): readonly string[] {
  if (!isProduct(file)) return [];
  const imports = importsOf(source).flatMap((specifier) => complaintsAboutImport(file, specifier));
  return topOf(file) === 'core' ? [...imports, ...impurities(file, source)] : imports;
}

function complaintsAboutImport(file: string, specifier: string): readonly string[] {
  const said = (rule: string): readonly string[] => [`${file} imports ${specifier}: ${rule}`];
  if (specifier === COMPUTED) return MAY_COMPUTE.includes(file) ? [] : said('a computed import hides from this test, only the driver registry may');
  const target = inProject(file, specifier);
  if (target !== null) return neighbour(topOf(file), topOf(target), said);
  if (topOf(file) === 'core') return said('the core knows nothing: neither packages nor Node.js');
  return atTheDoor(file, specifier, said);
}

function neighbour(from: string, to: string, said: (rule: string) => readonly string[]): readonly string[] {
  if (from === to) return [];
  if (!PRODUCT.includes(to)) return said(`the product knows neither lab nor tests nor anything else outside its rooms (${to === '' ? 'the root' : to})`);
  if (from === 'core') return said('the core imports nothing outside core/');
  if (isRoom(from)) return to === 'core' ? [] : said(`the room ${from}/ knows core/ and itself, not ${to}/`);
  if (from === 'bin') return to === 'app' ? [] : said('bin/ knows app/ alone');
  return to === 'bin' ? said('app/ does not know who starts it') : [];
}

function atTheDoor(file: string, specifier: string, said: (rule: string) => readonly string[]): readonly string[] {
  const name = packageOf(specifier) ?? specifier;
  const doors = Object.hasOwn(DOORS, name) ? DOORS[name] ?? [] : null;
  if (doors === null && specifier.startsWith('node:')) return [];
  if (doors === null) return said(`the package ${name} has no door: name one in test/house/rules.ts and its reason in ARCHITECTURE.md`);
  return doors.some((door) => (door.endsWith('/') ? file.startsWith(door) : file === door)) ? [] : said(`the door of ${name} is ${doors.join(', ')}`);
}

/** Clocks, dice, logs and the process are handed to the core as values; what is global needs no import to be used. */
const GLOBALS = ['Date\\.now', 'new Date\\(\\s*\\)', 'Math\\.random', 'console\\.\\w+', 'process\\.\\w+', 'performance\\.now', 'crypto\\.\\w+',
  'set(?:Timeout|Interval|Immediate)', 'queueMicrotask', 'fetch\\(', 'globalThis'];
const IMPURE = new RegExp(`\\b(?:${GLOBALS.join('|')})`, 'g');

function impurities(file: string, source: string): readonly string[] {
  const found = [...withoutComments(source).matchAll(IMPURE)];
  return found.map(([what]) => `${file} uses ${what}: the core has no clock, no dice, no log and no process; they arrive as values`);
}

// ------------------------------------------------------------------------------------------------ package.json
export interface Declared { readonly runtime: readonly string[]; readonly development: readonly string[] }

/** Imports of every file, as package names, against what package.json declares. */
export function complaintsAboutPackages(files: readonly { readonly file: string; readonly packages: readonly string[] }[], declared: Declared): readonly string[] {
  const strangers = files.flatMap(({ file, packages }) => packages.flatMap((name) => strangeness(file, name, declared)));
  const used = new Set(files.filter(({ file }) => isProduct(file)).flatMap(({ packages }) => packages));
  return [...strangers, ...declared.runtime.filter((name) => !used.has(name)).map((name) => `package.json declares ${name}: no file of the product imports it, drop it`)];
}

function strangeness(file: string, name: string, { runtime, development }: Declared): readonly string[] {
  if (runtime.includes(name)) return [];
  if (!development.includes(name)) return [`${file} imports ${name}: package.json does not declare it`];
  return isProduct(file) ? [`${file} imports ${name}: a development dependency is not there once CallMe is installed`] : [];
}
