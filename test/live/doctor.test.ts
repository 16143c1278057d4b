/** `callme doctor --json` against a real Asterisk: green where it is, and a remedy for everything that is not. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run } from '../../lab/command.ts';
import type { ManagerUser } from '../../lab/configuration/manager.ts';
import { LAUNCHER } from '../../lab/demo/server.ts';
import type { Stage } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/scenarios.ts';
import { consoleOnPath } from './scene.ts';
import { stageFor } from './stage.ts';

interface Finding { readonly id: string; readonly state: 'ok' | 'warn' | 'fail'; readonly what: string; readonly remedy: string }
interface Examined { readonly code: number; readonly findings: readonly Finding[]; readonly text: string }
interface Wish { readonly change?: (config: string) => string; readonly etc?: string; readonly environment?: Readonly<Record<string, string>>; readonly before?: readonly string[] }

const SECRET = 'a secret of this test';
const READ = ['system', 'call', 'user', 'agent', 'dialplan'];
const WRITE = ['system', 'call', 'originate', 'user', 'reporting'];
const lacking = (right: 'read' | 'write', name: string): ManagerUser => ({
  name: `no-${right}-${name}`, secret: SECRET,
  read: READ.filter((each) => right !== 'read' || each !== name).join(','), write: WRITE.filter((each) => right !== 'write' || each !== name).join(','),
});
const LACKS = [['read', 'call'], ['read', 'user'], ['write', 'system']] as const;

const scene = await stageFor(t, { users: LACKS.map(([right, name]) => lacking(right, name)) });

async function doctor({ lab, stage }: { readonly lab: Lab; readonly stage: Stage }, wish: Wish = {}): Promise<Examined> {
  const file = join(stage.files.config, '..', 'patient.yaml');
  const config = await readFile(stage.files.config, 'utf8');
  await writeFile(file, wish.change?.(config) ?? config, { mode: 0o600 });
  const [program, ...words] = [...wish.before ?? [], LAUNCHER, 'doctor', '--json', '--config', file, '--etc', wish.etc ?? lab.asterisk.etc];
  const { code, stdout, stderr } = await run(program, words, { timeoutMs: 60_000, environment: wish.environment ?? {} });
  return { code, findings: (JSON.parse(stdout) as { readonly findings: readonly Finding[] }).findings, text: stdout + stderr };
}

const troubles = ({ findings }: Examined): readonly string[] => findings.filter(({ state }) => state === 'fail').map(({ id }) => id);

/** Whatever is not green says what to do about it. */
function remedied(t: Test, { findings }: Examined): void {
  for (const { id, state, remedy } of findings) if (state !== 'ok') t.not(remedy, '', `${id} names its remedy`);
}

const as = (user: string, secret: string) => (config: string): string =>
  config.replace(/username: callme, secret: "[^"]*"/, `username: ${user}, secret: "${secret}"`);

