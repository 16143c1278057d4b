/** `callme doctor --json` against a real Asterisk: green where it is, and a remedy for everything that is not. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run } from '../../lab/command.ts';
import type { ManagerUser } from '../../lab/configuration/manager.ts';
import { LAUNCHER } from '../../lab/demo/server.ts';
import type { Stage } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
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
    t.same(concerns, ['asterisk-build:main']);
    t.match(seen.findings.find(({ id }) => id === 'asterisk-build:main')?.what, /2016_opus_plc/);
    const green = ['node', 'config', 'lame', 'dialplan', 'agi-listen', 'web-listen', 'ami:main', 'crm:b24'];
    for (const id of green) t.ok(seen.findings.some((each) => each.id === id && each.state === 'ok'), id);
    remedied(t, seen);
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
