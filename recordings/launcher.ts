/**
 * Starts lame from a small shell instead of from this process. To fork copies the page tables of the whole process: measured, 0.5 ms for a bare
 * Node.js, 2.3 ms with 100 MB more, in which no caller is routed; for a recording of a few seconds that is as long as lame itself needs. A shell
 * of 1 MB forks in no time. It reads words, one a line, and never interprets one. A shell and what it runs are one process group, so that a
 * deadline kills both.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** How a program ended and the last words it said; `status` as the shell counts: 128 + signal, 126 and 127 = could not be started. */
export interface Ending { readonly status: number; readonly said: string }
export interface Launcher {
  /** Runs a command with no input. Rejects when no shell could be started, or when it was killed. */
  run(command: readonly string[], kill: AbortSignal): Promise<Ending>;
  /** Lets go of shells that have nothing to do. */
  rest(): void;
}

type Shell = ChildProcessByStdio<Writable, Readable, null>;

const SAID_CAP = 2000;
/** As `nice` gives by default; Linux derives the priority of disk accesses from it too. Children inherit it. */
export const NICENESS = 10;
const MARK = 'callme-launcher-status';
const SCRIPT = `
while IFS= read -r count; do
  set --
  while [ "$count" -gt 0 ]; do IFS= read -r word || exit; set -- "$@" "$word"; count=$((count - 1)); done
  "$@" </dev/null 2>&1 >/dev/null
  printf '\\n${MARK} %d\\n' "$?"
done`;
const STATUS = new RegExp(`\\n${MARK} (\\d+)\\n$`);

/** `before` stands before the shell: `ionice` with its options, or nothing. */
export function createLauncher(before: () => Promise<readonly string[]>): Launcher {
  const idle: Shell[] = [];
  const take = async (): Promise<Shell> => {
    for (let shell = idle.pop(); shell !== undefined; shell = idle.pop()) if (shell.exitCode === null && shell.signalCode === null) return shell;
    return startShell(await before());
  };
  return {
    async run(command, kill) {
      kill.throwIfAborted();
      const shell = await take();
      hold(shell, true);
      // While a shell started the signal may have come: a listener on it would wait for ever.
      if (kill.aborted) shell.stdin.end();
      kill.throwIfAborted();
      const ending = await once(shell, command, kill);
      hold(shell, false);
      idle.push(shell);
      return ending;
    },
    rest() { for (const shell of idle.splice(0)) shell.stdin.end(); },
  };
}

function startShell(before: readonly string[]): Shell {
  const [program, ...rest] = [...before, '/bin/sh', '-c', SCRIPT] as const;
  const shell = spawn(program, rest, { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/', detached: true });
  shell.stdin.on('error', () => { /* its end tells */ });
  shell.on('error', () => { /* its end tells */ });
  try { if (shell.pid !== undefined) setPriority(shell.pid, NICENESS); } catch { /* gone already, or a system that knows no priorities */ }
  return shell;
}

/** An idle shell must not keep this process alive. */
function hold(shell: Shell, busy: boolean): void {
  for (const part of [shell, shell.stdin, shell.stdout]) {
    const one = part as { ref?: () => void; unref?: () => void };
    if (busy) one.ref?.(); else one.unref?.();
  }
}

function once(shell: Shell, command: readonly string[], kill: AbortSignal): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let said = '';
    const done = (): void => {
      shell.stdout.off('data', hear);
      shell.off('exit', gone).off('error', gone);
      kill.removeEventListener('abort', killed);
    };
    const hear = (bytes: Buffer): void => {
      said = (said + bytes.toString('utf8')).slice(-SAID_CAP);
      const status = STATUS.exec(said);
      if (status === null) return;
      done();
      resolve({ status: Number(status[1]), said: said.slice(0, status.index) });
    };
    const gone = (): void => { done(); reject(new Error('the shell that starts lame is gone')); };
    const killed = (): void => { if (shell.pid !== undefined) killGroup(shell.pid); };
    shell.stdout.on('data', hear);
    shell.once('exit', gone).once('error', gone);
    kill.addEventListener('abort', killed, { once: true });
    if (shell.pid === undefined || shell.exitCode !== null) { gone(); return; }
    shell.stdin.write([String(command.length), ...command, ''].join('\n'));
  });
}

function killGroup(pid: number): void {
  try { process.kill(-pid, 'SIGKILL'); } catch { /* gone already */ }
}
