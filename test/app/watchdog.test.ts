import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { Watchdog } from '../../app/watchdog.ts';
import { memoryLog } from '../fakes/agi.ts';
import { until } from '../live/until.ts';
import { folder } from './bench.ts';

interface Watched { readonly child: ChildProcessByStdio<Writable, Readable, Readable>; readonly said: () => string; readonly ended: Promise<unknown[]> }

async function watched(t: Test): Promise<Watched> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hang.ts'), folder(t)], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => { said += String(chunk); });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return { child, said: () => said, ended };
}

/** The shell that watches this process, by its parent and its name in /proc; null when there is none. */
function shellOf(pid: number): string | null {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).find((entry) => {
    const read = (file: string): string => { try { return readFileSync(`/proc/${entry}/${file}`, 'utf8'); } catch { return ''; } };
    return read('stat').split(' ')[3] === String(pid) && read('cmdline').includes('callme-watchdog');
  }) ?? null;
}

t.test('a server whose loop hangs is killed and says why', async (t) => {
  const { child, said, ended } = await watched(t);
  child.stdin.write('hang\n');
  t.same(await ended, [null, 'SIGKILL']);
  await until(() => said().endsWith('\n'));
  t.match(JSON.parse(said()), { level: 'fatal', msg: /CallMe hangs/ });
});

t.test('a server that was stopped (SIGSTOP) is killed as well', async (t) => {
  const { child, ended } = await watched(t);
  child.kill('SIGSTOP');
  t.same(await ended, [null, 'SIGKILL']);
});

t.test('a server that is killed takes its watchdog along: it watches nobody else’s process', async (t) => {
  const { child, ended } = await watched(t);
  await until(() => shellOf(child.pid ?? 0) !== null);
  const shell = shellOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await ended;
  await until(() => !existsSync(`/proc/${shell}`));
  t.pass('the shell is gone');
});

t.test('start and stop may be called twice; a heartbeat that cannot be written ends the watch, not the server', async (t) => {
  const log = memoryLog();
  const watchdog = new Watchdog({ dataDir: folder(t), log, lookSeconds: 60 });
  await watchdog.start();
  await watchdog.start();
  t.not(shellOf(process.pid), null);
  await watchdog.stop();
  await watchdog.stop();
  await until(() => shellOf(process.pid) === null);
  const blind = new Watchdog({ dataDir: '/nowhere/at/all', log });
  await blind.start();
  t.equal(shellOf(process.pid), null, 'nobody watches without a heartbeat');
  await blind.stop();
  t.match(log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message), [/heartbeat cannot be written/]);
});

t.test('a watchdog that somebody killed is replaced, and one that rested for a full disk watches again', async (t) => {
  const dataDir = folder(t);
  const log = memoryLog();
  const watchdog = new Watchdog({ dataDir, log, lookSeconds: 0.05, looks: 1_000 });
  await watchdog.start();
  t.teardown(() => watchdog.stop());
  const first = shellOf(process.pid);
  process.kill(Number(first), 'SIGKILL');
  await until(() => ![null, first].includes(shellOf(process.pid)));
  renameSync(dataDir, `${dataDir}-away`);
  await until(() => shellOf(process.pid) === null);
  renameSync(`${dataDir}-away`, dataDir);
  await until(() => shellOf(process.pid) !== null);
  t.equal(log.lines.filter(({ level }) => level === 'warn').length, 1, 'said once, not at each beat');
});
