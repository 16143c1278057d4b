/**
 * A real S3-compatible server: OpenStack Swift from Debian's packages, unpacked into `.lab/swift` (about 70 MB, half a minute, no rights of root
 * needed; kept for the next run). It brings its own C library and Python, so it runs on any Linux with apt.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { packageRoot } from '../../app/package-root.ts';

export const ACCESS_KEY = 'callme:pbx';
export const SECRET_KEY = 'callme-secret';
const INSTALL_MS = 300_000;
const START_MS = 60_000;
const PACKAGES = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object'];
const runFile = promisify(execFile);
const home = (): string => path.join(packageRoot(), '.lab', 'swift');

/** `''` once it is installed, else why it cannot be. */
export async function installSwift(): Promise<string> {
  if (process.platform !== 'linux') return 'Swift from Debian\'s packages runs on Linux alone';
  if (existsSync(home())) return '';
  mkdirSync(path.dirname(home()), { recursive: true });
  const making = mkdtempSync(path.join(path.dirname(home()), 'swift-'));
  try {
    await unpack(making);
    renameSync(path.join(making, 'root'), home());
    return '';
  } catch (error) {
    // Another test file was faster.
    return existsSync(home()) ? '' : `Swift cannot be installed: ${String(error).split('\n').slice(0, 2).join(' ').slice(0, 300)}`;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** apt with folders of its own: nothing of the system is read or changed. */
async function unpack(folder: string): Promise<void> {
  for (const each of ['state/lists/partial', 'cache/archives/partial', 'root']) mkdirSync(path.join(folder, each), { recursive: true });
  writeFileSync(path.join(folder, 'sources.list'), 'deb [trusted=yes] http://deb.debian.org/debian sid main\n');
  writeFileSync(path.join(folder, 'status'), '');
  const settings = { 'Dir::State': `${folder}/state`, 'Dir::State::status': `${folder}/status`, 'Dir::Cache': `${folder}/cache`, 'Dir::Etc::sourcelist': `${folder}/sources.list`,
    'Dir::Etc::sourceparts': '/dev/null', 'Debug::NoLocking': '1', 'APT::Sandbox::User': '', 'Acquire::Retries': '2' };
  const apt = (...words: readonly string[]) => runFile('apt-get', [...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]), ...words], { timeout: INSTALL_MS, maxBuffer: 1e8 });
  await apt('update');
  await apt('--no-install-recommends', '--yes', '--download-only', 'install', ...PACKAGES);
  const debs = path.join(folder, 'cache/archives');
  for (const deb of readdirSync(debs).filter((name) => name.endsWith('.deb'))) await runFile('dpkg-deb', ['-x', path.join(debs, deb), path.join(folder, 'root')], { timeout: INSTALL_MS });
}

export interface Swift { readonly endpoint: string; kill(): Promise<void>; start(): Promise<void> }

/** Started; `kill` is SIGKILL, `start` begins again at the same address with what was stored. */
export async function startSwift(t: Test): Promise<Swift> {
  const data = mkdtempSync(path.join(tmpdir(), 'callme-swift-'));
  let port = 0;
  let child: ChildProcess | null = null;
  const swift: Swift = {
    get endpoint() { return `http://127.0.0.1:${port}`; },
    async kill() {
      if (child === null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      child = null;
      await gone;
    },
    async start() {
      child = launch(data, port);
      port = await portOf(child);
    },
  };
  await swift.start();
  t.teardown(async () => { await swift.kill(); rmSync(data, { recursive: true, force: true }); });
  process.once('exit', () => child?.kill('SIGKILL'));
  return swift;
}

/** Its own loader, libraries and Python: the machine's may be older. */
function launch(data: string, port: number): ChildProcess {
  const root = home();
  const libraries = readdirSync(path.join(root, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu')).map((name) => path.join(root, 'usr/lib', name));
  const loader = libraries.flatMap((folder) => readdirSync(folder).filter((name) => /^ld-linux.*\.so\.\d$/.test(name)).map((name) => path.join(folder, name)))[0] ?? 'no-loader';
  const python = readdirSync(path.join(root, 'usr/bin')).find((name) => /^python3\.\d+$/.test(name)) ?? 'python3';
  return spawn(loader, ['--library-path', libraries.join(':'), path.join(root, 'usr/bin', python), fileURLToPath(new URL('swift-in-one.py', import.meta.url)), data, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PYTHONHOME: path.join(root, 'usr'), PYTHONPATH: path.join(root, 'usr/lib/python3/dist-packages'), PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore', PATH: process.env['PATH'] },
  });
}

async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('Swift has no output');
  const timer = setTimeout(() => { child.kill('SIGKILL'); }, START_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) if (/^\d+$/.test(line)) return Number(line);
    throw new Error('Swift did not start');
  } finally {
    clearTimeout(timer);
  }
}
