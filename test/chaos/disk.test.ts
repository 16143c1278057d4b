/** A disk is full in the middle of a real call: nothing crashes, nothing is deleted, and once there is space everything is told once. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, stat, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { rootFolder } from '../../lab/build.ts';
import { ACTS, type Act } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { installKit, KNOWN, pbxOf, raiseStage } from '../../lab/demo/stage.ts';
import { secondsOf } from '../../lab/hearing.ts';
import { answered, callsOf, knownTalk, onPath, pidOf, spoolOf } from '../live/scene.ts';
import { labFor } from '../live/lab.ts';
import { until } from '../live/until.ts';

const [inbound] = ACTS as readonly [Act];
const act: Act = { ...inbound, expect: { ...inbound.expect, userId: 8, talkSeconds: 2, sound: { throughout: 'T', order: ['220'], strict: true } } };

const lab = await labFor(t, { kit: false });

const count = (text: string, words: string): number => text.split(words).length - 1;

if (lab) {
  const { asterisk } = lab;
  await installKit(asterisk);
  const pid = await pidOf(asterisk);
  // SQLite asks for the real path of its file, which only processes in Asterisk's mount namespace find: so CallMe's Node enters it.
  const entered = await onPath(t, { node24: `#!/bin/sh\nexec nsenter --target ${pid} --mount --wd=/ ${process.execPath} "$@"\n` });
  process.env['CALLME_NODE'] = join(entered, 'node24');
  t.teardown(() => { delete process.env['CALLME_NODE']; });

  /** A small disk in Asterisk's own mount namespace: it goes with Asterisk, whatever becomes of this test. */
  const smallDisk = (folder: string, size: string): string => {
    execFileSync('nsenter', ['--target', pid, '--mount', '--root', '--wd=/', 'mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
    return `/proc/${pid}/root${folder}`;
  };
  /** Everything that is free but for `spare` bytes. Returns the file to remove. */
  const fill = async (disk: string, spare = 0): Promise<string> => {
    const { bavail, bsize } = await statfs(disk);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - spare));
    return join(disk, 'ballast');
  };

  await t.test('the disk of the store', async (t) => {
    const [inside, folder] = [join(asterisk.place.folder, 'small'), join(asterisk.place.folder, 'callme-small')];
    await Promise.all([mkdir(inside), mkdir(folder)]);
    const disk = smallDisk(inside, '8m');
    await mkdir(join(disk, 'data'));
    await symlink(join(rootFolder('22'), inside, 'data'), join(folder, 'data'));
    const stage = await raiseStage({ ...pbxOf(asterisk), folder });
    t.teardown(() => stage.close());

    const { client } = await answered(lab, '220', KNOWN.phone.slice(1));
    await knownTalk(stage);
    const ballast = await fill(disk);
    const mark = lab.control.mark();
    const wav = join(asterisk.recordings, (await lab.control.act({ Action: 'Getvar', Channel: await lab.control.channel('PJSIP/trunk'), Variable: 'CallMePATH' }))['Value'] ?? '');
    await until(async () => (await stat(`${wav}.wav`)).size > 44);
    client.hangUp();
    await lab.closedRecording(mark);
    await lab.quiet();
    await until(async () => count(await stage.server().log(), 'the store refused a commit') > 2);
    t.equal(stage.portal.calls[0]?.finish ?? null, null, 'nothing is told that is not kept');
    await rm(ballast);

    t.same((await judge(stage, act, 0)).complaints, [], 'everything is told once');
    t.match((await callsOf(stage))[0], { state: 'ended', certain: true });
    t.same(refusals(stage), []);
  });

  await t.test('the disk that Asterisk records to: what was written is told', async (t) => {
    const disk = smallDisk(asterisk.recordings, '1m');
    const stage = await raiseStage({ ...pbxOf(asterisk), recordings: join(rootFolder('22'), asterisk.recordings), folder: join(asterisk.place.folder, 'callme-full') });
    t.teardown(() => stage.close());
    const ballast = await fill(disk, 100 * 1024);
    const mark = lab.control.mark();
    const { client } = await answered(lab, '220', KNOWN.phone.slice(1));
    await until(async () => (await asterisk.log()).includes('Bad write'));
    client.hangUp();
    const { file, bytes } = await lab.closedRecording(mark);
    await lab.quiet();
    await until(async () => (await spoolOf(stage))[0]?.reason.includes('is full') === true);
    t.equal((await stat(join(disk, file.slice(asterisk.recordings.length)))).size, bytes, 'the WAV is there as far as it was written');
    await rm(ballast);
    // A full disk is looked at again within a minute; a restart, after the operator's `spool retry`, looks at once.
    await stage.server().stop();
    await stage.verb('spool', 'retry', (await spoolOf(stage))[0]?.id ?? '');
    await stage.restart();

    const { call, sound } = await judge(stage, { ...act, expect: { ...act.expect, sound: { ...act.expect.sound, throughout: 'T', order: ['220'] } } }, 0);
    t.match(call, { registers: 1, finishes: 1, records: { length: 1 } });
    t.ok(secondsOf(sound?.runs ?? [], 'T') > 4, 'the client is heard as long as there was space');
    t.same(refusals(stage), []);
  });
}
