/**
 * Tells a broken lame from a broken recording. When an encoding fails, lame gets a second of a tone that it must encode whole: if it cannot,
 * all encoding stops until it can again, and no recording is blamed. `callme spool check` and `callme doctor` ask the same question.
 */
import { spawn } from 'node:child_process';
import type { Clock, Log } from '../core/ports.ts';
import { codeOf, RecordingError, sentence } from './errors.ts';
import { findEncoder } from './lame-command.ts';
import { ended, lameArguments, type Surroundings } from './lame.ts';
import { createFrameReader, whyRefused } from './mp3.ts';
import { createEar } from './silence.ts';

export interface EncoderWatch {
  /** lame as a command. Rejects with LAME_MISSING, or LAME_BROKEN while it cannot even encode a tone (tried again each minute). */
  command(around: Surroundings): Promise<readonly string[]>;
  /** What a failed encoding is to be called: LAME_BROKEN when lame encodes nothing at all, else the error itself. */
  blame(error: unknown, around: Surroundings): Promise<unknown>;
}

const RATE = 8000;
const BETWEEN_TRIALS_MS = 60_000;
const MP3_CAP = 1024 * 1024;
/** Ends that tell nothing new about lame: it is not there, known to be broken, we stop, the disk is full. */
const INNOCENT: ReadonlySet<string> = new Set(['LAME_MISSING', 'LAME_BROKEN', 'STOPPED', 'DISK_FULL', 'WAV_CHANGED', 'SIDE_REFUSED']);

/** `''` when lame encodes a second of a tone whole and loud, else what is wrong with it, in one line. Touches no disk. Rejects with STOPPED. */
export async function whyLameFails(name: string, around: Surroundings): Promise<string> {
  try {
    return await tryLame(await findEncoder(name), around);
  } catch (error) {
    if (codeOf(error) === 'STOPPED') throw error;
    return sentence(error);
  }
}

async function tryLame([program = 'lame', ...rest]: readonly string[], around: Surroundings): Promise<string> {
  const tone = Int16Array.from({ length: RATE }, (_, index) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * index) / RATE)));
  const options = lameArguments({ wav: '', part: '-', bitrateKbps: 32, seconds: 1, raw: { format: { rate: RATE }, dataAt: 0 }, command: [] });
  const child = spawn(program, [...rest, ...options], { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
  const [reader, ear] = [createFrameReader(), createEar(RATE)];
  let bytes = 0;
  const read = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => { bytes += chunk.length; if (bytes <= MP3_CAP) reader.feed(chunk); else child.kill('SIGKILL'); });
    child.stdout.once('close', resolve);
  });
  child.stdin.on('error', () => { /* it read nothing: its MP3 will tell */ });
  child.stdin.end(littleEndian(tone));
  await ended(child, 1, around);
  await withoutWaitingLong(read, around);
  ear.hear(tone);
  return whyRefused(reader.end(), 1, ear.end());
}

const PIPE_MS = 5_000;

/** The child is gone, what it wrote is in the pipe; but a grandchild may hold the pipe open for ever. */
async function withoutWaitingLong(read: Promise<void>, { timers }: Surroundings): Promise<void> {
  let cancel = (): void => undefined;
  const late = new Promise<void>((resolve) => { cancel = timers.after(PIPE_MS, resolve); });
  await Promise.race([read, late]);
  cancel();
}

function littleEndian(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, index) => bytes.writeInt16LE(sample, index * 2));
  return bytes;
}

export interface WatchParts { readonly name: string; readonly clock: Clock; readonly log: Log }

export function createEncoderWatch({ name, clock, log }: WatchParts): EncoderWatch {
  let broken: { readonly why: string; readonly until: number } | null = null;
  let trial: Promise<string> | null = null;
  let known: readonly string[] | null = null;

  const test = async (around: Surroundings): Promise<string> => {
    trial ??= whyLameFails(name, around).finally(() => { trial = null; });
    const why = await trial;
    if (why === '' && broken !== null) log.info({ lame: name }, 'lame works again: encoding goes on');
    if (why !== '' && broken === null) log.error({ lame: name, reason: why }, 'lame does not work: encoding stops, the WAVs wait');
    broken = why === '' ? null : { why, until: clock.now() + BETWEEN_TRIALS_MS };
    return why;
  };
  const refusal = (why: string): RecordingError => new RecordingError('LAME_BROKEN', `lame (${name}) does not even encode a tone: ${why}`);
  return {
    async command(around) {
      if (broken !== null) {
        const why = clock.now() < broken.until ? broken.why : await test(around);
        if (why !== '') throw refusal(why);
      }
      known ??= await findEncoder(name);
      return known;
    },
    async blame(error, around) {
      // Looked up anew after each failure: the operator may be installing it right now.
      known = null;
      if (!(error instanceof RecordingError) || INNOCENT.has(error.code)) return error;
      const why = await test(around);
      return why === '' ? error : refusal(why);
    },
  };
}
