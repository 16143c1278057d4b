/** Asterisk, lame and the disk fail in the middle of real calls while CallMe runs: each call is told once, and no sound is lost. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ACTS, type Act } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { installKit, KNOWN, pbxOf, raiseStage, type Stage } from '../../lab/demo/stage.ts';
import { takeControl } from '../../lab/control.ts';
import { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/scenarios.ts';
import { answered, callsOf, knownTalk, onPath, pidOf, spoolOf } from '../live/scene.ts';
import { labFor } from '../live/lab.ts';
import { until } from '../live/until.ts';

const [inbound] = ACTS as readonly [Act];
const plain: Act = { ...inbound, story: 'inboundAnswered', expect: { ...inbound.expect, userId: 8, talkSeconds: 1, sound: { throughout: 'T', order: ['220'], strict: true } } };

/** The first encoder begins and hangs; every later one is the real lame. */
const HANGING_LAME = (folder: string, lame: string): string => `#!/bin/sh
case "$*" in *--version*) exec ${lame} "$@" ;; esac
if mkdir "${folder}/once" 2>/dev/null; then
  for last in "$@"; do :; done
  printf 'a beginning' > "$last"
  echo $$ > "${folder}/pid.new"; mv "${folder}/pid.new" "${folder}/pid"
  exec sleep 600
fi
exec ${lame} "$@"
`;

const raised = await labFor(t, { kit: false });

/** After a restart of Asterisk: the same parties, a new hand on the AMI. */
async function again({ asterisk, trunk, phones }: Lab): Promise<Lab> {
  const control = await takeControl(asterisk.control);
  t.teardown(() => { control.close(); });
  return new Lab(asterisk, control, trunk, phones);
}

async function newest(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.wav')).map((name) => join(folder, name));
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(name)).mtimeMs })));
  return dated.toSorted((one, other) => other.at - one.at)[0]?.name ?? '';
}

/** A talk that Asterisk has on the disk already: it writes 64 KiB at a time. */
async function talk(lab: Lab, stage: Stage): Promise<string> {
  await lab.reset();
  await answered(lab, '220', KNOWN.phone.slice(1));
  await knownTalk(stage);
  const wav = await newest(lab.asterisk.recordings);
  await until(async () => (await stat(wav)).size > 65_536);
  return wav;
}

if (raised) {
  let lab: Lab = raised;
  const { asterisk } = raised;
  await installKit(asterisk);

  await t.test('Asterisk ends in the middle of a talk', async (t) => {
    const stage = await raiseStage(pbxOf(asterisk));
    t.teardown(() => stage.close());

    await t.test('kill -9', async (t) => {
      const before = stage.portal.calls.length;
      const wav = await talk(lab, stage);
      await asterisk.kill9();
      t.equal((await readFile(wav)).readUInt32LE(40), 0, 'the header claims no sound');
      await asterisk.startAgain();
      lab = await again(lab);
      t.same((await judge(stage, plain, before)).complaints, [], 'one register, one finish, one record with both voices');
      t.match((await callsOf(stage))[0], { state: 'ended', certain: false, outcome: 'answered' });
      t.match((await spoolOf(stage))[0], { state: /^(uploaded|told)$/, certain: false });
      await until(async () => (await spoolOf(stage))[0]?.state === 'told');
      t.match(await stage.server().log(), /the header of the WAV was wrong/);
    });

    await t.test('core stop now', async (t) => {
      const before = stage.portal.calls.length;
      await talk(lab, stage);
      await asterisk.stop({ release: false });
      t.same((await judge(stage, plain, before)).complaints, [], 'one register, one finish, one record with both voices');
      t.match((await callsOf(stage))[0], { state: 'ended', certain: true, outcome: 'answered' });
      t.match((await spoolOf(stage))[0], { certain: true });
      await asterisk.startAgain();
      lab = await again(lab);
    });
    t.equal(stage.portal.calls.length, 2);
    t.same(refusals(stage), [], 'the portal refused nothing');
  });

  await t.test('lame is killed while it encodes', async (t) => {
    const lame = execFileSync('sh', ['-c', 'command -v lame'], { encoding: 'utf8' }).trim();
    const folder = t.testdir({});
    await onPath(t, { lame: HANGING_LAME(folder, lame) });
    const stage = await raiseStage({ ...pbxOf(asterisk), folder: join(asterisk.place.folder, 'callme-lame') });
    t.teardown(() => stage.close());
    await play(lab, plain.story, { ...plain.cast, talkSeconds: 2 });
    await until(() => stat(join(folder, 'pid')).then(() => true, () => false));
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
    t.same((await judge(stage, plain, 0)).complaints, [], 'the record is there once');
    t.match(await stage.server().log(), /lame was killed by SIGKILL/);
    t.same(refusals(stage), []);
  });

  await t.test('the disk of the recordings is full', async (t) => {
    const pid = await pidOf(asterisk);
    const seen = `/proc/${pid}/root${asterisk.recordings}`;
    // In Asterisk's own mount namespace: it goes with Asterisk, whatever becomes of this test.
    execFileSync('nsenter', ['--target', pid, '--mount', '--root', '--wd=/', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', asterisk.recordings]);
    const ballast = join(seen, 'ballast');
    await writeFile(ballast, Buffer.alloc(700 * 1024));
    const stage = await raiseStage({ ...pbxOf(asterisk), recordings: seen, folder: join(asterisk.place.folder, 'callme-full') });
    t.teardown(() => stage.close());
    const mark = lab.control.mark();
    await play(lab, plain.story, { ...plain.cast, talkSeconds: 5 });
    const { file } = await lab.closedRecording(mark);
    const wav = join(seen, file.slice(asterisk.recordings.length));
    await until(async () => (await spoolOf(stage))[0]?.reason.includes('is full') === true);
    t.match((await spoolOf(stage))[0], { state: 'spooled' }, 'it waits, and says why');
    t.ok((await stat(wav)).size > 44, 'the WAV is there');
    t.equal(stage.portal.calls[0]?.records.length, 0);

    await rm(ballast);
    // A full disk is looked at about every minute; a restart looks at once.
    await stage.verb('spool', 'retry', (await spoolOf(stage))[0]?.id ?? '').catch(() => '');
    await stage.server().stop();
    await stage.restart();
    t.same((await judge(stage, plain, 0)).complaints, [], 'everything is told once');
    t.same(refusals(stage), []);
  });
}
