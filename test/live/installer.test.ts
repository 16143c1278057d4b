/** The kit by `callme dialplan` on a running Asterisk, and the same PBX while CallMe is not there yet. */
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../../lab/command.ts';
import { LAUNCHER } from '../../lab/demo/server.ts';
import { pbxOf, raiseStage, UNKNOWN_NUMBER } from '../../lab/demo/stage.ts';
import { complaints } from '../../lab/hearing.ts';
import { play } from '../../lab/scenarios.ts';
import { analyse, decodeMp3, readRecording } from '../../lab/tones.ts';
import { labFor } from './lab.ts';
import { consoleOnPath, spoolOf } from './scene.ts';
import { until } from './until.ts';

const CONTEXTS = ['callme-id', 'callme-in', 'callme-out', 'callme-rec', 'callme-end', 'callme-route'];

const lab = await labFor(t, { kit: false });

if (lab) {
  const { asterisk } = lab;
  await consoleOnPath(t, asterisk);

  const dialplan = async (verb: string, ...more: readonly string[]): Promise<{ readonly code: number; readonly said: { readonly changed?: boolean; readonly reload?: { readonly ok: boolean } | null } }> => {
    const done = await run(LAUNCHER, ['dialplan', verb, '--json', '--etc', asterisk.etc, ...more], { timeoutMs: 60_000 });
    return { code: done.code, said: JSON.parse(done.stdout) as { readonly changed?: boolean } };
  };
  const wishes = ['--recordings', asterisk.recordings, '--agi', `127.0.0.1:${asterisk.agi.port}`, '--no-freepbx'];
  const files = async (): Promise<Readonly<Record<string, string>>> => {
    const names = (await readdir(asterisk.etc, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name).toSorted();
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await readFile(join(asterisk.etc, name))).toString('latin1')] as const)));
  };
  const known = async (): Promise<readonly string[]> => {
    const shown = await Promise.all(CONTEXTS.map(async (context) => [context, await asterisk.cli(`dialplan show ${context}`)] as const));
    return shown.filter(([, text]) => !text.includes('There is no existence of')).map(([context]) => context);
  };

  await t.test('install, look again, install again, uninstall', async (t) => {
    const before = await files();
    t.same(await known(), [], 'a PBX without CallMe');
    t.equal((await dialplan('diff', ...wishes)).code, 1, 'there is something to install');

    const installed = await dialplan('install', '--reload', ...wishes);
    t.match(installed, { code: 0, said: { changed: true, reload: { ok: true, debianBug: true } } });
    t.same(await known(), CONTEXTS, 'Asterisk knows the kit');
    t.match(await asterisk.cli('dialplan show callme-rec'), /MixMonitor/);
    t.match(await dialplan('diff', ...wishes), { code: 0, said: { changed: false } }, 'nothing is left to install');

    const once = await files();
    t.match(await dialplan('install', '--reload', ...wishes), { code: 0, said: { changed: false } });
    t.same(await files(), once, 'a second install changes nothing');

    t.match(await dialplan('uninstall', '--reload'), { code: 0, said: { reload: { ok: true } } });
    t.same(await known(), [], 'Asterisk has forgotten the kit');
    t.same(Object.keys(before).filter((name) => before[name] !== once[name]), ['extensions_custom.conf'], 'one line in one file of the user');
    const after = await files();
    t.same(Object.fromEntries(Object.entries(after).filter(([name]) => name in before)), before, 'every file is what it was, byte for byte');
    t.same(Object.keys(after).filter((name) => !(name in before)), [], 'and no other file stays');
  });

  await t.test('calls go on, and are recorded, while CallMe is not there; it finds them when it comes', async (t) => {
    await dialplan('install', '--reload', ...wishes);
    const mark = lab.control.mark();
    await play(lab, 'inboundAnswered', { client: UNKNOWN_NUMBER, first: '219', talkSeconds: 2 });
    const { file, linkedid } = await lab.closedRecording(mark);
    const heard = { throughout: 'T', order: ['219'], strict: true } as const;
    t.same(complaints(analyse(await readRecording(file)), heard), [], 'the default route, and everybody is in the file');

    // A file that has just been closed may still be announced: the look for leftovers leaves it alone for two minutes.
    const long = new Date(Date.now() - 600_000);
    await utimes(file, long, long);
    const stage = await raiseStage(pbxOf(asterisk));
    t.teardown(() => stage.close());
    await until(async () => (await spoolOf(stage)).some(({ state }) => state === 'uploaded'));
    const [row, ...others] = await spoolOf(stage);
    t.same(others, []);
    t.match(row, { call: `main/${linkedid}`, certain: false });
    t.same(complaints(analyse(await decodeMp3(file.replace(/\.wav$/, '.mp3'))), heard), [], 'the MP3 is whole');
    await until(() => stat(file).then(() => false, () => true));
    t.same(stage.portal.calls, [], 'nobody is told of a call that nobody heard of');
  });
}
