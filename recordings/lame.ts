/**
 * One run of `lame`: a child process at low priority that writes to a `.part` file. Its exit code 0 means nothing (asterisk-facts 8);
 * the caller counts the frames. Any other end is an error with a code, so that "not installed" is never blamed on the recording. Longer than
 * most files: the three ways to hand sound to lame (a file, samples behind a header, two sides) and their one end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, RecordingError } from './errors.ts';
import { NICENESS, type Ending, type Launcher } from './launcher.ts';
import type { WavFormat } from './wav.ts';

export { findEncoder, findProgram, HOW_TO_INSTALL } from './lame-command.ts';

/** Injected so that tests own the time. `after` returns its own cancel. */
export interface Timers { after(milliseconds: number, then: () => void): () => void }
export const realTimers: Timers = {
  after(milliseconds, then) {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};

export interface Encoding {
  readonly wav: string;
  readonly part: string;
  /** For each channel. */
  readonly bitrateKbps: number;
  /** Length of the sound: the deadline follows it. */
  readonly seconds: number;
  /** Set when the header lies and could not be repaired (read-only folder): lame gets the bare samples behind it. */
  readonly raw: { readonly format: WavFormat; readonly dataAt: number } | null;
  /** Two channels that come from us instead of the file: bare samples, left and right in turns. */
  readonly stereo?: { readonly format: WavFormat; readonly samples: () => AsyncIterable<Buffer> } | undefined;
  /** From `findEncoder`. */
  readonly command: readonly string[];
}
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly timers: Timers;
  /** Without it lame is started by this process itself. */
  readonly launcher?: Launcher | undefined;
}

const STDERR_CAP = 2000;

/** A minute, and a tenth of the sound's length: lame needs a thousandth, a PBX that is busy may give it little. */
export const deadlineMs = (seconds: number): number => 60_000 + seconds * 100;

/**
 * Constant bitrate: every player can seek in it and its length follows from its size. Stereo is `-m s`, never joint: each side keeps to its
 * own channel (measured on 3.100: nothing of one side in the other, same size, a tenth less CPU). lame lowers a bitrate that the rate
 * cannot have: at 8 kHz 64 kbit/s for both channels together are the most.
 */
export function lameArguments({ bitrateKbps, raw, stereo, wav, part }: Encoding): readonly string[] {
  const options = ['--quiet', '-m', stereo === undefined ? 'm' : 's', '-b', String(stereo === undefined ? bitrateKbps : Math.min(320, 2 * bitrateKbps))];
  const format = stereo?.format ?? raw?.format;
  if (format === undefined) return [...options, wav, part];
  return [...options, '-r', '-s', String(format.rate / 1000), '--bitwidth', '16', '--signed', '--little-endian', '-', part];
}

/** Runs lame to its end. Rejects with LAME_START, LAME_EXIT, LAME_SIGNAL, LAME_DEADLINE, or STOPPED when the signal came. */
export async function runLame(encoding: Encoding, around: Surroundings): Promise<void> {
  if (around.signal.aborted) throw stopped();
  const [program = 'lame', ...rest] = [...encoding.command, ...lameArguments(encoding)];
  if (encoding.stereo !== undefined) {
    const child = spawn(program, rest, { stdio: ['pipe', 'ignore', 'pipe'], cwd: '/' });
    await fed(child, encoding.stereo.samples, ended(child, encoding.seconds, around));
    return;
  }
  if (encoding.raw === null) { await launched([program, ...rest], encoding.seconds, around); return; }
  const input = await behindHeader(encoding.wav, encoding.raw.dataAt);
  try {
    await ended(spawn(program, rest, { stdio: [input.fd, 'ignore', 'pipe'], cwd: '/' }), encoding.seconds, around);
  } finally {
    await input.close();
  }
}

