/**
 * Raises one Asterisk in namespaces of its own: mounts and processes are seen by nobody else and vanish with it. It dies with this
 * process, however this process dies (parent-death signal, then `--kill-child`), so nothing is left running or mounted.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, rootFolder, type AsteriskVersion, type Progress } from './build.ts';
import { run } from './command.ts';
import { baseFiles, type ModulesFolder } from './configuration/base.ts';
import { BOOK_FOLDERS, booksOf, type Books } from './configuration/books.ts';
import { EMPTY_CUSTOM, extensions } from './configuration/dialplan.ts';
import { callmeUser, freshSecret, labUser, manager, type ManagerUser } from './configuration/manager.ts';
import { pjsip, TONES } from './configuration/people.ts';
import { LabError } from './errors.ts';
import { takePlace, type Place } from './place.ts';
import { sine, writeWav } from './wav.ts';

export interface AsteriskOptions {
  readonly version?: AsteriskVersion;
  readonly secret?: string;
  readonly users?: readonly ManagerUser[];
  /** Dialplan text behind the lab's own. */
  readonly dialplan?: string;
  readonly progress?: Progress;
  /** Leave `.lab/run-N` there after the stop. */
  readonly keepFolder?: boolean;
}
export interface ManagerLogin { readonly host: string; readonly port: number; readonly username: string; readonly secret: string }

const START_SECONDS = 60;
const STOP_SECONDS = 10;
const CLI_MS = 15_000;

/**
 * The root stays read-only; the run's folder appears in it at its own absolute path. /run and /tmp are private memory. The folder for the
 * bind mount has to exist in the root: that empty folder is all that a run leaves there.
 */
const MOUNT_AND_START = `
set -e
hostname lab
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -t tmpfs tmpfs "$ROOT/run"
mkdir -p "$ROOT$RUN" "$ROOT/run/asterisk"
mount --bind "$RUN" "$ROOT$RUN"
mount -t proc proc "$ROOT/proc"
mount --bind /dev "$ROOT/dev"
mount -o remount,bind,ro "$ROOT"
exec chroot "$ROOT" /usr/sbin/asterisk -f -vvv -C "$RUN/etc/asterisk.conf"
`;

/** Left as the package has them; ringback is `us` of indications.conf, 440 + 480 Hz. */
const AS_PACKAGED = ['indications.conf', 'acl.conf', 'udptl.conf', 'ccss.conf', 'pjproject.conf', 'statsd.conf'];

async function modulesFolder(version: AsteriskVersion): Promise<ModulesFolder> {
  const architectures = await readdir(join(rootFolder(version), 'usr/lib'));
  for (const folder of ['/usr/lib/asterisk/modules', ...architectures.map((name) => `/usr/lib/${name}/asterisk/modules`)]) {
    const files: string[] = await readdir(join(rootFolder(version), folder)).catch(() => []);
    if (files.includes('app_mixmonitor.so')) return { path: folder, files };
  }
  throw new LabError('build-failed', `no Asterisk modules below ${rootFolder(version)}`);
}

async function configure(place: Place, version: AsteriskVersion, users: readonly ManagerUser[], dialplan: string): Promise<void> {
  const etc = join(place.folder, 'etc');
  for (const name of ['etc', 'lib/labmoh', 'lib/keys', 'spool/tmp', ...BOOK_FOLDERS]) await mkdir(join(place.folder, name), { recursive: true });
  const files: Record<string, string> = {
    ...baseFiles(place, await modulesFolder(version)),
    'pjsip.conf': pjsip(place),
    'manager.conf': manager(place, users),
    'extensions.conf': extensions(place, dialplan),
    'extensions_custom.conf': EMPTY_CUSTOM,
  };
  for (const name of AS_PACKAGED) files[name] = await readFile(join(rootFolder(version), 'etc/asterisk', name), 'utf8').catch(() => '');
  for (const [name, text] of Object.entries(files)) await writeFile(join(etc, name), text, { mode: 0o600 });
  await writeFile(join(place.folder, 'lib/labmoh/moh.wav'), writeWav({ rate: 8000, samples: sine(TONES.MOH, 5000, 60) }));
}

function start(place: Place, version: AsteriskVersion): ChildProcess {
  return spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', '--mount', '--uts', '--pid', '--fork', '--kill-child', 'sh', '-c', MOUNT_AND_START],
    { stdio: 'ignore', env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', ROOT: rootFolder(version), RUN: place.folder } },
  );
}

export class Asterisk {
  readonly version: AsteriskVersion;
  readonly place: Place;
  /** Where `callme dialplan install --etc` works. */
  readonly etc: string;
  readonly recordings: string;
  /** The CSV files of CDR and CEL. */
  readonly books: Books;
  /** CallMe's own login. */
  readonly ami: ManagerLogin;
  /** The lab's login, with the right to act. */
  readonly control: ManagerLogin;
  readonly agi: { readonly host: string; readonly port: number };
  readonly #keepFolder: boolean;
  #child: ChildProcess;
  #gone: Promise<void>;

