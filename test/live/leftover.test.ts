/** Whatever kills the process that raised an Asterisk, nothing stays behind: no process, no mount; and a killed Asterisk can start again. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import t from 'tap';
import { raiseAsterisk } from '../../lab/asterisk.ts';
import { preconditions } from '../../lab/preconditions.ts';

t.setTimeout(10 * 60_000);
const able = await preconditions();

const RAISE = `
const { raiseAsterisk } = await import(${JSON.stringify(new URL('../../lab/asterisk.ts', import.meta.url).href)});
const asterisk = await raiseAsterisk();
process.stdout.write(JSON.stringify({ folder: asterisk.place.folder, port: asterisk.ami.port }) + '\\n');
setInterval(() => undefined, 1000);
`;

/** Pids of processes that were started with this text in their command line. */
async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const));
  return lines.filter(([, line]) => line.includes(text)).map(([pid]) => pid);
}

/** Killed processes are reaped by somebody else: asked until they are gone, with a deadline. */
async function until(what: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

if (!able.ok) {
  t.pass('needs an Asterisk', { skip: able.reason });
} else {
  await t.test('kill -9 of the raising process', async (t) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', RAISE], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => child.kill('SIGKILL'));
    const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    const { folder } = JSON.parse(line) as { folder: string };
    t.not((await processesWith(folder)).length, 0, 'Asterisk runs');
    t.notMatch(await readFile('/proc/mounts', 'utf8'), folder, 'its mounts are its own');
    child.kill('SIGKILL');
    t.ok(await until(async () => (await processesWith(folder)).length === 0), 'no process of it is left');
    t.notMatch(await readFile('/proc/mounts', 'utf8'), '.lab/', 'no mount is left');
  });

  await t.test('an Asterisk that was killed starts again in its place, with the files it had', async (t) => {
    const asterisk = await raiseAsterisk();
    t.teardown(() => asterisk.stop());
    await asterisk.kill9();
    t.notOk(asterisk.isRunning());
    await t.rejects(asterisk.cli('core show version'), { code: 'asterisk-gone' });
    await asterisk.startAgain();
    t.match(await asterisk.cli('core show version'), 'Asterisk 22');
  });
}