/** Through the launcher where it can take the words of the command (one a line), else as a child of our own. */
async function launched([program = 'lame', ...rest]: readonly string[], seconds: number, around: Surroundings): Promise<void> {
  const { launcher } = around;
  if (launcher === undefined || [program, ...rest].some((word) => word.includes('\n'))) {
    await ended(spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' }), seconds, around);
    return;
  }
  const error = await withDeadline(seconds, around, (kill) => launcher.run([program, ...rest], kill).then(failureOfEnding, couldNotStart));
  if (error !== null) throw error;
}

const couldNotStart = (error: unknown): RecordingError => new RecordingError('LAME_START', `lame cannot be started: ${error instanceof Error ? error.message : String(error)}`);

/** A shell says 126 or 127 for what it could not start, and 128 + the signal for what was killed. */
function failureOfEnding({ status, said }: Ending): RecordingError | null {
  if (status === 0) return null;
  if (status === 126 || status === 127) return new RecordingError('LAME_START', `lame cannot be started: ${said.trim().slice(0, 300)}`);
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0] ?? null;
  return failureOf(status, signal, said);
}

/** Runs `work` with a signal that kills it: at its deadline, or when CallMe stops. Whatever it then says, that was the reason. */
async function withDeadline(seconds: number, { signal, timers }: Surroundings, work: (kill: AbortSignal) => Promise<RecordingError | null>): Promise<RecordingError | null> {
  const killer = new AbortController();
  let why = null as RecordingError | null;
  const kill = (reason: RecordingError): void => { why ??= reason; killer.abort(); };
  const limit = deadlineMs(seconds);
  const cancel = timers.after(limit, () => kill(late(limit)));
  const onAbort = (): void => kill(stopped());
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const error = await work(killer.signal);
    return why ?? error;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

const late = (limit: number): RecordingError => new RecordingError('LAME_DEADLINE', `lame did not end within ${Math.round(limit / 1000)} s`);

/** Feeds a child until it has ended. Its own end counts first; then a source that failed, whose rest the child has never seen. */
async function fed(child: ChildProcess, samples: () => AsyncIterable<Buffer>, end: Promise<void>): Promise<void> {
  const over = new AbortController();
  if (child.stdin === null) throw new Error('the child has no stdin');
  const feeding = pipeline(Readable.from(samples()), child.stdin, { signal: over.signal }).then(() => null, asError);
  try {
    await end;
  } finally {
    over.abort();
  }
  const fault = await feeding;
  // A child that read no further (EPIPE) or ended before we saw the end of the stream: its frames tell whether it had all.
  if (fault !== null && !['EPIPE', 'ECONNRESET', 'ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'].includes(codeOf(fault))) throw fault;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
const stopped = (): RecordingError => new RecordingError('STOPPED', 'CallMe is stopping');

/** A file whose reading position is behind the header, to be the child's stdin: no byte passes through this process. */
async function behindHeader(wav: string, dataAt: number): Promise<Awaited<ReturnType<typeof open>>> {
  const file = await open(wav, 'r');
  await file.read(Buffer.alloc(dataAt), 0, dataAt, null);
  return file;
}

/** The end of a child that gets `deadlineMs(seconds)`. Rejects as `runLame` does. */
export async function ended(child: ChildProcess, seconds: number, around: Surroundings): Promise<void> {
  lower(child);
  const error = await withDeadline(seconds, around, (kill) => endOf(child, kill));
  if (error !== null) throw error;
}

function endOf(child: ChildProcess, kill: AbortSignal): Promise<RecordingError | null> {
  return new Promise((resolve) => {
    let said = '';
    const killed = (): void => { child.kill('SIGKILL'); };
    kill.addEventListener('abort', killed, { once: true });
    if (kill.aborted) killed();
    child.stderr?.on('data', (bytes: Buffer) => { if (said.length < STDERR_CAP) said += bytes.toString('utf8'); });
    child.once('error', (error) => resolve(couldNotStart(error)));
    // 'exit', not 'close': a grandchild that holds stderr open must not hold us.
    child.once('exit', (code, by) => setImmediate(() => resolve(failureOf(code, by, said))));
  });
}

/** A child that is gone already, or a system that knows no priorities: it runs, or ran, as it is. */
function lower({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try { setPriority(pid, NICENESS); } catch { /* see above */ }
}

function failureOf(code: number | null, by: string | null, said: string): RecordingError | null {
  if (code === 0) return null;
  const words = said.trim().slice(0, 300);
  if (by !== null) return new RecordingError('LAME_SIGNAL', `lame was killed by ${by}`);
  return new RecordingError('LAME_EXIT', `lame ended with ${code ?? '?'}${words === '' ? '' : `: ${words}`}`);
}