if (scene !== null) {
  await consoleOnPath(t, scene.lab.asterisk);

  await t.test('all is green, but for the packaging defect of Debian', async (t) => {
    const seen = await doctor(scene);
    t.equal(seen.code, 0);
    // How much space is left is this machine's own affair.
    const concerns = seen.findings.filter(({ state }) => state !== 'ok').map(({ id }) => id).filter((id) => id !== 'data-dir' && id !== 'recordings:main');
    // The configuration of the scene names no books, the next test does; and it has neither a public address nor a token for clicks.
    t.same(concerns, ['asterisk-build:main', 'books:main', 'crm:b24', 'crm:b24']);
    t.match(seen.findings.find(({ id }) => id === 'asterisk-build:main')?.what, /2016_opus_plc/);
    const green = ['node', 'config', 'lame', 'dialplan', 'agi-listen', 'web-listen', 'ami:main', 'crm:b24', 'cel:main'];
    for (const id of green) t.ok(seen.findings.some((each) => each.id === id && each.state === 'ok'), id);
    remedied(t, seen);
  });

  await t.test('the books of the PBX can be read; what cannot be has a remedy', async (t) => {
    const { cel, cdr } = scene.lab.asterisk.books;
    const withBooks = (books: string) => (config: string): string => config.replace(/^( +)recordings: .*$/m, (line, indent: string) => `${line}\n${indent}cdr: { ${books} }`);
    await play(scene.lab, 'internalCall');
    const read = await doctor(scene, { change: withBooks(`source: csv, cel: "${cel}", cdr: "${cdr}", timezone: UTC`) });
    t.match(read.findings.find(({ id }) => id === 'books:main'), { state: 'ok', what: /CEL can be read, [1-9]/ });
    const none = await doctor(scene, { change: withBooks('source: csv, cdr: /nowhere/Master.csv') });
    t.equal(none.code, 1);
    t.same(troubles(none), ['books:main']);
    remedied(t, none);
  });

  await t.test('CEL: off, without its events, not over AMI', async (t) => {
    const { asterisk } = scene.lab;
    const file = join(asterisk.etc, 'cel.conf');
    const before = await readFile(file, 'utf8');
    const put = async (text: string): Promise<Finding | undefined> => {
      await writeFile(file, text);
      await asterisk.cli('module reload cel');
      await asterisk.cli('module reload cel_manager.so');
      return (await doctor(scene)).findings.find(({ id }) => id === 'cel:main');
    };
    t.match(await put(before.replace('enabled=yes', 'enabled=no')), { state: 'warn', what: /not in force/, remedy: /module reload cel_manager/ });
    t.match(await put(before.replace(',LINKEDID_END', '')), { state: 'warn', what: /nothing of LINKEDID_END/ });
    t.match(await put(before.replace('enable=yes', 'enable=no')), { state: 'warn', what: /CEL is off/, remedy: /cel\.conf\.sample/ });
    // Our own sample, by the two reloads that its remedies name, without a restart.
    t.match(await put(await readFile(join(import.meta.dirname, '../../dialplan/cel.conf.sample'), 'utf8')), { state: 'ok', what: /goes over AMI/ });
  });

  await t.test('a wrong secret: exit code 3, and the secret is not shown', async (t) => {
    const seen = await doctor(scene, { change: as('callme', 'not this one') });
    t.equal(seen.code, 3);
    t.same(troubles(seen), ['ami:main']);
    t.notMatch(seen.text, 'not this one');
    remedied(t, seen);
  });

  for (const [right, name] of LACKS) {
    await t.test(`a manager user without ${right} class ${name}`, async (t) => {
      const seen = await doctor(scene, { change: as(`no-${right}-${name}`, SECRET) });
      t.equal(seen.code, 1);
      t.same(troubles(seen), [`ami-right:main:${right}:${name}`]);
      t.match(seen.findings.find(({ state }) => state === 'fail')?.remedy, new RegExp(`manager\\.conf \\[no-${right}-${name}\\]: ${right} = .*${name}`));
      remedied(t, seen);
    });
  }

  await t.test('the kit is not installed', async (t) => {
    const etc = t.testdir({});
    await cp(join(scene.lab.asterisk.etc, 'extensions.conf'), join(etc, 'extensions.conf'));
    const seen = await doctor(scene, { etc });
    t.equal(seen.code, 1);
    t.same(troubles(seen), ['dialplan']);
    t.match(seen.findings.find(({ id }) => id === 'dialplan')?.remedy, /callme dialplan install/);
  });

  await t.test('lame is missing', async (t) => {
    const folder = t.testdir({});
    for (const name of ['sh', 'dirname']) {
      const { stdout } = await run('sh', ['-c', `command -v ${name}`]);
      await symlink(stdout.trim(), join(folder, name));
    }
    const seen = await doctor(scene, { environment: { PATH: folder } });
    t.equal(seen.code, 1);
    t.same(troubles(seen), ['lame']);
    t.match(seen.findings.find(({ id }) => id === 'lame')?.remedy, /apt-get install lame/);
  });

  await t.test('the recordings folder: read-only, and not there', async (t) => {
    const folder = join(t.testdir({}), 'continuous');
    await mkdir(folder);
    const change = (config: string): string => config.replace(/recordings: .*/, `recordings: ${folder}`);
    // Root may write wherever it is not forbidden to everybody: so, in a namespace of its own, the folder is read-only.
    const before = ['unshare', '--mount', 'sh', '-ec', 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"', folder];
    const closed = await doctor(scene, { change, before });
    t.match(closed.findings.find(({ id }) => id === 'recordings:main'), { state: 'warn', remedy: /\S/ });
    const missing = await doctor(scene, { change: (config) => config.replace(/recordings: .*/, `recordings: ${folder}/none`) });
    t.equal(missing.code, 1);
    t.match(missing.findings.find(({ id }) => id === 'recordings:main'), { state: 'fail', remedy: /install -d/ });
    remedied(t, missing);
  });
}
