/** `kill -9` of CallMe in the middle of real calls: after the restart the portal has exactly one register, one finish and one record of each. */
import t, { type Test } from 'tap';
import { ACTS, type Act } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { play } from '../../lab/scenarios.ts';
import { until } from '../live/until.ts';
import { stageFor } from '../live/stage.ts';

const [inbound, , outbound] = ACTS as readonly [Act, Act, Act];

/** Where nobody listened when the talk ended, its last seconds are unknown, and the call says so (`certain: false`). */
const unsure = (act: Act): Act => ({ ...act, expect: { ...act.expect, talkSeconds: 1 } });

/** Time enough for a kill and a restart within one talk. */
const LONG = 6;
const slowly = (act: Act): Act => ({ ...act, cast: { ...act.cast, talkSeconds: LONG }, expect: { ...act.expect, talkSeconds: 2 * LONG } });
/** Nobody is handed over while nobody listens: a transfer that falls into the gap is for the audit by CDR and CEL. */
const plain: Act = { ...inbound, story: 'inboundAnswered', expect: { ...inbound.expect, userId: 8, sound: { throughout: 'T', order: ['220'], strict: true } } };

t.test('callme serve is killed with kill -9', async (t) => {
  const scene = await stageFor(t);
  if (scene === null) return;
  const { lab, stage } = scene;

  const survives = async (t: Test, act: Act, kill: (mark: number) => Promise<void>): Promise<void> => {
    const before = stage.portal.calls.length;
    await lab.reset();
    const mark = lab.control.mark();
    const story = play(lab, act.story, act.cast);
    await kill(mark);
    await story;
    const verdict = await judge(stage, act, before);
    t.same(verdict.complaints, [], 'no complaints');
  };
  /** The talk is on and CallMe knows it: the portal was told to show the card of the one who talks, or to hide it from the others. */
  const talking = async (mark: number): Promise<void> => {
    await lab.control.event({ Event: 'BridgeEnter', BridgeNumChannels: '2' }, mark, 30);
    await until(async () => (await stage.verb('calls', 'list', '--json')).includes('"open"'));
    await until(async () => { const [call] = JSON.parse(await stage.verb('calls', 'list', '--limit', '1', '--json')) as readonly { readonly id: string }[]; return (await stage.verb('calls', 'explain', call?.id ?? '')).includes('talks with the client'); });
  };

  await t.test('in the middle of an inbound talk, started again before its transfer', (t) => survives(t, slowly(inbound), async (mark) => {
    await talking(mark);
    await stage.server().kill9();
    await stage.restart();
  }));

  await t.test('in the middle of an outbound talk, started again after the transfer', (t) => survives(t, slowly(outbound), async (mark) => {
    await talking(mark);
    await stage.server().kill9();
    await lab.control.event({ Event: 'AttendedTransfer' }, mark, 30);
    await stage.restart();
  }));

  await t.test('while the phone rings, before the portal may have heard of the call', (t) => survives(t, unsure(inbound), async (mark) => {
    await lab.control.event({ Event: 'DialBegin' }, mark, 30);
    await stage.server().kill9();
    await stage.restart();
  }));

  await t.test('right when the talk ends, again and again', (t) => survives(t, unsure(inbound), async (mark) => {
    await lab.control.event({ Event: 'UserEvent', UserEvent: 'CallMeRecEnd' }, mark, 60);
    for (let time = 0; time < 3; time += 1) {
      await stage.server().kill9();
      await stage.restart();
    }
  }));

  await t.test('in the middle of a talk, started again when everybody has gone', (t) => survives(t, unsure(plain), async (mark) => {
    await talking(mark);
    await stage.server().kill9();
    await lab.control.event({ Event: 'UserEvent', UserEvent: 'CallMeRecEnd' }, mark, 60);
    await lab.quiet();
    await stage.restart();
  }));

  // A finish that arrived just before the kill is asked once more: the portal no longer has that call live, and its statistics settle the matter.
  t.same(refusals(stage).filter((line) => !line.endsWith('telephony.externalcall.finish: 400')), [], 'the portal refused nothing else');
});
