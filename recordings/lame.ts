/**
 * One run of `lame`: a child process at low priority that writes to a `.part` file. Its exit code 0 means nothing (asterisk-facts 8);
 * the caller counts the frames. Any other end is an error with a code, so that "not installed" is never blamed on the recording.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import path from 'node:path';
import { RecordingError } from './errors.ts';
import type { WavFormat } from './wav.ts';

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
  readonly bitrateKbps: number;
  /** Length of the sound: the deadline follows it. */
  readonly seconds: number;
  /** Set when the header lies and could not be repaired (read-only folder): lame gets the bare samples behind it. */
  readonly raw: { readonly format: WavFormat; readonly dataAt: number } | null;
  /** From `findEncoder`. */
  readonly command: readonly string[];
}
export interface Surroundings { readonly signal: AbortSignal; readonly timers: Timers }

export const HOW_TO_INSTALL =
  'install the package "lame" (Debian, Ubuntu: apt-get install lame; RHEL family: dnf install lame from EPEL or RPM Fusion)';
const STDERR_CAP = 2000;

/** A minute, and a tenth of the sound's length: lame needs a thousandth, a PBX that is busy may give it little. */
export const deadlineMs = (seconds: number): number => 60_000 + seconds * 100;

/** The absolute path of a program, or null. Looked up each time: the operator may be installing it right now. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = path.isAbsolute(name) ? [''] : (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const candidate = path.join(folder, name);
    if (await access(candidate, constants.X_OK).then(() => true, () => false)) return candidate;
  }
  return null;
}

/** Mono, constant bitrate: every player can seek in it and its length follows from its size. */
export function lameArguments(encoding: Encoding): readonly string[] {
  const options = ['--quiet', '-m', 'm', '-b', String(encoding.bitrateKbps)];
  if (encoding.raw === null) return [...options, encoding.wav, encoding.part];
  const samples = ['-r', '-s', String(encoding.raw.format.rate / 1000), '--bitwidth', '16', '--signed', '--little-endian'];
  return [...options, ...samples, '-', encoding.part];
}

/** `lame` (a program on PATH, or an absolute path) as a command of low priority. Rejects with LAME_MISSING. */
export async function findEncoder(name: string): Promise<readonly string[]> {
  const [lame, nice] = await Promise.all([findProgram(name), findProgram('nice')]);
  if (lame === null) throw new RecordingError('LAME_MISSING', `lame is not there (${name}): ${HOW_TO_INSTALL}`);
  return nice === null ? [lame] : [nice, '-n', '10', lame];
}

/** Runs lame to its end. Rejects with LAME_START, LAME_EXIT, LAME_SIGNAL, LAME_DEADLINE, or STOPPED when the signal came. */
export async function runLame(encoding: Encoding, around: Surroundings): Promise<void> {
  if (around.signal.aborted) throw stopped();
  const input = encoding.raw === null ? null : await samplesOf(encoding.wav, encoding.raw.dataAt);
  try {
    const [program = 'lame', ...rest] = [...encoding.command, ...lameArguments(encoding)];
    await ended(spawn(program, rest, { stdio: [input?.fd ?? 'ignore', 'ignore', 'pipe'], cwd: '/' }), encoding, around);
  } finally {
    await input?.close();
  }
}

const stopped = (): RecordingError => new RecordingError('STOPPED', 'CallMe is stopping');

/** A file whose reading position is behind the header, to be the child's stdin: no byte passes through this process. */
async function samplesOf(wav: string, dataAt: number): Promise<Awaited<ReturnType<typeof open>>> {
  const file = await open(wav, 'r');
  await file.read(Buffer.alloc(dataAt), 0, dataAt, null);
  return file;
}

function ended(child: ChildProcess, encoding: Encoding, { signal, timers }: Surroundings): Promise<void> {
  return new Promise((resolve, reject) => {
    let [said, killedFor] = ['', null as RecordingError | null];
    const kill = (why: RecordingError): void => { killedFor ??= why; child.kill('SIGKILL'); };
    const limit = deadlineMs(encoding.seconds);
    const cancel = timers.after(limit, () => kill(new RecordingError('LAME_DEADLINE', `lame did not end within ${Math.round(limit / 1000)} s`)));
    const onAbort = (): void => kill(stopped());
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (error: RecordingError | null): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      if (error === null) resolve(); else reject(error);
    };
    child.stderr?.on('data', (bytes: Buffer) => { if (said.length < STDERR_CAP) said += bytes.toString('utf8'); });
    child.once('error', (error) => settle(new RecordingError('LAME_START', `lame cannot be started: ${error.message}`)));
    // 'exit', not 'close': a grandchild that holds stderr open must not hold us.
    child.once('exit', (code, by) => setImmediate(() => settle(killedFor ?? failureOf(code, by, said))));
  });
}

function failureOf(code: number | null, by: string | null, said: string): RecordingError | null {
  if (code === 0) return null;
  const words = said.trim().slice(0, 300);
  if (by !== null) return new RecordingError('LAME_SIGNAL', `lame was killed by ${by}`);
  return new RecordingError('LAME_EXIT', `lame ended with ${code ?? '?'}${words === '' ? '' : `: ${words}`}`);
}
