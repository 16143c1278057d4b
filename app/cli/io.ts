import type { Environment } from '../config/index.ts';

/** 0 fine, 1 a problem was found, 2 usage or configuration, 3 cannot connect. */
export type ExitCode = 0 | 1 | 2 | 3;
export const EXIT = { fine: 0, problem: 1, usage: 2, unreachable: 3 } as const satisfies Record<string, ExitCode>;

/** Everything that a command may touch of the process around it, so that a test can run commands inside itself. */
export interface Io {
  readonly env: Environment;
  readonly cwd: string;
  readonly terminal: boolean;
  /** Aborted by SIGINT and SIGTERM: a stream ends, a server stops. */
  readonly signal: AbortSignal;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** The real process. */
export function processIo(): Io {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
  // `callme calls list | head` closes our stdout: that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code === 'EPIPE') process.exit(0); else throw error; });
  return {
    env: process.env, cwd: process.cwd(), terminal: process.stdout.isTTY, signal: stop.signal,
    stdout: (text) => { process.stdout.write(text); },
    stderr: (text) => { process.stderr.write(text); },
  };
}
