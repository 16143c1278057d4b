/**
 * Builds the root folder of one Asterisk: `.lab/root22` (Debian sid) or `.lab/root16` (Debian bullseye). Debian 12 itself has none.
 * Kept for the next run; built under a temporary name and renamed when complete, so that an interrupted build is not taken for a good one.
 */
import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Finished } from './command.ts';
import { complete } from './completion.ts';
import { LabError } from './errors.ts';

export type AsteriskVersion = '22' | '16';
export type Progress = (line: string) => void;

const SUITE: Readonly<Record<AsteriskVersion, string>> = { 22: 'sid', 16: 'bullseye' };
/** The clone's own `.lab`, ignored by git. */
export const LAB_FOLDER = join(dirname(dirname(fileURLToPath(import.meta.url))), '.lab');
export const rootFolder = (version: AsteriskVersion): string => join(LAB_FOLDER, `root${version}`);

const BUILD_MS = 15 * 60_000;
const TAIL = 1500;

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

export async function isBuilt(version: AsteriskVersion): Promise<boolean> {
  return exists(join(rootFolder(version), 'usr/sbin/asterisk'));
}

/**
 * Runs under `flock`, which the kernel lets go when its holder dies: two runs never build at once and no stale lock needs cleaning.
 * Whoever waited finds the root there and has nothing to do. `Check-Valid-Until` off: a dated mirror or a sleeping archive still serves.
 * The hosts file: without its own name in it Asterisk asks the name service, and waits for it, on every call.
 */
const BUILD_SCRIPT = `
set -e
[ -x "$ROOT/usr/sbin/asterisk" ] && exit 0
rm -rf "$ROOT.new" "$ROOT"
mmdebstrap --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --include=asterisk,asterisk-modules "$SUITE" "$ROOT.new"
echo "127.0.0.1 localhost lab" > "$ROOT.new/etc/hosts"
: > "$ROOT.new/etc/resolv.conf"
mv "$ROOT.new" "$ROOT"
`;

/**
 * One apt at a time: two runs (test files run side by side) would refuse each other's lock. Resolves with what apt said.
 * `update` is the probe of the preconditions, too: mirrors, proxies and name service are configured where only apt looks.
 */
export async function apt(script: string, progress: Progress = () => undefined): Promise<Finished> {
  await mkdir(LAB_FOLDER, { recursive: true });
  return run('flock', [join(LAB_FOLDER, 'apt.lock'), 'sh', '-c', script], {
    timeoutMs: BUILD_MS, onLine: progress, environment: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}
export const APT_UPDATE = 'apt-get update -qq -o Acquire::http::Timeout=20 -o Acquire::Retries=1';
const APT_INSTALL = `[ -x /usr/bin/mmdebstrap ] && [ -x /usr/bin/lame ] || { ${APT_UPDATE} && apt-get install -y -qq mmdebstrap lame; }`;

/** mmdebstrap builds the root; lame is for CallMe itself, which encodes on the host, and for checking the MP3. */
export async function installTools(progress: Progress): Promise<void> {
  if (await exists('/usr/bin/mmdebstrap') && await exists('/usr/bin/lame')) return;
  progress('installing mmdebstrap and lame');
  const done = await apt(APT_INSTALL, progress);
  if (done.code !== 0) throw new LabError('build-failed', `apt-get install mmdebstrap lame: ${(done.stdout + done.stderr).slice(-TAIL)}`);
}

/** About 20 s and 350 MB for '22'. Rejects with LabError `build-failed` and the tail of the log. */
export async function build(version: AsteriskVersion, progress: Progress = () => undefined): Promise<string> {
  await mkdir(LAB_FOLDER, { recursive: true });
  await installTools(progress);
  const root = rootFolder(version);
  if (!await isBuilt(version)) await bootstrap(version, root, progress);
  const lacking = await complete(root, () => undefined);
  if (lacking !== null) progress(`no voicemail on this Asterisk ${version}: ${lacking}`);
  return root;
}

async function bootstrap(version: AsteriskVersion, root: string, progress: Progress): Promise<void> {
  progress(`building ${root} from Debian ${SUITE[version]}`);
  // The pid namespace takes every child of the build along when this process dies.
  const done = await run(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'flock', `${root}.lock`, 'sh', '-c', BUILD_SCRIPT],
    { timeoutMs: BUILD_MS, onLine: progress, environment: { ROOT: root, SUITE: SUITE[version] } },
  );
  if (done.code !== 0) throw new LabError('build-failed', `mmdebstrap ${SUITE[version]}, exit ${done.code}: ${(done.stdout + done.stderr).slice(-TAIL)}`);
}
