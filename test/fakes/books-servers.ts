/** A MariaDB and a PostgreSQL of a test's own: a temporary folder, a free port of the loopback, its own user, dead with the test. */
import { spawn } from 'node:child_process';
import { access, chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { apt, APT_UPDATE } from '../../lab/build.ts';
import { run } from '../../lab/command.ts';

export interface DatabaseServer { readonly port: number; readonly socketFolder: string; stop(): Promise<void> }
export const PASSWORD = 'p%w & "é"';
const READY_MS = 60_000;

const there = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

/** Null when the program can be run, else the reason why not. The packages start no server of their own. */
async function installed(program: () => Promise<boolean>, packages: string, before = ''): Promise<string | null> {
  if (await program()) return null;
  if (process.getuid?.() !== 0) return `needs root to install ${packages}`;
  const done = await apt(`${before} ${APT_UPDATE} && apt-get install -y -qq --no-install-recommends ${packages}`);
  return done.code === 0 && await program() ? null : `apt-get cannot install ${packages}: ${done.stderr.trim().split('\n').at(-1) ?? ''}`;
}

const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0); });
  });
});

/** Servers refuse to be run by root; whoever is somebody already runs them as himself. */
const USER = 'nobody';
async function as(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return ['--pdeathsig', 'KILL'];
  const group = (await run('id', ['-gn', USER])).stdout.trim();
  return ['--reuid', USER, '--regid', group, '--clear-groups', '--pdeathsig', 'KILL'];
}

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'callme-db-'));
  await chmod(folder, 0o755);
  if (process.getuid?.() === 0) await run('chown', [USER, folder]);
  return folder;
}

interface Running { readonly folder: string; readonly port: number; readonly command: readonly string[]; readonly ready: RegExp; readonly signal: NodeJS.Signals }

/** Resolves when the server says that it is ready. */
async function started(t: Test, { folder, port, command, ready, signal }: Running): Promise<DatabaseServer> {
  const child = spawn('setpriv', [...await as(), ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => { child.once('close', () => { resolve(); }); });
  const stop = async (): Promise<void> => { child.kill(signal); await ended; };
  t.teardown(async () => { await stop(); await rm(folder, { recursive: true, force: true }); });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => { reject(new Error(`not ready in time: ${said.slice(-1000)}`)); }, READY_MS);
    const hear = (text: string): void => { said = (said + text).slice(-20_000); if (ready.test(said)) { clearTimeout(late); resolve(); } };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('close', () => { clearTimeout(late); reject(new Error(`ended: ${said.slice(-1000)}`)); });
  });
  return { port, socketFolder: folder, stop };
}

/** A string = why there is none. User `root` without a password on the socket `mariadb.sock`. */
export async function mariadb(t: Test): Promise<DatabaseServer | string> {
  const reason = await installed(async () => await there('/usr/sbin/mariadbd') && await there('/usr/bin/my_print_defaults'), 'mariadb-server-core mariadb-client-core');
  if (reason !== null) return reason;
  const folder = await folderOf();
  const data = join(folder, 'data');
  const made = await run('setpriv', [...await as(), 'mariadb-install-db', '--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'], { timeoutMs: READY_MS });
  if (made.code !== 0) return `mariadb-install-db fails: ${(made.stderr + made.stdout).slice(-400)}`;
  const port = await freePort();
  const options = ['--no-defaults', `--datadir=${data}`, `--socket=${join(folder, 'mariadb.sock')}`, `--pid-file=${join(folder, 'pid')}`, '--bind-address=127.0.0.1', `--port=${port}`,
    '--innodb-flush-log-at-trx-commit=0', '--skip-log-bin'];
  return started(t, { folder, port, command: ['/usr/sbin/mariadbd', ...options], ready: /ready for connections/, signal: 'SIGTERM' });
}

async function postgresFolder(): Promise<string | null> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const newest = versions.toSorted((one, other) => Number(one) - Number(other)).at(-1);
  return newest !== undefined && await there(`/usr/lib/postgresql/${newest}/bin/initdb`) ? `/usr/lib/postgresql/${newest}/bin` : null;
}

/** A string = why there is none. User `owner` with {@link PASSWORD}. */
export async function postgres(t: Test): Promise<DatabaseServer | string> {
  const quiet = 'mkdir -p /etc/postgresql-common; [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf;';
  const reason = await installed(async () => await postgresFolder() !== null, 'postgresql', quiet);
  const bin = await postgresFolder();
  if (reason !== null || bin === null) return reason ?? 'there is no PostgreSQL';
  const folder = await folderOf();
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o644 });
  const made = await run('setpriv', [...await as(), `${bin}/initdb`, '-D', join(folder, 'data'), '-U', 'owner', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--no-sync'], { timeoutMs: READY_MS });
  if (made.code !== 0) return `initdb fails: ${(made.stderr + made.stdout).slice(-400)}`;
  const port = await freePort();
  const command = [`${bin}/postgres`, '-D', join(folder, 'data'), '-h', '127.0.0.1', '-p', String(port), '-k', folder, '-c', 'fsync=off'];
  return started(t, { folder, port, command, ready: /ready to accept connections/, signal: 'SIGQUIT' });
}
