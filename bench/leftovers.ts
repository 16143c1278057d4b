/**
 * Short recordings (2 to 5 s) that a crash has left, one in ten with the open header of a killed Asterisk, worked off by what `callme serve` has for that: the look
 * for leftovers, the store in a file, the worker. Seconds of sound a second against bare `lame` with the same options on the same cores in turns in
 * the same run, the peak of resident memory at a tenth of the recordings and at all of them, and how many WAVs went whose MP3 is not whole.
 *
 *   BENCH_LEFTOVERS=10000 node bench/leftovers.ts     default: 1000
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Leftovers } from '../app/leftovers.ts';
import { onRecordingReady } from '../app/spooling.ts';
import type { Store } from '../core/ports.ts';
import { DEFAULT_TENANT, instant, type PbxId, type RecordingId } from '../core/words.ts';
import { findProgram, HOW_TO_INSTALL, lameArguments } from '../recordings/lame.ts';
import { inspectMp3, whyNotWhole } from '../recordings/mp3.ts';
import { createRecordingWorker } from '../recordings/worker.ts';
import { openStore } from '../store/open.ts';
import { filesBelow, listeningLog } from '../test/fakes/spool.ts';
import { createRandom, putFile, speech, wavHeader } from '../test/fakes/wav.ts';
import { median, printFigure } from './figure.ts';

const COUNT = Number(process.env['BENCH_LEFTOVERS'] ?? 1000);
const TARGET = 0.95;
/** Megabytes more than at a tenth of the recordings that are flat: a process that works for longer has a larger heap; what is kept for each would be more. */
const FLAT_MB = 32;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const BITRATE = 64;
const RATE = 8000;
const CORES = availableParallelism();
const MAIN = 'main' as PbxId;
const AGE_MS = 600_000;
const OPEN_EACH = 10;
const SOUND_SECONDS = 60;
const CHILD_MS = 3_600_000;
/** As `bin/callme` starts Node.js. */
const AS_LAUNCHED = ['--max-semi-space-size=8'];

const fileOf = (index: number): string => `2026/11/${String(1 + (index % 28)).padStart(2, '0')}/call-1790.${index}.wav`;
interface Sounds { readonly bytes: Buffer; readonly lengthOf: (index: number) => number }

/** Each file has a piece of its own of a minute of speech. */
function sounds(): Sounds {
  return { bytes: speech(SOUND_SECONDS, 7), lengthOf: (index) => 2 + 3 * createRandom(index + 1)() };
}
const pieceOf = ({ bytes, lengthOf }: Sounds, index: number): Buffer => {
  const samples = Math.round(lengthOf(index) * RATE);
  const from = Math.floor(createRandom(index + 77)() * (SOUND_SECONDS * RATE - samples));
  return bytes.subarray(from * 2, (from + samples) * 2);
};

function fill(folder: string, from: number, to: number, { given, open }: { readonly given: Sounds; readonly open: boolean }): number {
  let seconds = 0;
  for (let index = from; index < to; index += 1) {
    const piece = pieceOf(given, index);
    const header = wavHeader(piece.length, open && index % OPEN_EACH === 0 ? { declared: 0, riff: 0 } : {});
    putFile(folder, fileOf(index), Buffer.concat([header, piece]), AGE_MS);
    seconds += piece.length / 2 / RATE;
  }
  // On the disk before the clock runs: our fsyncs must not pay for the bench's own writing.
  execFileSync('sync');
  return seconds;
}

/** Seconds. */
async function bareLame(folder: string): Promise<number> {
  const options = lameArguments({ wav: 'WAV', part: 'MP3', bitrateKbps: BITRATE, seconds: 0, raw: null, command: [] }).slice(0, -2);
  const files = filesBelow(folder).map((file) => `${path.join(folder, file)} ${path.join(folder, file)}.mp3`).join('\n');
  const begun = performance.now();
  const xargs = spawn('xargs', ['-P', String(CORES), '-L', '1', 'nice', '-n', '10', 'lame', ...options], { stdio: ['pipe', 'inherit', 'inherit'] });
  xargs.stdin.end(`${files}\n`);
  const [code] = await once(xargs, 'exit') as [number | null];
  if (code !== 0) throw new Error(`xargs ended with ${code ?? 'a signal'}`);
  return (performance.now() - begun) / 1000;
}

interface Worked { readonly seconds: number; readonly peakMb: number; readonly cpuSeconds: number }

/** In a process of its own, because its memory is what counts. */
async function ourSpool(folder: string, count: number): Promise<Worked> {
  const child = fork(import.meta.filename, [folder, String(count)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], timeout: CHILD_MS, execArgv: AS_LAUNCHED });
  const [worked] = await Promise.race([once(child, 'message') as Promise<[Worked]>, once(child, 'exit').then(([code]): never => { throw new Error(`the worker ended with ${String(code)}`); })]);
  await once(child, 'exit');
  return worked;
}

const wavsIn = (folder: string): string => path.join(folder, 'continuous');
const storeIn = (folder: string): Store => openStore({ url: 'sqlite:callme.db', dataDir: path.join(folder, 'data'), tenant: DEFAULT_TENANT });

