import { execFile } from 'node:child_process';

/** What `asterisk -rx COMMAND` printed, or why it could not: asking is always optional, CallMe may run on another machine. */
export type CliAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** Seconds are plenty: a PBX that needs longer to reload is told so, not waited for. */
const TIMEOUT_MS = 15_000;

export function askAsterisk(command: string, program = 'asterisk'): Promise<CliAnswer> {
  return new Promise((resolve) => {
    execFile(program, ['-rx', command], { timeout: TIMEOUT_MS, maxBuffer: 1_048_576 }, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true, text: stdout });
      else resolve({ ok: false, why: error.code === 'ENOENT' ? 'no program "asterisk" here' : firstLine(stderr) || firstLine(error.message) });
    });
  });
}

function firstLine(text: string): string { return text.trim().split('\n')[0] ?? ''; }

/**
 * Debian and Ubuntu builds since 1:16.23.0~dfsg+~cs6.10.40431411-1 carry a patch (debian/patches/2016_opus_plc.patch) that makes MixMonitor
 * lose the new party after a transfer, in about half of the transfers: the file holds one side only, the talk itself is not affected.
 * Their version says so by `dfsg` and `~cs`.
 */
export function hasDebianBug(version: string): boolean { return version.includes('dfsg') && version.includes('~cs'); }
