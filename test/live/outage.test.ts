/** Real calls while something is away: the CRM, the AMI link, CallMe's own process. */
import t from 'tap';
import { ACTS, type Act } from '../../lab/demo/acts.ts';
import { judge, refusals } from '../../lab/demo/judge.ts';
import { installKit, KNOWN, pbxOf, raiseStage } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/scenarios.ts';
import { never } from '../../lab/sip/policy.ts';
import { AmiProxy } from './ami-proxy.ts';
import { labFor } from './lab.ts';
import { callsOf, knownTalk } from './scene.ts';
import { until } from './until.ts';

const CLIENT = KNOWN.phone.slice(1);
const [inbound] = ACTS as readonly [Act];
/** Long enough to act within one talk. */
const LONG = 6;
const slowly: Act = { ...inbound, cast: { ...inbound.cast, talkSeconds: LONG } };
/** Nobody could say whose client he is: 219 is the default. */
const byDefault: Act = { ...slowly, cast: { ...slowly.cast, first: '219' }, expect: { ...slowly.expect, sound: { throughout: 'T', order: ['219', '221'], strict: true } } };

/** Channels whose dialplan waits for CallMe. */
const waiting = async (lab: Lab): Promise<boolean> => (await lab.asterisk.cli('core show channels concise')).split('\n').some((line) => line.split('!')[5] === 'AGI');

const lab = await labFor(t, { kit: false });

if (lab) {
  await installKit(lab.asterisk);
  const proxy = await AmiProxy.start(lab.asterisk.ami.port);
  t.teardown(() => proxy.close());
  const pbx = pbxOf(lab.asterisk);
  const stage = await raiseStage({ ...pbx, ami: { ...pbx.ami, port: proxy.port } });
  t.teardown(() => stage.close());
  const { portal } = stage;

  await t.test('the CRM is down during a whole call with a transfer', async (t) => {
    const before = portal.calls.length;
    const mark = lab.control.mark();
    portal.misbehave({ lie: { kind: 'answer', status: 503, body: '<h1>Service Unavailable</h1>', type: 'text/html' }, times: Infinity });
    const story = play(lab, byDefault.story, byDefault.cast);
    await lab.control.event({ Event: 'BlindTransfer' }, mark, 60);
    portal.behave();
    portal.misbehave({ lie: { kind: 'reset-before' }, times: Infinity });
    await story;
    const [call] = await callsOf(stage);
    t.match(await stage.verb('calls', 'explain', call?.id ?? ''), /routed to the default route: \S+ \(fallback\)/, 'at once by the default route');
    await until(async () => (await stage.verb('spool', 'list', '--json')).includes('"uploaded"'));
    t.same(portal.calls.slice(before), [], 'nothing could be told yet');
    t.ok(refusals(stage).some((line) => line.endsWith('no answer')), 'the CRM was asked, and did not answer');

    portal.behave();
    // The operator saw that the CRM is back; without him the same happens within a minute or two.
    const deferred = JSON.parse(await stage.verb('outbox', 'list', '--state', 'deferred', '--json')) as readonly { readonly id: string }[];
    for (const { id } of deferred) await stage.verb('outbox', 'retry', id);
    t.same((await judge(stage, byDefault, before)).complaints, [], 'one register, one finish, one record');
    portal.forgetLedger();
  });

  await t.test('the AMI link is cut in the middle of a talk, and the transfer falls into the gap', async (t) => {
    const before = portal.calls.length;
    const mark = lab.control.mark();
    const story = play(lab, slowly.story, slowly.cast);
    await lab.control.event({ Event: 'BridgeEnter', BridgeNumChannels: '2' }, mark, 30);
    await knownTalk(stage);
    const links = proxy.passed;
    proxy.cut();
    await lab.control.event({ Event: 'BlindTransfer' }, mark, 30);
    await lab.control.event({ Event: 'BridgeEnter', BridgeNumChannels: '2' }, lab.control.mark(), 30);
    proxy.mend();
    await until(() => proxy.passed > links);
    await story;
    // What happened in the gap is concluded from who lives: 221 talks at the end, so he is the owner.
    const verdict = await judge(stage, { ...slowly, expect: { ...slowly.expect, talkSeconds: LONG } }, before);
    t.same(verdict.complaints, [], 'no complaints');
    t.match((await callsOf(stage))[0], { certain: false, state: 'ended' });
    t.same(refusals(stage), []);
  });

  await t.test('the AMI link is cut, and the talk ends in the gap', async (t) => {
    const before = portal.calls.length;
    const mark = lab.control.mark();
    const act: Act = { ...inbound, story: 'inboundAnswered', cast: { ...inbound.cast, talkSeconds: LONG }, expect: { ...inbound.expect, userId: 8, talkSeconds: 1, sound: { throughout: 'T', order: ['220'], strict: true } } };
    const story = play(lab, act.story, act.cast);
    await lab.control.event({ Event: 'BridgeEnter', BridgeNumChannels: '2' }, mark, 30);
    await knownTalk(stage);
    proxy.cut();
    await story;
    proxy.mend();
    t.same((await judge(stage, act, before)).complaints, [], 'no complaints');
    t.match((await callsOf(stage))[0], { certain: false, state: 'ended' });
  });

  await t.test('CallMe hangs (SIGSTOP): the kernel accepts for it and nobody answers', async (t) => {
    await lab.reset();
    for (const phone of Object.values(lab.phones)) phone.policy = never;
    process.kill(stage.server().pid, 'SIGSTOP');

    const impatient = await lab.trunk.call('500', { as: CLIENT });
    await until(() => waiting(lab));
    t.same(await lab.control.channels('PJSIP/2'), [], 'no phone rings: Asterisk has no deadline for an AGI that was accepted');
    impatient.cancel();
    await impatient.ended();
    await lab.quiet();
    t.pass('but who hangs up is gone at once');

    const lucky = await lab.trunk.call('500', { as: CLIENT });
    await until(() => waiting(lab));
    process.kill(stage.server().pid, 'SIGCONT');
    await lab.phones['220'].incoming();
    t.pass('and when CallMe goes on, it answers who still waits');
    lucky.cancel();
    await lucky.ended();
    await lab.quiet();

    process.kill(stage.server().pid, 'SIGSTOP');
    const patient = await lab.trunk.call('500', { as: CLIENT });
    await until(() => waiting(lab));
    await stage.server().kill9();
    await lab.phones['219'].incoming();
    t.pass('as soon as whoever watches CallMe kills it, the caller goes by the default route');
    patient.cancel();
    await patient.ended();
    await lab.quiet();
    await stage.restart();
  });
}
