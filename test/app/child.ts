/** `callme serve` as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { packageRoot } from '../../app/package-root.ts';
import { Listener } from './house.ts';

export interface Child {
  readonly log: Listener;
  readonly process: ChildProcess;
  /** Exit code, or the signal that ended it. */
  readonly gone: Promise<number | string | null>;
  kill(signal: NodeJS.Signals): Promise<number | string | null>;
}

export function serve(t: Test, config: string): Child {
  const log = new Listener();
  const child = spawn(join(packageRoot(), 'bin', 'callme'), ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', LANG: 'C' } });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { log.write(text); });
  const gone = new Promise<number | string | null>((resolve) => { child.once('close', (code, signal) => { resolve(code ?? signal); }); });
  t.teardown(async () => { child.kill('SIGKILL'); await gone; });
  // A test that is broken off has no teardown.
  const axe = (): void => { child.kill('SIGKILL'); };
  process.once('exit', axe);
  void gone.then(() => process.off('exit', axe));
  return { log, process: child, gone, kill: (signal) => { child.kill(signal); return gone; } };
}

/** It runs, and the PBX is heard. */
export async function running(t: Test, config: string): Promise<Child> {
  const child = serve(t, config);
  await Promise.race([Promise.all([child.log.says(/CallMe is running/), child.log.says(/AMI link is up/)]), child.gone.then(() => { throw new Error(child.log.text); })]);
  return child;
}