  constructor(place: Place, version: AsteriskVersion, secrets: { readonly callme: string; readonly lab: string }, keepFolder: boolean) {
    this.version = version;
    this.place = place;
    this.etc = join(place.folder, 'etc');
    this.recordings = place.recordings;
    this.books = booksOf(place);
    this.ami = { host: '127.0.0.1', port: place.amiPort, username: 'callme', secret: secrets.callme };
    this.control = { ...this.ami, username: 'lab', secret: secrets.lab };
    this.agi = { host: '127.0.0.1', port: place.agiPort };
    this.#keepFolder = keepFolder;
    this.#child = start(place, version);
    this.#gone = this.#watch();
  }

  /** Asterisk's messages (notice, warning, error, verbose) of this run. */
  async log(): Promise<string> {
    return readFile(join(this.place.folder, 'log', 'full'), 'utf8').catch(() => '');
  }

  /** One CLI command; rejects with LabError `cli-failed`. */
  async cli(command: string): Promise<string> {
    const inside = await this.#pidInside();
    const args = ['--target', inside, '--mount', '--pid', '--root', '--wd=/', '/usr/sbin/asterisk', '-C', join(this.etc, 'asterisk.conf'), '-rx', command];
    const done = await run('nsenter', args, { timeoutMs: CLI_MS });
    if (done.code !== 0) throw new LabError('cli-failed', `asterisk -rx "${command}": ${(done.stdout + done.stderr).slice(-500)}`);
    return done.stdout;
  }

  async fullyBooted(seconds = START_SECONDS): Promise<void> {
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until && this.isRunning()) {
      const said = await this.cli('core waitfullybooted').catch(() => '');
      if (said.includes('fully booted')) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new LabError('asterisk-did-not-start', `${this.isRunning() ? 'it runs, but is not fully booted' : 'it ended at once'}: ${(await this.log()).slice(-1500)}`);
  }

  isRunning(): boolean { return this.#child.exitCode === null && this.#child.signalCode === null; }

  async reloadDialplan(): Promise<string> { return this.cli('dialplan reload'); }

  /** As a power failure would. Resolves when the kernel has taken the whole namespace away: its ports are free again. */
  async kill9(): Promise<void> {
    const inside = await this.#pidInside().catch(() => null);
    if (inside === null) this.#child.kill('SIGKILL');
    else process.kill(Number(inside), 'SIGKILL');
    await this.#gone;
  }

  /** Starts again in the same place with the same files, after `kill9` or `stop({ release: false })`. */
  async startAgain(): Promise<void> {
    if (this.isRunning()) return;
    this.#child = start(this.place, this.version);
    this.#gone = this.#watch();
    await this.fullyBooted();
  }

  /** `core stop now`, and the axe when that does not help. */
  async stop(options: { readonly release?: boolean } = {}): Promise<void> {
    if (this.isRunning()) {
      const axe = setTimeout(() => { this.#child.kill('SIGKILL'); }, STOP_SECONDS * 1000);
      await this.cli('core stop now').catch(() => this.#child.kill('SIGKILL'));
      await this.#gone;
      clearTimeout(axe);
    }
    if (options.release === false) return;
    await this.place.release();
    if (!this.#keepFolder) await rm(this.place.folder, { recursive: true, force: true });
  }

  #watch(): Promise<void> {
    const child = this.#child;
    return new Promise((resolve) => { child.once('exit', () => { resolve(); }); child.once('error', () => { resolve(); }); });
  }

  /** The first process of the namespace, as the host numbers it. */
  async #pidInside(): Promise<string> {
    const pid = this.#child.pid;
    const children = pid === undefined ? '' : await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    const first = children.trim().split(' ')[0];
    if (first === undefined || first === '') throw new LabError('asterisk-gone', 'this Asterisk is not running');
    return first;
  }
}

/** Builds the root where it is missing, takes a place, starts, waits until Asterisk is fully booted. About 3 s on a built root. */
export async function raiseAsterisk(options: AsteriskOptions = {}): Promise<Asterisk> {
  const version = options.version ?? '22';
  await build(version, options.progress);
  const place = await takePlace();
  const secrets = { callme: options.secret ?? freshSecret(), lab: freshSecret() };
  await configure(place, version, [callmeUser(secrets.callme), labUser(secrets.lab), ...options.users ?? []], options.dialplan ?? '');
  const asterisk = new Asterisk(place, version, secrets, options.keepFolder ?? false);
  try {
    await asterisk.fullyBooted();
    return asterisk;
  } catch (error) {
    await asterisk.stop();
    throw error;
  }
}
