/**
 * `npm test`: types, lint, every test, the live ones on a real Asterisk included. Installs what it needs where it may (see lab/preconditions.ts);
 * what could not run is listed with its reason; the last line counts.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { build } from '../lab/build.ts';
import { preconditions } from '../lab/preconditions.ts';
import { TapReader, type Tally } from './tap-reader.ts';

const ROOT = `${import.meta.dirname}/..`;
const only = process.argv.slice(2);

interface Part { readonly name: string; readonly files: readonly string[]; readonly jobs: number }

/** Calls in real time want a core of their own, so the live parts run one after the other and after everything else. */
function parts(): readonly Part[] {
  const files = only.length > 0 ? only : globSync('test/**/*.test.ts', { cwd: ROOT }).toSorted();
  const isLive = (file: string): boolean => /test\/(live|chaos)\//.test(file);
  return [
    { name: 'tests', files: files.filter((file) => !isLive(file)), jobs: 2 },
    { name: 'live tests on a real Asterisk', files: files.filter(isLive), jobs: 1 },
  ].filter(({ files: some }) => some.length > 0);
}

async function prepare(): Promise<void> {
  const possible = await preconditions();
  if (!possible.ok) { say(`no real Asterisk here: ${possible.reason}; the tests that need one are skipped`); return; }
  const progress = (line: string): void => { say(line); };
  // What could not be built fails or skips in the tests that need it, each with its reason; the others still count.
  for (const version of ['22', '16'] as const) {
    await build(version, progress).catch((error: unknown) => { say(`Asterisk ${version} cannot be installed here: ${error instanceof Error ? error.message : String(error)}`); });
  }
}

async function check(name: string, command: readonly string[]): Promise<Tally> {
  say(`${name} …`);
  const [program = '', ...words] = command;
  const code = await new Promise<number | null>((resolve) => { spawn(program, words, { cwd: ROOT, stdio: 'inherit' }).once('exit', resolve).once('error', () => { resolve(null); }); });
  return code === 0 ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] };
}

async function runTap({ name, files, jobs }: Part): Promise<Tally> {
  say(`${name} (${files.length} files) …`);
  const child = spawn('tap', ['run', '--reporter=tap', `--jobs=${jobs}`, '--timeout=600', ...files], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = new TapReader((line) => { process.stdout.write(`${line}\n`); });
  for await (const line of createInterface({ input: child.stdout })) reader.line(line);
  const code = child.exitCode ?? await new Promise<number>((resolve) => { child.once('exit', (exit) => { resolve(exit ?? 1); }); });
  const tally = reader.tally();
  // A runner that ended badly without naming a failed test is a failure all the same.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

function say(text: string): void { process.stdout.write(`# ${text}\n`); }

async function main(): Promise<void> {
  const tallies: Tally[] = [];
  if (only.length === 0) {
    tallies.push(await check('types', ['tsc', '-p', '.']), await check('lint', ['eslint', '.', '--max-warnings=0']));
  }
  await prepare();
  // On a clean clone tap would start with its own choice of plugins, and compile what Node runs as it is.
  tallies.push(await check('tap with the plugins of .taprc', ['tap', 'build']));
  for (const part of parts()) tallies.push(await runTap(part));
  const skipped = tallies.flatMap((tally) => tally.skipped);
  for (const reason of skipped) say(`skipped: ${reason}`);
  const sum = (key: 'passed' | 'failed'): number => tallies.reduce((total, tally) => total + tally[key], 0);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${skipped.length} skipped\n`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

await main();
