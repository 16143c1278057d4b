/**
 * `node lab/record.ts 22 [story …]`: plays the stories (all of them when none is named) and writes what CallMe would have heard of each to
 * test/captures/22-lab/<story>.ndjson; after all of them also the books that Asterisk wrote meanwhile. A story that fails leaves its old capture.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AsteriskVersion } from './build.ts';
import { raiseLab, type Lab } from './lab.ts';
import { preconditions } from './preconditions.ts';
import { play, stories, type StoryName } from './scenarios.ts';
import { Witness } from './witness.ts';

const CAPTURES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test', 'captures');
const TALK_SECONDS = 2;

const say = (line: string): void => { process.stdout.write(`${line}\n`); };
const isStory = (name: string): name is StoryName => name in stories;
const isVersion = (text: string | undefined): text is AsteriskVersion => text === '22' || text === '16';
const ALL = Object.keys(stories).filter(isStory);

async function capture(lab: Lab, name: StoryName): Promise<string> {
  await lab.reset();
  const witness = await new Witness().listen(lab.asterisk.ami);
  try {
    await play(lab, name, { talkSeconds: TALK_SECONDS });
    await witness.over();
  } finally {
    witness.close();
  }
  return portable(lab, witness.text());
}

/** This run's folder is a path of this machine: recordings stand where every PBX has them. */
const portable = (lab: Lab, text: string): string => text.replaceAll(dirname(lab.asterisk.recordings), '/var/spool/asterisk');

/** True when the capture is written. */
async function record(lab: Lab, name: StoryName, folder: string): Promise<boolean> {
  try {
    const text = await capture(lab, name);
    await writeFile(join(folder, `${name}.ndjson`), text);
    say(`${name}: ${text.split('\n').length - 1} lines`);
    return true;
  } catch (error) {
    say(`${name} FAILED: ${String(error)}\n${lab.trace()}`);
    return false;
  }
}

async function keepBooks(lab: Lab, folder: string): Promise<void> {
  await mkdir(join(folder, 'books'), { recursive: true });
  for (const book of ['cdr', 'cel'] as const) {
    await writeFile(join(folder, 'books', `${book}.csv`), portable(lab, await readFile(lab.asterisk.books[book], 'utf8')));
  }
}

async function recordAll(version: AsteriskVersion, names: readonly StoryName[]): Promise<number> {
  const able = await preconditions(version);
  if (!able.ok) { say(able.reason); return 1; }
  const folder = join(CAPTURES, `${version}-lab`);
  await mkdir(folder, { recursive: true });
  const lab = await raiseLab({ version, progress: say });
  try {
    const failed: StoryName[] = [];
    for (const name of names) if (!await record(lab, name, folder)) failed.push(name);
    if (names.length === ALL.length) await keepBooks(lab, folder);
    say(failed.length === 0 ? `${names.length} stories are in ${folder}` : `failed: ${failed.join(', ')}`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

const [version, ...named] = process.argv.slice(2);
const unknown = named.filter((name) => !isStory(name));
if (!isVersion(version) || unknown.length > 0) {
  say(`${unknown.length > 0 ? `no such story: ${unknown.join(', ')}\n` : ''}usage: node lab/record.ts 22|16 [story …]\nstories: ${ALL.join(' ')}`);
  process.exitCode = 2;
} else {
  process.exitCode = await recordAll(version, named.length === 0 ? ALL : named.filter(isStory));
}
