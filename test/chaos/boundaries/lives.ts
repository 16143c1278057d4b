/** Lives of CallMe's spool, their ends, and what must be true of a recording then. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspectMp3, whyNotWhole } from '../../../recordings/mp3.ts';
import { FILE, filesBelow, MP3 } from '../../fakes/spool.ts';
import { fakeS3, type FakeS3 } from '../../fakes/s3.ts';
import { ORDER, type Boundary, type Order } from './mortal.ts';
import { SECONDS, type Scenario } from './scenarios.ts';
import { keptIn, recordingsIn, tidy, work, type WorkOptions } from './work.ts';

const DAY_MS = 86_400_000;
/** When retention finds the recording: older than every rule allows. */
const AGE_DAYS = 3;
const LONGEST_LIFE_MS = 60_000;
const [MORTAL, CHILD] = ['mortal.ts', 'child.ts'].map((name) => path.join(import.meta.dirname, name)) as [string, string];

export interface World { readonly folder: string; readonly bucket: FakeS3 | null; readonly scenario: Scenario; end(): Promise<void> }

/** A copy of the scenario's beginning, with a bucket of its own where it has one. */
export async function worldOf(scenario: Scenario): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'callme-boundary-'));
  scenario.prepare(folder);
  const bucket = scenario.partBytes === undefined ? null : await fakeS3();
  const world: World = { folder, bucket, scenario, end: async () => { await bucket?.kill(); rmSync(folder, { recursive: true, force: true }); } };
  if (scenario.retention === true) await work({ ...optionsOf(world, 'settled'), until: 'settled', later: 0 });
  return world;
}

function optionsOf({ folder, bucket, scenario }: Pick<World, 'folder' | 'bucket' | 'scenario'>, until: WorkOptions['until']): WorkOptions {
  const { partBytes, given, retention } = scenario;
  const what = retention === true ? { until: 'purged' as const, later: AGE_DAYS * DAY_MS } : { until };
  return { folder, ...what, ...given?.(folder), ...(bucket === null || partBytes === undefined ? {} : { bucket: { endpoint: bucket.endpoint, partBytes } }) };
}

export interface Death { readonly signal: string | null; readonly code: number | null; readonly said: string }

/** One life in a process of its own, which ends as the order says. */
export async function live(world: World, order: Order): Promise<Death> {
  const options = optionsOf(world, order.mode.startsWith('full') ? 'warned' : 'settled');
  const child = spawn(process.execPath, ['--import', MORTAL, CHILD, JSON.stringify(options)], { env: { ...process.env, NODE_OPTIONS: '', [ORDER]: JSON.stringify(order) }, stdio: ['ignore', 'ignore', 'pipe'] });
  const axe = setTimeout(() => { child.kill('SIGTERM'); }, LONGEST_LIFE_MS);
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => { said += bytes.toString('utf8'); });
  const [code, signal] = await once(child, 'exit') as [number | null, string | null];
  clearTimeout(axe);
  return { code, signal, said };
}

/** The boundaries that a whole life of this scenario meets. */
export async function boundariesOf(scenario: Scenario): Promise<readonly Boundary[]> {
  const world = await worldOf(scenario);
  const out = path.join(world.folder, 'trace');
  try {
    const { code, said } = await live(world, { mode: 'trace', key: '', when: 'before', out });
    if (code !== 0) throw new Error(`a life without an accident ended with ${code ?? 'a signal'}: ${said}`);
    return readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Boundary);
  } finally {
    await world.end();
  }
}

/** At no moment may the sound be in no whole file. `''` = it is there. */
export async function whereIsTheSound({ folder, scenario }: World, before: Buffer | null): Promise<string> {
  if (before === null || scenario.end !== 'told') return '';
  const wav = path.join(recordingsIn(folder), FILE);
  if (existsSync(wav)) return readFileSync(wav).subarray(44).equals(before.subarray(44)) ? '' : 'the WAV is not what it was';
  return whyNotWholeMp3(path.join(recordingsIn(folder), MP3));
}
export const wavOf = ({ folder }: World): Buffer | null => {
  const wav = path.join(recordingsIn(folder), FILE);
  return existsSync(wav) ? readFileSync(wav) : null;
};

const whyNotWholeMp3 = (mp3: string): Promise<string> => inspectMp3(mp3, new AbortController().signal)
  .then((look) => whyNotWhole(look, SECONDS), (error: unknown) => (error instanceof Error ? error.message : String(error)));

/** The same with the lame of this machine, and all its patience. */
const healthy = (options: WorkOptions): WorkOptions => Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'lame' && name !== 'maxFailures')) as unknown as WorkOptions;

