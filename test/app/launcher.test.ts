/** The launcher as the system starts it: /bin/sh, symlinks, strange PATHs. */
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot, packageVersion } from '../../app/package-root.ts';
import { folder, writeConfig } from './bench.ts';

const LAUNCHER = join(packageRoot(), 'bin', 'callme');

function start(launcher: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): SpawnSyncReturns<string> {
  return spawnSync(launcher, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env }, timeout: 60_000 });
}

/** A program called node that says a version, and its arguments when it is really started. */
function fakeNode(path: string, version: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; exit 0; fi\necho "pid $$ ran $*"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The launcher alone, in a package that looks as npm installs it. */
function installed(t: Test): { readonly root: string; readonly launcher: string } {
  const root = folder(t);
  const launcher = join(root, 'lib', 'callme', 'bin', 'callme');
  mkdirSync(join(launcher, '..'), { recursive: true });
  copyFileSync(LAUNCHER, launcher);
  chmodSync(launcher, 0o755);
  return { root, launcher };
}

t.test('the real thing', async (t) => {
  t.match(start(LAUNCHER, ['--version']), { status: 0, stdout: `${packageVersion()}\n` });
  const cwd = folder(t);
  t.match(start(LAUNCHER, ['config', 'check', '--config', writeConfig(cwd)]), { status: 0, stdout: /is fine/ });
  const empty = start(LAUNCHER, []);
  t.match(empty, { status: 2, stdout: '' });
  t.match(empty.stderr, 'Name a verb');
  t.equal(start(LAUNCHER, ['calls', 'list', '--config', writeConfig(cwd)]).stderr, '', 'Node warns of nothing');
});

t.test('through symlinks, relative ones too, and from PATH', async (t) => {
  const path = folder(t);
  symlinkSync(LAUNCHER, join(path, 'one'));
  symlinkSync('one', join(path, 'callme'));
  t.match(start(join(path, 'callme'), ['--version']), { status: 0, stdout: `${packageVersion()}\n` });
  const shell = spawnSync('/bin/sh', ['-c', 'callme --version'], { encoding: 'utf8', env: { PATH: `${path}:${process.env['PATH'] ?? ''}` } });
  t.match(shell, { status: 0, stdout: `${packageVersion()}\n` });
});

t.test('which node: the one named, the package beside it, the one on PATH', async (t) => {
  const { root, launcher } = installed(t);
  const onPath = join(fakeNode(join(root, 'path', 'node'), 'v24.1.0'), '..');
  const env = { PATH: `${onPath}:/usr/bin:/bin` };
  t.match(start(launcher, ['x', 'a b'], env).stdout, /ran .*\/callme\.ts x a b/);
  fakeNode(join(root, 'lib', 'node', 'bin', 'node'), 'v24.2.0');
  writeFileSync(join(root, 'lib', 'node', 'bin', 'node'), '#!/bin/sh\nif [ "$1" = --version ]; then echo v24.2.0; else echo hoisted; fi\n');
  t.equal(start(launcher, [], env).stdout, 'hoisted\n');
  fakeNode(join(root, 'lib', 'callme', 'node_modules', 'node', 'bin', 'node'), 'v24.3.0');
  writeFileSync(join(root, 'lib', 'callme', 'node_modules', 'node', 'bin', 'node'), '#!/bin/sh\nif [ "$1" = --version ]; then echo v24.3.0; else echo nested; fi\n');
  t.equal(start(launcher, [], env).stdout, 'nested\n');
  const named = join(root, 'named node');
  writeFileSync(named, '#!/bin/sh\nif [ "$1" = --version ]; then echo v25.0.0; else echo named; fi\n');
  chmodSync(named, 0o755);
  t.equal(start(launcher, [], { ...env, CALLME_NODE: named }).stdout, 'named\n');
});

t.test('compiled code wins over sources', async (t) => {
  const { root, launcher } = installed(t);
  const PATH = `${join(fakeNode(join(root, 'path', 'node'), 'v24.1.0'), '..')}:/usr/bin:/bin`;
  mkdirSync(join(root, 'lib', 'callme', 'dist', 'bin'), { recursive: true });
  writeFileSync(join(root, 'lib', 'callme', 'dist', 'bin', 'callme.js'), '');
  t.match(start(launcher, [], { PATH }).stdout, 'dist/bin/callme.js');
});

t.test('no node that is new enough: two lines that help, exit code 2', async (t) => {
  const { root, launcher } = installed(t);
  for (const version of ['v20.20.2', 'v9.0.0', 'garbage']) {
    const PATH = `${join(fakeNode(join(root, version, 'node'), version), '..')}:/bin`;
    const tools = spawnSync('/bin/sh', ['-c', 'command -v readlink dirname'], { env: { PATH: '/bin' } });
    t.equal(tools.status, 0, 'the launcher itself needs two tools');
    const { status, stderr, stdout } = start(launcher, ['--version'], { PATH: withoutNode(root, PATH) });
    t.equal(status, 2, version);
    t.equal(stdout, '');
    t.equal(stderr.trim().split('\n').length, 2);
    t.match(stderr, 'npm install -g node@24');
  }
  const wrong = start(launcher, ['--version'], { CALLME_NODE: '/nonexistent/node' });
  t.match(wrong, { status: 2, stderr: /CALLME_NODE=\/nonexistent\/node/ });
});

/** /bin may be /usr/bin with a node of its own: only the two tools that the launcher needs. */
function withoutNode(root: string, path: string): string {
  const tools = join(root, 'tools');
  mkdirSync(tools, { recursive: true });
  for (const tool of ['readlink', 'dirname', 'sh']) {
    const found = spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    try { symlinkSync(found, join(tools, tool)); } catch { /* made by the round before */ }
  }
  return `${path.split(':')[0] ?? ''}:${tools}`;
}

t.test('exec: the process that is signalled is Node itself', async (t) => {
  const { root, launcher } = installed(t);
  const PATH = `${join(fakeNode(join(root, 'path', 'node'), 'v24.1.0'), '..')}:/usr/bin:/bin`;
  const child = spawn(launcher, [], { env: { PATH }, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  await new Promise((resolve) => child.on('close', resolve));
  t.match(out, `pid ${child.pid ?? 0} ran`);
});

t.test('a closed pipe is no crash', async (t) => {
  const { status, stderr } = spawnSync('/bin/sh', ['-c', `"${LAUNCHER}" --help | true`], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
  t.equal(status, 0);
  t.equal(stderr, '');
});
