/**
 * Seconds of sound that the recording worker turns into stored MP3s per second (inspect, lame, count frames, sha256, fsync, rename, hand
 * over, remove the WAV), against the bare encoder: `lame` with the same options on all cores by `xargs -P`, in the same run. Both
 * sides take turns, so that a machine that is busy for a moment disturbs both.
 */
import { spawn } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { instant } from '../core/words.ts';
import { findProgram, HOW_TO_INSTALL, lameArguments } from '../recordings/lame.ts';
import { createRecordingWorker } from '../recordings/worker.ts';
import { appOnReady, listeningLog, MAIN } from '../test/fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../test/fakes/stores.ts';
import { putFile, speech, wavHeader } from '../test/fakes/wav.ts';

const MINUTES = [5, 10, 7, 6, 9, 5, 8, 10, 6, 7, 5, 8, 9, 6, 7, 5];
const TARGET = 0.95;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const BITRATE = 64;
const cores = availableParallelism();
const audioSeconds = MINUTES.reduce((sum, minutes) => sum + minutes * 60, 0);
const named = (index: number): string => `2026/11/20/call-1790.${index}.wav`;

/** A minute of speech, repeated: what it says is of no importance, how it compresses is. */
function fill(folder: string, minute: Buffer): void {
  MINUTES.forEach((minutes, index) => {
    const wav = putFile(folder, named(index), Buffer.concat([wavHeader(minute.length * minutes), ...Array.from({ length: minutes }, () => minute)]));
    // On the disk before the clock runs: our fsyncs must not pay for the bench's own writing.
    const file = openSync(wav, 'r');
    fsyncSync(file);
    closeSync(file);
  });
}

const elapsed = async (work: () => Promise<void>): Promise<number> => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

/** nice -n 10 on both sides: the same share of a machine that others use too. */
function bareLame(folder: string): Promise<void> {
  const options = lameArguments({ wav: 'WAV', part: 'MP3', bitrateKbps: BITRATE, seconds: 0, raw: null, command: [] }).slice(0, -2);
  const files = MINUTES.map((_, index) => `${path.join(folder, named(index))} ${path.join(folder, named(index))}.mp3`).join('\n');
  return new Promise((resolve, reject) => {
    const xargs = spawn('xargs', ['-P', String(cores), '-L', '1', 'nice', '-n', '10', 'lame', ...options], { stdio: ['pipe', 'inherit', 'inherit'] });
    xargs.once('error', reject);
    xargs.once('exit', (code) => { if (code === 0) resolve(); else reject(new Error(`xargs ended with ${code ?? 'a signal'}`)); });
    xargs.stdin.end(`${files}\n`);
  });
}

async function ourWorker(folder: string): Promise<void> {
  const rows = MINUTES.map((minutes, index) => recordingRow('main', named(index), { bytesClaimed: 44 + minutes * 60 * 16_000 }));
  const store = memoryRecordings(...rows);
  const worker = createRecordingWorker({
    store, folders: new Map([[MAIN, folder]]), clock: { now: () => instant(Date.now()) }, log: listeningLog(), onReady: appOnReady(store),
    settings: { bitrateKbps: BITRATE, keepWavDays: 0, minFreeMb: 0, fallbackFolder: path.join(folder, 'data'), encoders: cores },
  });
  await worker.start();
  await Promise.all(rows.map(({ id }) => store.until(id, ({ state }) => state === 'uploaded')));
  await worker.stop(10_000);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

interface Round { readonly bare: number; readonly ours: number; readonly cpu: number }

async function round(folder: string, minute: Buffer, oursFirst: boolean): Promise<Round> {
  const took = { bare: 0, ours: 0, cpu: 0 };
  for (const side of oursFirst ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
    fill(folder, minute);
    const before = process.cpuUsage();
    took[side] = await elapsed(() => (side === 'ours' ? ourWorker(folder) : bareLame(folder)));
    const { user, system } = process.cpuUsage(before);
    if (side === 'ours') took.cpu = (user + system) / 1e6 / took.ours;
    rmSync(path.join(folder, '2026'), { recursive: true });
  }
  return took;
}

if (await findProgram('lame') === null) {
  process.stdout.write(`${JSON.stringify({ name: 'encode_audio_seconds_per_s', skipped: `there is no lame: ${HOW_TO_INSTALL}` })}\n`);
  process.exit(0);
}
const folder = mkdtempSync(path.join(tmpdir(), 'callme-bench-'));
try {
  const minute = speech(60, 7);
  await round(folder, minute, false);
  const rounds: Round[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) rounds.push(await round(folder, minute, turn % 2 === 1));
  // Of pairs that ran one after the other: what else this machine does changes from minute to minute.
  const ratio = median(rounds.map(({ bare, ours }) => bare / ours));
  const [value, yardstick] = [median(rounds.map(({ ours }) => audioSeconds / ours)), median(rounds.map(({ bare }) => audioSeconds / bare))];
  process.stderr.write(`ratios ${rounds.map(({ bare, ours }) => (bare / ours).toFixed(2)).join(' ')}; CPU of the worker itself ${(100 * median(rounds.map(({ cpu }) => cpu))).toFixed(1)} % of a core\n`);
  const result = {
    name: 'encode_audio_seconds_per_s', value: Math.round(value), yardstick: Math.round(yardstick), ratio: Number(ratio.toFixed(3)),
    target: TARGET, met: ratio >= TARGET, unit: 's/s',
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
