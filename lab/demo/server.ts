/** `callme` as a user runs it: the launcher, its own process, the log in a file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../command.ts';

export const LAUNCHER = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin', 'callme');

/** Where the system can, the server dies with whoever raised it, even by `kill -9`: it would go on asking for an Asterisk that is gone. */
const SETPRIV = '/usr/bin/setpriv';
const TETHER = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : [];

const VERB_MS = 60_000;
/** Runs one verb to its end. Rejects when its exit code is not among `fine`. */
export async function callme(words: readonly string[], fine: readonly number[] = [0]): Promise<string> {
  const done = await run(LAUNCHER, words, { timeoutMs: VERB_MS });
  if (!fine.includes(done.code)) throw new Error(`callme ${words.join(' ')} ended with ${done.code}: ${(done.stderr + done.stdout).slice(-2000)}`);
  return done.stdout;
}

export interface ServerFiles { readonly config: string; readonly log: string; readonly web: string }

const READY_SECONDS = 30;
const STOP_SECONDS = 15;

export class Server {
  readonly #files: ServerFiles;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;

  private constructor(files: ServerFiles) {
    this.#files = files;
    const log = openSync(files.log, 'a');
    const [program, ...words] = [...TETHER, LAUNCHER, 'serve', '--config', files.config];
    this.#child = spawn(program, words, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#gone = new Promise((resolve) => { this.#child.once('exit', () => { resolve(); }); this.#child.once('error', () => { resolve(); }); });
  }

  /** Resolves when `/ready` says so: the PBX is heard and telephones can ask. */
  static async start(files: ServerFiles): Promise<Server> {
    const server = new Server(files);
    try {
      await server.#ready();
      return server;
    } catch (error) {
      await server.kill9();
      throw error;
    }
  }

  get pid(): number { return this.#child.pid ?? 0; }

  async log(): Promise<string> { return readFile(this.#files.log, 'utf8').catch(() => ''); }

  /** As a supervisor stops it. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const axe = setTimeout(() => { this.#child.kill('SIGKILL'); }, STOP_SECONDS * 1000);
    await this.#gone;
    clearTimeout(axe);
  }

  /** As a power failure would. */
  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  async #ready(): Promise<void> {
    const until = Date.now() + READY_SECONDS * 1000;
    while (Date.now() < until && this.#child.exitCode === null) {
      const answer = await fetch(`http://${this.#files.web}/ready`).catch(() => null);
      if (answer?.status === 200) return;
      await pause(50);
    }
    throw new Error(`callme serve is not ready: ${(await this.log()).slice(-2000)}`);
  }
}
