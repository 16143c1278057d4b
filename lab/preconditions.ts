/** Why an Asterisk cannot be raised on this machine: one sentence, as a value, so that a test can print it and go on. */
import { access } from 'node:fs/promises';
import { run } from './command.ts';
import { apt, APT_UPDATE, isBuilt, type AsteriskVersion } from './build.ts';

export type Preconditions = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const no = (reason: string): Preconditions => ({ ok: false, reason });

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

/** Namespaces keep every mount and process of the lab in one place that vanishes with it. A container often forbids them. */
async function mayUnshare(): Promise<boolean> {
  return (await run('unshare', ['--mount', '--pid', '--uts', '--fork', '--kill-child', 'true'], { timeoutMs: 10_000 })).code === 0;
}

/** The network is asked only when the root has yet to be built. */
export async function preconditions(version: AsteriskVersion = '22'): Promise<Preconditions> {
  if (process.platform !== 'linux') return no(`the lab needs Linux (loopback addresses, namespaces, chroot), this is ${process.platform}`);
  if (process.getuid?.() !== 0) return no('the lab needs root: it builds a chroot and mounts into a private namespace');
  if (!await mayUnshare()) return no('the lab needs mount and pid namespaces, and `unshare --mount --pid` is refused here (a container without CAP_SYS_ADMIN?)');
  if (await isBuilt(version)) return { ok: true };
  if (!await exists('/etc/debian_version')) return no('the lab builds its Asterisk with mmdebstrap and needs Debian or a child of it');
  if (!await exists('/usr/bin/apt-get')) return no('the lab installs mmdebstrap by apt-get, which is missing');
  if ((await apt(APT_UPDATE)).code !== 0) return no('no Asterisk is built yet and apt-get update fails: the lab needs a Debian mirror for its first run');
  return { ok: true };
}
