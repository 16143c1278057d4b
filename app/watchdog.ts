/**
 * A hung server is worse than a dead one: the kernel goes on accepting FastAGI connections for it, and Asterisk waits behind an accepted
 * connection without limit (asterisk-facts 6). So a shell beside it watches its heartbeat and kills it when that stops; the supervisor starts it
 * again, and every caller meanwhile takes the default route at once. Everything durable is on the disk. A shell of one megabyte, because a
 * thread would cost sixteen and would be stopped by the same SIGSTOP.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, Service } from '../core/ports.ts';

export interface WatchdogOptions {
  /** Where the heartbeat is written. */
  readonly dataDir: string;
  readonly log: Log;
  /** Seconds between two looks of the shell; the heart beats twice as often. */
  readonly lookSeconds?: number;
  /**
   * Looks in a row that see no new heartbeat. Counted, not timed: a machine that was suspended stops both. In all well above the 5 s that a
   * commit may wait for another process's lock.
   */
  readonly looks?: number;
}

const LOOK_SECONDS = 5;
const LOOKS = 4;

/** `$1` the server, `$2` its heartbeat, `$3` looks, `$4` seconds, `$5` its last words. Ends by itself when the server is no longer its parent. */
const SHELL = `
is_ours() { read -r _ _ _ parent _ < "/proc/$$/stat" && [ "$parent" = "$1" ]; }
last= missed=0
while sleep "$4"; do
  is_ours "$1" || exit 0
  beat=
  read -r beat < "$2"
  if [ "$beat" = "$last" ]; then missed=$((missed + 1)); else missed=0; fi
  last=$beat
  if [ "$missed" -ge "$3" ]; then
    printf '%s\\n' "$5" >&2
    is_ours "$1" && kill -9 "$1"
    exit 0
  fi
done
`;

export class Watchdog implements Service {
  readonly #options: Required<WatchdogOptions>;
  #shell: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #beats = 0;
  /** The last heartbeat could be written. */
  #isSeen = true;

  constructor(options: WatchdogOptions) {
    this.#options = { lookSeconds: LOOK_SECONDS, looks: LOOKS, ...options };
  }

  /** Where there is no /proc, or no shell, CallMe runs unwatched: that is no reason not to run. */
  start(): Promise<void> {
    if (this.#timer !== null || process.platform !== 'linux') return Promise.resolve();
    this.#beat();
    this.#timer = setInterval(() => { this.#beat(); }, (this.#options.lookSeconds * 1000) / 2);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#rest();
    return Promise.resolve();
  }

  /** A disk that refuses is no hang: a shell that sees no heartbeat would kill a healthy server, so there is one only while the heart can be seen. */
  #beat(): void {
    this.#beats += 1;
    try {
      writeFileSync(this.#file, `${this.#beats}\n`);
      this.#shell ??= this.#spawn();
    } catch (error) {
      if (this.#isSeen) this.#options.log.warn({ err: error }, 'the heartbeat cannot be written: the watchdog rests until it can');
      this.#isSeen = false;
      this.#rest();
      return;
    }
    this.#isSeen = true;
  }

  #rest(): void {
    this.#shell?.kill('SIGKILL');
    this.#shell = null;
  }

  #spawn(): ChildProcess {
    const { looks, lookSeconds } = this.#options;
    const words = JSON.stringify({ level: 'fatal', msg: `CallMe hangs: no heartbeat for ${looks * lookSeconds} s. It is killed, so that callers take the default route; its supervisor starts it again` });
    const shell = spawn('/bin/sh', ['-c', SHELL, 'callme-watchdog', String(process.pid), this.#file, String(looks), String(lookSeconds), words], {
      stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    // One that ended by itself (the system ran out of memory, somebody killed it) is replaced at the next heartbeat.
    shell.once('exit', () => { if (this.#shell === shell) this.#shell = null; });
    shell.once('error', (error) => { this.#options.log.warn({ err: error }, 'the watchdog did not start: a CallMe that hangs would keep callers waiting'); });
    shell.unref();
    return shell;
  }

  get #file(): string { return join(this.#options.dataDir, 'heartbeat'); }
}
