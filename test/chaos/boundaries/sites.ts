/** The boundaries as the source has them: every line of recordings/ that changes a disk, writes to the store, starts a program or speaks to a bucket. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Site { /** `files.ts:11`, as the stack of an error names it. */ readonly at: string; readonly file: string; readonly text: string }

const ROOM = path.join(import.meta.dirname, '../../../recordings');
const DISK = 'sync|rename|remove|makeFolder|write|syncFile';
const BUCKET = 'put|begin|send|finish|abandon|remove|tidy';
const CALLS = new RegExp([
  String.raw`\bsave\(`, String.raw`\b(?:store|recordings)\.(?:patch|ready|retry)\(`, String.raw`\bonReady\(`, String.raw`\bdisk\.(?:${DISK})\(`, String.raw`\b(?:bucket|storage)\.(?:${BUCKET})\(`,
  String.raw`\bremember\(`, String.raw`\bspawn\(`, String.raw`\.stdin\.write\(`, String.raw`\b(?:rm|unlink|rename|mkdir|writeFile|truncate|createWriteStream)(?:Sync)?\(`, String.raw`\b(?:writeSync|fsync|fdatasync|ftruncate)(?:Sync)?\(`,
  String.raw`\bledger\.(?:patch|ready)\(`, String.raw`\bcopyAway\??\.?\(`, String.raw`\bfile\.(?:sync|write|truncate|datasync)\(`,
].join('|'));
const NO_CALL = /^\s*(?:export )?(?:async )?function |^\s*\*|^\s*\/\/|^\s*\/\*\*|^import |^\s*(?:readonly )?\w+\(.*\): (?:Promise<)?\w+>?;$/;

const sources = (): readonly string[] => readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).sort();
const linesOf = (file: string): readonly string[] => readFileSync(path.join(ROOM, file), 'utf8').split('\n');

export function sitesInSource(): readonly Site[] {
  return sources().flatMap((file) => linesOf(file).flatMap((text, index) => (CALLS.test(text) && !NO_CALL.test(text) ? [{ at: `${file}:${index + 1}`, file, text: text.trim() }] : [])));
}

/** What recordings/ imports from Node's file system: `trip.ts: rename`. */
export function importsOfFileSystem(): readonly { readonly file: string; readonly name: string }[] {
  return sources().flatMap((file) => [...linesOf(file).join('\n').matchAll(/import (?:type )?\{([^}]*)\} from 'node:fs(?:\/promises)?'/g)]
    .flatMap(([, names = '']) => names.split(',').map((name) => ({ file, name: name.replace(/^\s*type /, '').trim() }))).filter(({ name }) => name !== ''));
}

/** Sites at which the worker does not work: why no scenario kills there, and who looks at them instead. */
export interface Exempt { readonly file: string; readonly text: RegExp; readonly why: string }
export const EXEMPT: readonly Exempt[] = [
  { file: 'check-repair.ts', text: /./, why: 'an operator\'s `spool repair`: test/recordings, test/app' },
  { file: 'export.ts', text: /./, why: 'an operator\'s `spool export`: it writes into his folder alone' },
  { file: 'disk-writes.ts', text: /^await file\.sync\(\);$/, why: 'of those who work beside the thread: test/recordings/faults.test.ts fails it' },
  { file: 'open-file.ts', text: /^(?:write: async|stat: \(\) => file\.stat)/, why: 'the same' },
  { file: 'workshop-thread.ts', text: /ledger\.(?:patch|ready)\(/, why: 'what is asked for there is written in ledger.ts, with the others of its turn' },
  { file: 'files.ts', text: /disk\.makeFolder\(/, why: 'root may write everywhere: test/recordings/read-only.test.ts runs as another user, faults.test.ts fails it' },
  { file: 'retention-service.ts', text: /storage\.tidy\(/, why: 'ends uploads of others, of which no row knows: test/recordings/storage.test.ts' },
  { file: 'storage/upload.ts', text: /there\?\.bytes === file\.bytes/, why: 'met by the restart after each kill behind `bucket put` and `bucket finish`' },
  { file: 'storage/in-bucket.ts', text: /bucket\.abandon\(/, why: 'the same' },
  { file: 'disk-writes.ts', text: /makeFolder: async/, why: 'the same' },
  { file: 'lame.ts', text: /stdio: \[input\.fd/, why: 'a header that may not be repaired: the same test of another user' },
  { file: 'lame.ts', text: /spawn\(program, rest, \{ stdio: \['ignore'/, why: 'where the launcher cannot take the command (a line break in a path)' },
];
export const isExempt = ({ file, text }: Site): boolean => EXEMPT.some((each) => each.file === file && each.text.test(text));
