/** The main job once more on Asterisk 16 (Debian bullseye): a blind transfer inbound, an attended one outbound. */
import t from 'tap';
import { ACTS } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { play } from '../../lab/scenarios.ts';
import { stageFor } from './stage.ts';

t.test('the main job on a real Asterisk 16', async (t) => {
  const scene = await stageFor(t, { version: '16' });
  if (scene === null) return;
  const { lab, stage } = scene;
  for (const act of ACTS.filter(({ expect }) => expect.sound !== null)) {
    await t.test(act.title, async (t) => {
      const before = stage.portal.calls.length;
      await play(lab, act.story, act.cast);
      t.same((await judge(stage, act, before)).complaints, [], 'no complaints');
    });
  }
  t.equal(stage.portal.calls.length, 2);
  t.same(refusals(stage), [], 'the portal refused nothing');
});
