/** What several live tests ask of one scene: is the talk known, what lies in the spool, who is Asterisk on this machine. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Asterisk } from '../../lab/asterisk.ts';
import type { Stage } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Dialog } from '../../lab/sip/dialog.ts';
import { until } from './until.ts';

export interface CallLine { readonly id: string; readonly linkedid: string; readonly state: string; readonly certain: boolean; readonly outcome: string | null }
export interface SpoolLine { readonly id: string; readonly call: string; readonly file: string; readonly state: string; readonly certain: boolean; readonly reason: string }

export const callsOf = async (stage: Stage): Promise<readonly CallLine[]> => JSON.parse(await stage.verb('calls', 'list', '--json')) as readonly CallLine[];
export const spoolOf = async (stage: Stage): Promise<readonly SpoolLine[]> => JSON.parse(await stage.verb('spool', 'list', '--json')) as readonly SpoolLine[];

/** Who talks with whom: the two ends of an answered inbound call. */
export async function answered(lab: Lab, extension: '219' | '220' | '221', client: string): Promise<{ readonly client: Dialog; readonly employee: Dialog }> {
  const caller = await lab.trunk.call('500', { as: client });
  const employee = await lab.phones[extension].incoming();
  await Promise.all([caller.answered(), employee.answered()]);
  return { client: caller, employee };
}

/** CallMe knows that the newest call is a talk by now. */
export async function knownTalk(stage: Stage): Promise<void> {
  await until(async () => {
    const [call] = await callsOf(stage);
    return call?.state === 'open' && (await stage.verb('calls', 'explain', call.id)).includes('talks with the client');
  });
}

/** The Asterisk of this lab as the host numbers it: its mounts are seen through /proc/PID/root. */
export async function pidOf(asterisk: Asterisk): Promise<string> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [program, ...words] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (program === '/usr/sbin/asterisk' && words.includes(join(asterisk.etc, 'asterisk.conf')) && words.includes('-f')) return pid;
  }
  throw new Error('this Asterisk does not run');
}

/** A folder of programs that goes before everything else on PATH until the test ends. */
export async function onPath(t: Test, programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'callme-path-'));
  const before = process.env['PATH'] ?? '';
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
  process.env['PATH'] = `${folder}:${before}`;
  t.teardown(async () => { process.env['PATH'] = before; await rm(folder, { recursive: true, force: true }); });
  return folder;
}

/** `asterisk` on PATH as it is on a PBX: `asterisk -rx COMMAND` reaches the console of this lab. */
export async function consoleOnPath(t: Test, asterisk: Asterisk): Promise<void> {
  const enter = `nsenter --target ${await pidOf(asterisk)} --mount --pid --root --wd=/`;
  await onPath(t, { asterisk: `#!/bin/sh\nexec ${enter} /usr/sbin/asterisk -C ${join(asterisk.etc, 'asterisk.conf')} "$@"\n` });
}
