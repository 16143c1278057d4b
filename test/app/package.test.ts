/** The published package: packed, installed into an empty prefix far from the sources, and used there. */
import { once } from 'node:events';
import { execFileSync, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot, packageVersion } from '../../app/package-root.ts';
import { FakeAmi } from '../fakes/ami.ts';
import { freePort } from '../fakes/ports.ts';
import { until } from '../live/until.ts';
import { folder } from './bench.ts';

// Compiling and installing take longer than tap's half minute.
t.setTimeout(600_000);

const ROOT = packageRoot();
/** Everything that the package is made of. The checkout itself is not built in: a `dist/` there would win over its sources. */
const PARTS = ['agi', 'ami', 'app', 'bin', 'core', 'cdr', 'crm', 'deploy', 'dialplan', 'docs', 'examples', 'outbox', 'recordings', 'store', 'types', 'web', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md', 'LICENSE', '.npmrc'];

/** Without what `npm test` sets for its own children. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|TAP|NODE_OPTIONS|_TAPJS)/.test(name)));
/** The node that runs this test, whatever else the machine has. */
const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;

function npm(args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync('npm', [...args], { cwd, encoding: 'utf8', env: { ...ENV, PATH }, timeout: 300_000 });
}

function pack(to: string): string {
  const copy = join(to, 'source');
  mkdirSync(copy);
  for (const part of PARTS) if (existsSync(join(ROOT, part))) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const packed = npm(['pack', '--pack-destination', to], copy);
  const name = readdirSync(to).find((file) => file.endsWith('.tgz'));
  if (packed.status !== 0 || name === undefined) throw new Error(`npm pack: ${packed.stderr}\n${packed.stdout}`);
  return join(to, name);
}

/** From npm's cache where it has everything, else over the network. `node` is optional: this test brings its own. */
function installInto(prefix: string, tarball: string): void {
  const words = ['install', '--global', '--prefix', prefix, '--omit=optional', '--no-audit', '--no-fund', tarball];
  if (npm([...words, '--offline'], prefix).status === 0) return;
  const online = npm(words, prefix);
  if (online.status !== 0) throw new Error(`npm install: ${online.stderr}`);
}

/** The installed server against a stand-in PBX: it gets ready, and stops when it is asked to. */
async function serves(t: Test, { program, cwd }: { readonly program: string; readonly cwd: string }): Promise<void> {
  const pbx = await FakeAmi.start();
  t.teardown(() => pbx.close());
  const [agi, web] = [await freePort(), await freePort()];
  const config = join(cwd, 'serve.yaml');
  writeFileSync(config, `dataDir: ${join(cwd, 'served')}
pbx: [{ id: main, ami: { port: ${pbx.port}, username: callme, secret: secret }, recordings: ${cwd}, external: ["^PJSIP/trunk"] }]
agi: { listen: "127.0.0.1:${agi}" }
web: { listen: "127.0.0.1:${web}" }
`);
  const server = spawn(program, ['serve', '--config', config], { cwd, env: { PATH, HOME: cwd, LANG: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => server.kill('SIGKILL'));
  const ended = once(server, 'exit');
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => { said += String(chunk); });
  const ready = async (): Promise<boolean> => server.exitCode !== null || (await fetch(`http://127.0.0.1:${web}/ready`).catch(() => null))?.status === 200;
  await until(ready, 30);
  t.equal(server.exitCode, null, said);
  server.kill('SIGTERM');
  t.same(await ended, [0, null], 'SIGTERM ends it in good order');
}

t.test('npm pack, npm install -g, and away', async (t) => {
  const work = folder(t);
  const tarball = pack(work);
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n').filter((file) => file !== '');
  for (const needed of ['bin/callme', 'dist/bin/callme.js', 'dist/app/cli/main.js', 'dist/crm/drivers/bitrix24.js', 'dialplan/callme.conf', 'dialplan/callme-freepbx.conf', 'deploy/callme.service', 'package.json']) {
    t.ok(files.includes(`package/${needed}`), needed);
  }
  t.same(files.filter((file) => /^package\/(test|lab|bench)\/|\.ts$|\.map$|\.db$/.test(file)), [], 'neither sources nor tests');

  const prefix = join(work, 'prefix');
  mkdirSync(prefix);
  installInto(prefix, tarball);
  const cwd = join(work, 'elsewhere');
  mkdirSync(cwd);
  const callme = (...args: readonly string[]): SpawnSyncReturns<string> => spawnSync(join(prefix, 'bin', 'callme'), args, { cwd, encoding: 'utf8', env: { PATH, HOME: cwd, LANG: 'C' }, timeout: 60_000 });

  t.match(callme('--help'), { status: 0, stdout: /dialplan/, stderr: '' });
  t.match(callme('--version'), { status: 0, stdout: `${packageVersion()}\n` });
  const config = join(cwd, 'callme.yaml');
  t.match(callme('init', '--config', config, '--data-dir', join(cwd, 'data')), { status: 0, stdout: /\[callme\]/, stderr: '' });
  t.ok(statSync(config).isFile());
  t.match(callme('config', 'check', '--config', config), { status: 0, stderr: '' });

  const etc = join(cwd, 'etc');
  mkdirSync(etc);
  writeFileSync(join(etc, 'extensions.conf'), '[general]\n');
  t.match(callme('dialplan', 'install', '--etc', etc, '--config', config), { status: 0, stderr: '' });
  t.equal(readFileSync(join(etc, 'callme.conf'), 'utf8'), readFileSync(join(ROOT, 'dialplan', 'callme.conf'), 'utf8'), 'the kit is found from dist/ too');
  t.match(callme('dialplan', 'uninstall', '--etc', etc), { status: 0 });
  t.equal(readFileSync(join(etc, 'extensions.conf'), 'utf8'), '[general]\n');
  for (const verb of ['calls', 'outbox', 'spool']) t.match(callme(verb, 'list', '--json', '--config', config), { status: 0, stdout: '[]\n', stderr: '' }, verb);
  t.equal(callme('doctor', '--offline', '--json', '--etc', etc, '--config', config).stderr, '');
  await serves(t, { program: join(prefix, 'bin', 'callme'), cwd });
  writeFileSync(config, readFileSync(config, 'utf8').replace('crm: []', 'crm: [{ id: b24, driver: bitrix24, ulr: x }]'));
  t.match(callme('config', 'check', '--config', config), { status: 2, stderr: /did you mean "url"/ }, 'drivers are found in dist/');
});
