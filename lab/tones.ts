/**
 * Says who is heard when in a recording: every party of the lab sounds one tone of its own. Windows of 100 ms (a Hann window separates 400 from
 * 440 Hz there) each 20 ms; a tone counts from half of its level on, so an edge is found within about 20 ms.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { TONES } from './configuration/people.ts';
import { LabError } from './errors.ts';
import { readWav, type Sound } from './wav.ts';

/** `ring` is Asterisk's `us` ringback (440 + 480 Hz), `MOH` its music on hold. */
export type Speaker = `${keyof typeof TONES}` | 'ring';
export interface Run { readonly from: number; readonly to: number; readonly speakers: readonly Speaker[] }

const WINDOW_SECONDS = 0.1;
const HOP_SECONDS = 0.02;
/** Half of the amplitude of a party (6000) and of the music (5000); the ringback is softer. */
const PARTY_LEVEL = 2500;
const RING_LEVEL = 700;
const WATCHED: readonly { readonly speaker: Speaker; readonly frequency: number; readonly level: number }[] = [
  ...Object.entries(TONES).map(([speaker, frequency]) => ({ speaker: speaker as Speaker, frequency, level: PARTY_LEVEL })),
  { speaker: 'ring', frequency: 440, level: RING_LEVEL },
];

function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_value, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length));
}

/** Amplitude of one frequency in a windowed stretch [Goertzel 1958]; the window halves the sum, hence 4/N instead of 2/N. */
function amplitude(windowed: Float64Array, frequency: number, rate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let previous = 0;
  let before = 0;
  for (const sample of windowed) {
    const next = sample + coefficient * previous - before;
    before = previous;
    previous = next;
  }
  return (4 / windowed.length) * Math.sqrt(Math.max(0, previous * previous + before * before - coefficient * previous * before));
}

function speakersIn(samples: Int16Array, start: number, window: Float64Array, rate: number): Speaker[] {
  const windowed = window.map((weight, index) => weight * (samples[start + index] ?? 0));
  return WATCHED.filter(({ frequency, level }) => amplitude(windowed, frequency, rate) >= level).map(({ speaker }) => speaker);
}

/** Neighbouring windows with the same speakers become one run. Times in seconds from the start of the sound. */
export function analyse(sound: Sound): Run[] {
  const { rate, samples } = sound;
  const length = Math.round(rate * WINDOW_SECONDS);
  const hop = Math.round(rate * HOP_SECONDS);
  const window = hann(length);
  const runs: Run[] = [];
  for (let start = 0; start + length <= samples.length; start += hop) {
    // The window speaks for the hop around its middle.
    const from = (start + length / 2 - hop / 2) / rate;
    const speakers = speakersIn(samples, start, window, rate);
    const last = runs.at(-1);
    if (last?.speakers.join('+') === speakers.join('+')) runs[runs.length - 1] = { ...last, to: from + hop / rate };
    else runs.push({ from, to: from + hop / rate, speakers });
  }
  return runs;
}

/** `0.05-3.01:T+219 3.01-4.00:T+ring …` for messages. */
export function show(runs: readonly Run[]): string {
  return runs.map(({ from, to, speakers }) => `${from.toFixed(2)}-${to.toFixed(2)}:${speakers.join('+') || 'silence'}`).join(' ');
}

export async function readRecording(path: string): Promise<Sound> {
  return path.endsWith('.mp3') ? decodeMp3(path) : readWav(await readFile(path));
}

/** Decodes beside nobody's files, in a folder of its own. Rejects with LabError `cli-failed`. */
export async function decodeMp3(path: string): Promise<Sound> {
  const folder = await mkdtemp(join(tmpdir(), 'callme-lab-'));
  try {
    const wav = join(folder, 'decoded.wav');
    const done = await run('lame', ['--quiet', '--decode', path, wav], { timeoutMs: 60_000 });
    if (done.code !== 0) throw new LabError('cli-failed', `lame --decode ${path}: ${done.stderr.slice(-300)}`);
    return readWav(await readFile(wav));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