async function worker(folder: string, count: number): Promise<void> {
  const store = storeIn(folder);
  const [clock, log] = [{ now: () => instant(Date.now()) }, { ...listeningLog(), info: () => undefined, debug: () => undefined }];
  const done = Promise.withResolvers<undefined>();
  let ready = 0;
  const told = onRecordingReady({ store, clock, planOf: () => ({ accounts: [], lines: [], internal: false }), onFacts: () => undefined });
  const spool = createRecordingWorker({
    store: store.recordings, folders: new Map([[MAIN, wavsIn(folder)]]), clock, log, recorderGone: () => true,
    settings: { bitrateKbps: BITRATE, keepWavDays: 0, minFreeMb: 0, fallbackFolder: path.join(folder, 'data', 'recordings'), encoders: CORES },
    onReady: (row, what) => { told(row, what); ready += 1; if (ready === count) done.resolve(undefined); },
  });
  const leftovers = new Leftovers({
    folders: [{ pbx: MAIN, folder: wavsIn(folder), upSince: () => instant(0) }], journal: store.journal, recordings: store.recordings, clock, log, find: (below, ask) => spool.leftovers(below, ask), onFound: () => { spool.wake(); },
  });
  const begun = performance.now();
  await spool.start();
  await leftovers.tick();
  await done.promise;
  await spool.stop(60_000);
  const seconds = (performance.now() - begun) / 1000;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  store.close();
  process.send?.({ seconds, peakMb: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 } satisfies Worked);
}

/** WAVs that went and whose MP3 is not there whole, as the row and the sound that was recorded say. */
async function wronglyDeleted(folder: string, count: number, given: Sounds): Promise<number> {
  const store = storeIn(folder);
  const left = new Set(filesBelow(wavsIn(folder)));
  let wrong = 0;
  for (let index = 0; index < count; index += 1) {
    const file = fileOf(index);
    if (left.has(file)) continue;
    const row = store.recordings.get(`${MAIN}/${file}` as RecordingId);
    const look = await inspectMp3(path.join(wavsIn(folder), `${file.slice(0, -'.wav'.length)}.mp3`), new AbortController().signal).catch(() => null);
    if (look === null || row?.sha256 !== look.sha256 || whyNotWhole(look, pieceOf(given, index).length / 2 / RATE) !== '') wrong += 1;
  }
  store.close();
  return wrong;
}

async function withFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(path.join(tmpdir(), 'callme-bench-'));
  try { return await work(folder); } finally { rmSync(folder, { recursive: true, force: true }); }
}

const bareRun = (from: number, to: number, given: Sounds): Promise<{ readonly audio: number; readonly took: number }> =>
  withFolder(async (folder) => ({ audio: fill(folder, from, to, { given, open: false }), took: await bareLame(folder) }));

async function ourRun(count: number, given: Sounds): Promise<Worked & { readonly audio: number; readonly wrong: number; readonly left: number }> {
  return withFolder(async (folder) => {
    const audio = fill(wavsIn(folder), 0, count, { given, open: true });
    const worked = await ourSpool(folder, count);
    const left = filesBelow(wavsIn(folder)).filter((file) => file.endsWith('.wav')).length;
    return { ...worked, audio, wrong: await wronglyDeleted(folder, count, given), left };
  });
}

interface Round { readonly ours: number; readonly bare: number }

type Ours = Awaited<ReturnType<typeof ourRun>>;
interface Round { readonly all: Ours; readonly ours: number; readonly bare: number }

/** All of the recordings by both, one behind the other and in turns: what else this machine does changes from minute to minute. */
async function round(index: number, given: Sounds): Promise<Round> {
  const early = index % 2 === 0 ? await ourRun(COUNT, given) : null;
  const bare = await bareRun(0, COUNT, given);
  const all = early ?? await ourRun(COUNT, given);
  return { all, ours: all.audio / all.seconds, bare: bare.audio / bare.took };
}

async function measure(): Promise<void> {
  const given = sounds();
  const small = await ourRun(Math.ceil(COUNT / 10), given);
  const rounds: Round[] = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round(index, given));
  const ratio = median(rounds.map(({ ours, bare }) => ours / bare));
  for (const { all, ours, bare } of rounds) {
    process.stderr.write(`ratio ${(ours / bare).toFixed(2)}: ${COUNT} recordings, ${Math.round(all.audio)} s of sound, in ${all.seconds.toFixed(1)} s; `
      + `CPU of the process itself ${(100 * all.cpuSeconds / all.seconds).toFixed(0)} % of a core; peak ${all.peakMb.toFixed(0)} MB; ${all.left} WAVs left\n`);
  }
  const [value, yardstick] = [median(rounds.map(({ ours }) => ours)), median(rounds.map(({ bare }) => bare))];
  printFigure({ name: `leftovers_${COUNT}_audio_seconds_per_s`, unit: 's/s', value, yardstick, ratio, target: TARGET });
  printFigure({ name: `leftovers_${COUNT}_peak_rss`, unit: 'MB', value: Math.max(...rounds.map(({ all }) => all.peakMb)), yardstick: small.peakMb, target: small.peakMb + FLAT_MB });
  printFigure({ name: `leftovers_${COUNT}_wrongly_deleted`, unit: 'files', value: rounds.reduce((sum, { all }) => sum + all.wrong, small.wrong), target: 0 });
}

const [folder, count] = process.argv.slice(2);
if (folder !== undefined && count !== undefined) { await worker(folder, Number(count)); process.disconnect(); }
else if (await findProgram('lame') === null) process.stdout.write(`${JSON.stringify({ name: 'leftovers_audio_seconds_per_s', skipped: `there is no lame: ${HOW_TO_INSTALL}` })}\n`);
else await measure();
