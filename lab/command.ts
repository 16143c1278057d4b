/** Runs one program to its end. Never through a shell unless the caller names one. */
import { spawn } from 'node:child_process';

export interface Finished { readonly code: number; readonly stdout: string; readonly stderr: string }
export interface CommandOptions { readonly timeoutMs?: number; readonly onLine?: (line: string) => void; readonly environment?: Readonly<Record<string, string>> }

/** Tail kept of each stream: enough for the reason of a failure, never a memory leak. */
const KEEP = 4_000_000;

/** Resolves with the exit code; a program that is missing, killed or late gives code 127, 137 or 124 with the reason in `stderr`. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.environment } });
    const output = { stdout: '', stderr: '' };
    let late = false;
    const timer = setTimeout(() => { late = true; child.kill('SIGKILL'); }, options.timeoutMs ?? 30_000);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] = (output[stream] + text).slice(-KEEP);
        if (options.onLine) for (const line of text.split('\n')) if (line.trim() !== '') options.onLine(line.trim());
      });
    }
    child.once('error', (error) => { clearTimeout(timer); resolve({ code: 127, stdout: output.stdout, stderr: error.message }); });
    child.once('close', (code) => { clearTimeout(timer); resolve({ code: late ? 124 : code ?? 137, ...output }); });
  });
}
