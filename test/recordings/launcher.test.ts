import t from 'tap';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLauncher } from '../../recordings/launcher.ts';

const never = new AbortController().signal;
const launcher = createLauncher(() => Promise.resolve([]));
t.teardown(() => launcher.rest());

/** Writes its own words to a file. */
const ECHO = ['-e', "require('node:fs').writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))"];

t.test('no word is ever interpreted', async (t) => {
  const folder = t.testdir();
  const words = ['$(touch x)', '`touch x`', "a'b", 'a"b', '; touch x', '*', ' two  spaces ', '\\n', '-n', '', '~', '&', '|', '> x', '\u0007', 'ы'];
  t.match(await launcher.run([process.execPath, ...ECHO, path.join(folder, 'words'), ...words], never), { status: 0 });
  t.same(JSON.parse(readFileSync(path.join(folder, 'words'), 'utf8')), words);
  t.notOk(existsSync('/x'));
});

t.test('how it ended and what it said', async (t) => {
  t.match(await launcher.run(['/bin/sh', '-c', 'echo out; echo error >&2; exit 7'], never), { status: 7, said: 'error\n' });
  t.match(await launcher.run(['/bin/sh', '-c', 'kill -SEGV $$'], never), { status: 139 });
  t.match(await launcher.run(['/nowhere/program'], never), { status: 127, said: /not found/ });
  t.match(await launcher.run([import.meta.filename], never), { status: 126 });
  const flood = await launcher.run([process.execPath, '-e', "process.stderr.write('x'.repeat(3_000_000) + 'end')"], never);
  t.equal(flood.status, 0);
  t.ok(flood.said.length <= 2000 && flood.said.endsWith('xend'), 'the last words count, and only so many');
});

t.test('it has no input, and its neighbour\'s commands are not its input', async (t) => {
  const [first, second] = await Promise.all([launcher.run(['/bin/sh', '-c', 'read line; exit $?'], never), launcher.run(['/bin/sh', '-c', 'exit 3'], never)]);
  t.same([first.status, second.status], [1, 3]);
});

t.test('a kill reaches what the program started, and the next command gets another shell', async (t) => {
  const folder = t.testdir();
  const killer = new AbortController();
  const grandchild = "const { spawn } = require('node:child_process'); const c = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']); "
    + "require('node:fs').writeFileSync(process.argv[1], String(c.pid)); setInterval(() => {}, 1e6)";
  const running = launcher.run([process.execPath, '-e', grandchild, path.join(folder, 'pid')], killer.signal);
  await until(() => existsSync(path.join(folder, 'pid')) && readFileSync(path.join(folder, 'pid'), 'latin1') !== '');
  killer.abort();
  await t.rejects(running, { message: /the shell that starts lame is gone/ });
  await until(() => isGone(Number(readFileSync(path.join(folder, 'pid'), 'latin1'))));
  t.match(await launcher.run(['/bin/sh', '-c', 'exit 0'], never), { status: 0 });
  await t.rejects(launcher.run(['/bin/sh', '-c', 'exit 0'], AbortSignal.abort()), { name: 'AbortError' });
});

t.test('a kill that comes while the shell is being started', async (t) => {
  const killer = new AbortController();
  const slow = createLauncher(() => { killer.abort(); return Promise.resolve([]); });
  await t.rejects(slow.run(['/bin/sh', '-c', 'while :; do read x; done'], killer.signal), { name: 'AbortError' });
});

t.test('no shell: an error, not a wait', async (t) => {
  await t.rejects(createLauncher(() => Promise.resolve(['/nowhere/ionice'])).run(['/bin/sh', '-c', 'exit 0'], never), { message: /is gone/ });
});

function until(check: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => { if (check()) resolve(); else setImmediate(look); };
    look();
  });
}

/** A zombie that nobody has waited for yet is gone too. */
function isGone(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}
