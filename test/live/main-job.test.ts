import t from 'tap';
import { ACTS } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { play } from '../../lab/scenarios.ts';
import { stageFor } from './stage.ts';

t.test('the main job on a real Asterisk 22: each call is told once, each record is whole, nothing is refused', async (t) => {
  const scene = await stageFor(t);
  if (scene === null) return;
  const { lab, stage } = scene;
  for (const act of ACTS) {
    await t.test(act.title, async (t) => {
      const before = stage.portal.calls.length;
      await play(lab, act.story, act.cast);
      const verdict = await judge(stage, act, before);
      t.same(verdict.complaints, [], 'no complaints');
      const id = verdict.call?.externalCallId ?? '';
      if (act.expect.routeReason !== null) t.match(await stage.verb('calls', 'explain', id), new RegExp(act.expect.routeReason), 'the story names the route');
    });
  }
  t.same(refusals(stage), [], 'the portal refused nothing');
  const spool = JSON.parse(await stage.verb('spool', 'list', '--json')) as readonly { readonly state: string }[];
  t.same(spool.map(({ state }) => state).toSorted(), ['empty', 'told', 'told'], 'two records are told, the unanswered call has an empty one');
});
