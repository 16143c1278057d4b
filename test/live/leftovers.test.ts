/** Sound files that nobody announced to CallMe: it looks for them, and tells them where it knows the call. */
import { utimes, writeFile, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { ACTS, type Act } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { installKit, KNOWN, pbxOf, raiseStage } from '../../lab/demo/stage.ts';
import { TONES } from '../../lab/configuration/people.ts';
import { sine, writeWav } from '../../lab/wav.ts';
import { labFor } from './lab.ts';
import { answered, callsOf, spoolOf } from './scene.ts';
import { until } from './until.ts';

const [inbound] = ACTS as readonly [Act];
/** CallMe came into the middle of it: by the default route, and nobody saw it ring. */
const act: Act = { ...inbound, expect: { ...inbound.expect, userId: 7, talkSeconds: 1, sound: { throughout: 'T', order: ['219'], strict: true } } };

/** A file that has just been closed may still be announced: the look leaves it alone for two minutes. */
const age = (file: string): Promise<void> => utimes(file, new Date(Date.now() - 600_000), new Date(Date.now() - 600_000));

const lab = await labFor(t, { kit: false });

if (lab) {
  const { asterisk } = lab;
  await installKit(asterisk);
  const folder = asterisk.recordings;

  // A power failure took Asterisk and CallMe together: nobody remembers this one, and its header is open.
  const orphan = join(folder, '2026/01/02/call-1767300000.7.wav');
  await mkdir(dirname(orphan), { recursive: true });
  const wav = writeWav({ rate: 8000, samples: sine(TONES.T, 6000, 5) });
  wav.writeUInt32LE(0, 4);
  wav.writeUInt32LE(0, 40);
  await writeFile(orphan, wav);
  await age(orphan);

  const mark = lab.control.mark();
  const { client } = await answered(lab, '219', KNOWN.phone.slice(1));
  const stage = await raiseStage(pbxOf(asterisk));
  t.teardown(() => stage.close());

  await t.test('the talk began before CallMe came, and ended while it was gone again', async (t) => {
    await until(async () => (await callsOf(stage)).some(({ state }) => state === 'open'));
    await until(() => stage.portal.calls.length === 1);
    t.same(await spoolOf(stage), [], 'its file is still written, and the open header of the other one proves nothing while somebody talks');
    await stage.server().kill9();
    client.hangUp();
    const { file } = await lab.closedRecording(mark);
    await lab.quiet();
    await age(file);
    await stage.restart();
    t.same((await judge(stage, act, 0)).complaints, [], 'one register, one finish, one record');
    t.same(refusals(stage), []);
  });

  await t.test('a file of nobody is repaired, encoded, kept, and told to nobody', async (t) => {
    await stage.server().stop();
    await stage.restart();
    await until(async () => (await spoolOf(stage)).some(({ file, state }) => orphan.endsWith(file) && state === 'uploaded'));
    await until(() => stat(orphan).then(() => false, () => true));
    t.ok((await stat(orphan.replace('.wav', '.mp3'))).size > 0);
    t.equal(stage.portal.calls.length, 1, 'the portal heard of the one call alone');
    t.same((await spoolOf(stage)).map(({ state }) => state).toSorted(), ['told', 'uploaded']);
  });
}