/** The next lives, in this process: with a lame that works, a disk that has space, and a day later; then once more, which must change nothing. */
export async function restart(world: World): Promise<void> {
  const options = healthy(optionsOf(world, 'settled'));
  const broken = keptIn(world.folder).row.state === 'broken';
  for (const days of [1, 2]) await work({ ...options, later: (options.later ?? 0) + days * DAY_MS, retry: broken && days === 1 });
  // An upload that was begun and never written down is nobody's: the daily look ends it.
  if (world.bucket !== null) await tidy(world.bucket, AGE_DAYS * DAY_MS);
}

/** Everything that is wrong with how it ended. */
export async function complaintsOf(world: World): Promise<readonly string[]> {
  const { folder, bucket, scenario } = world;
  const { row, ready, deliveries } = keptIn(folder);
  const files = filesBelow(recordingsIn(folder));
  const wrong: string[] = [];
  const demand = (holds: boolean, what: string): void => { if (!holds) wrong.push(what); };
  demand(!files.includes(FILE), 'the WAV is still there');
  demand(!files.some((file) => file.endsWith('.part')), 'a .part is left');
  for (const each of scenario.beside ?? []) demand(files.filter((file) => file.startsWith(each)).length === 1, `${each}… is not there once: ${files.join(', ')}`);
  if (scenario.end === 'purged' || scenario.end === 'bucket alone') return [...wrong, ...withoutMp3(world, files)];
  if (scenario.end === 'empty') {
    demand(row.state === 'empty', `it is ${row.state}`);
    demand(ready.length === 0 && deliveries.length === 0, 'something was told');
    return wrong;
  }
  const look = await inspectMp3(path.join(recordingsIn(folder), MP3), new AbortController().signal).catch(() => null);
  demand(row.state === 'uploaded', `it is ${row.state}: ${row.reason}`);
  demand(look !== null && whyNotWhole(look, SECONDS) === '', 'the MP3 is not whole');
  demand(look?.sha256 === row.sha256 && look.bytes === row.bytes, 'the MP3 is not the one that the row knows');
  demand(ready.length === 1, `${ready.length} facts recording-ready`);
  demand(deliveries.length === 1, `${deliveries.length} deliveries`);
  demand(ready.every((fact) => fact.kind === 'recording-ready' && fact.sha256 === row.sha256), 'the fact tells of another MP3');
  if (bucket !== null) {
    demand(bucket.objects.size === 1 && [...bucket.objects.values()].every(({ sha256 }) => sha256 === row.sha256), 'the bucket does not hold the MP3 once');
    demand(bucket.uploads.size === 0, 'an upload was left unfinished');
    demand(row.stored !== null && row.upload === null, 'the row does not know the copy in the bucket');
  }
  return wrong;
}

/** After retention: what is gone is gone everywhere and said so, what stays is where the row says. */
function withoutMp3({ folder, bucket, scenario }: World, files: readonly string[]): readonly string[] {
  const { row, ready } = keptIn(folder);
  const wrong: string[] = [];
  const demand = (holds: boolean, what: string): void => { if (!holds) wrong.push(what); };
  demand(row.mp3 === null, 'the row names an MP3 that retention let go');
  demand(ready.length === 1, 'its fact is not there once');
  if (scenario.end === 'purged') {
    demand(row.state === 'purged' && row.stored === null && row.purgedAt !== null, `it is ${row.state}, in ${row.stored ?? 'no bucket'}`);
    demand(!files.includes(MP3), 'the MP3 is still there');
    demand(bucket === null || bucket.objects.size === 0, 'the copy in the bucket is still there');
    return wrong;
  }
  demand(row.state === 'uploaded' && row.stored !== null, `it is ${row.state}, in ${row.stored ?? 'no bucket'}`);
  demand(bucket?.objects.size === 1 && [...bucket.objects.values()].every(({ sha256 }) => sha256 === row.sha256), 'the bucket does not hold it');
  return wrong;
}

/** The template of a world costs time (lame, a store): it is prepared once and copied. */
export function copied(scenario: Scenario): { readonly scenario: Scenario; readonly forget: () => void } {
  const template = mkdtempSync(path.join(tmpdir(), 'callme-template-'));
  scenario.prepare(template);
  const prepare = (folder: string): void => { cpSync(template, folder, { recursive: true, preserveTimestamps: true }); };
  return { scenario: { ...scenario, prepare }, forget: () => { rmSync(template, { recursive: true, force: true }); } };
}
