/**
 * What Debian packs apart from Asterisk: bullseye's app_voicemail is a package of its own (sid's `asterisk-modules` holds it). Only its module
 * is put into the root, also into one that was built before and is in use: maintainer scripts would look for a service to restart.
 */
import { glob } from 'node:fs/promises';
import { run } from './command.ts';

/** The archive may hold the package in another revision than the root's (security or main): any of the same Asterisk release fits. */
const COMPLETE_SCRIPT = `
set -e
for module in "$ROOT"/usr/lib/asterisk/modules "$ROOT"/usr/lib/*/asterisk/modules; do
  [ -e "$module/app_mixmonitor.so" ] && MODULES=$module
  [ -e "$module/app_voicemail.so" ] && exit 0
done
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
mkdir -p "$WORK/lists/partial" "$WORK/cache/archives/partial"
cd "$WORK"
fetch() {
  apt-get -q -o Dir="$ROOT" -o Dir::State::status="$ROOT/var/lib/dpkg/status" -o Dir::State::lists="$WORK/lists" -o Dir::Cache="$WORK/cache" \\
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o Acquire::http::Timeout=20 -o Acquire::Retries=1 "$@"
}
fetch update
OWN=$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -f '\${Version}' -W asterisk-modules)
KNOWN=$(apt-cache -o Dir="$ROOT" -o Dir::State::status="$ROOT/var/lib/dpkg/status" -o Dir::State::lists="$WORK/lists" -o Dir::Cache="$WORK/cache" madison asterisk-voicemail | cut -d '|' -f 2)
for version in $OWN $KNOWN; do
  [ "\${version%%~*}" = "\${OWN%%~*}" ] || continue
  fetch download "asterisk-voicemail=$version" && break
done
dpkg-deb -x asterisk-voicemail_*.deb unpacked
find unpacked -name app_voicemail.so -exec cp {} "$MODULES/app_voicemail.new" \\;
mv "$MODULES/app_voicemail.new" "$MODULES/app_voicemail.so"
`;

const COMPLETE_MS = 3 * 60_000;

export async function isComplete(root: string): Promise<boolean> {
  for await (const _ of glob('usr/lib/{,*/}asterisk/modules/app_voicemail.so', { cwd: root })) return true;
  return false;
}

/** Resolves with the reason when the module could not be had: the lab does without it, only the stories of a voicemail do not. */
export async function complete(root: string, onLine: (line: string) => void): Promise<string | null> {
  if (await isComplete(root)) return null;
  const done = await run('flock', [`${root}.lock`, 'sh', '-c', COMPLETE_SCRIPT], { timeoutMs: COMPLETE_MS, onLine, environment: { ROOT: root } });
  return done.code === 0 ? null : (done.stderr + done.stdout).trim().slice(-300);
}
