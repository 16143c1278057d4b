/** One Pbx heard, by a whole CallMe: what the operator is told when it cannot be, and what a gap does to the story. */
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Fact } from '../../core/facts.ts';
import type { Journal } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { PBX } from '../fakes/sample-calls.ts';
import { call } from '../fakes/agi.ts';
import type { FakeAmiOptions } from '../fakes/ami.ts';
import { goldenIds, moment, type Moment, Story } from '../fakes/story.ts';
import { build, factsOf, type House, keyOf, open, place, type Place } from './house.ts';

const INBOUND = 'b1_inbound_blind_refer';
const LINKEDID = '1795168702.6';
const CALL = keyOf(LINKEDID);
const TALKING = `${CALL}#talking/1795168702.7/0`;
const talking = (): Moment => moment('BridgeEnter', { BridgeNumChannels: '2' });

const down = (house: House): string => house.callMe.readiness().checks['pbx main'] ?? '';

t.test('a wrong password is named in the log with its remedy, and in the readiness, without the password', async (t) => {
  const { callMe, log } = await build(t, await place(t, { secret: 'hunter-222222' }));
  await callMe.start();
  const line = await log.says(/denied the login of callme/);
  t.match(JSON.parse(line), { level: 'error', code: 'AMI_DENIED', pbx: 'main', remedy: /manager\.conf/, retryMs: 60_000 });
  await log.says(/link: .*denied/);
  t.match(callMe.readiness(), { ready: false, checks: { 'pbx main': /^down: .*denied the login of callme/, 'agi': 'up', 'store': 'up' } });
  t.notMatch(log.text, 'hunter-222222');
  t.notMatch(JSON.stringify(callMe.readiness()), 'hunter-222222');
});

t.test('nobody listens there', async (t) => {
  const where = await place(t);
  await where.pbx.close();
  const house = await build(t, where);
  await house.callMe.start();
  t.match(JSON.parse(await house.log.says(/refused the connection/)), { level: 'error', code: 'AMI_REFUSED', remedy: /\S/ });
  await house.log.until(() => down(house) !== 'down: not started');
  t.match(down(house), /^down: .*refused the connection/);
});

const classes: readonly (readonly [string, FakeAmiOptions, RegExp])[] = [
  ['read=user', { read: ['system', 'call', 'agent', 'dialplan'], write: ['system', 'call', 'originate', 'reporting', 'command'] }, /AMI right missing \(read=user\): .*recording/],
  ['read=call', { read: ['system', 'user', 'agent', 'dialplan'] }, /AMI right missing \(read=call\): .*no call will be heard/],
  ['write=system', { write: ['call', 'originate', 'user', 'command'] }, /AMI right missing \(write=system\): Filter was refused/],
];
for (const [name, ami, said] of classes) {
  t.test(`a missing class is named with its remedy: ${name}`, async (t) => {
    const { callMe, log } = await build(t, await place(t, { ami }));
    await callMe.start();
    t.match(JSON.parse(await log.says(said)), { level: 'warn', pbx: 'main', remedy: /manager\.conf \[callme\]: (read|write) = / });
    const [right = '', cls = ''] = name.split('=');
    t.match(callMe.ears[0]?.missing.filter((each) => each.right === right && each.class === cls), [{ kind: 'ami-permission-missing' }]);
  });
}

/** A call played up to a moment, a lost link, and what CallMe knows once it is back. */
async function interrupted(t: Test, until: Moment): Promise<{ readonly where: Place; readonly house: House; readonly story: Story }> {
  const where = await place(t);
  const story = new Story(where.pbx, INBOUND, where.recordings);
  const house = await open(t, where);
  await story.play(until);
  return { where, house, story };
}

async function heard(house: House, id: string): Promise<readonly Fact[]> {
  await house.log.until(() => factsOf(house, CALL).some((fact) => fact.id === id));
  return told(house);
}

async function lose({ where, house }: { readonly where: Place; readonly house: House }): Promise<void> {
  where.pbx.reset();
  await house.log.until(() => !house.callMe.readiness().ready);
}

const back = (house: House): Promise<void> => house.log.until(() => house.callMe.readiness().ready);
/** The spool goes its own way. */
const told = (house: House): readonly Fact[] => factsOf(house, CALL).filter((fact) => fact.kind !== 'recording-ready');
const ends = (facts: readonly Fact[]): readonly Fact[] => facts.filter((fact) => fact.kind === 'call-ended');

t.test('a call that ended while the link was lost is told once, and says that it was concluded', async (t) => {
  const scene = await interrupted(t, talking());
  const before = (await heard(scene.house, TALKING)).length;
  await lose(scene);
  await scene.story.play();
  await back(scene.house);
  const facts = await heard(scene.house, `${CALL}#recording/2026/11/20/call-${LINKEDID}.wav`);
  t.match(ends(facts), [{ certain: false, owner: '219', outcome: 'answered' }]);
  t.match(facts.slice(before), [{ kind: 'call-ended' }, { kind: 'recording-closed', certain: false }]);
  await t.test('a second gap tells nothing more', async (t) => {
    await lose(scene);
    await back(scene.house);
    await scene.house.callMe.stop(1_000);
    const again = await build(t, scene.where);
    t.same(told(again), facts);
  });
});

t.test('a link lost and back with the same channels: nothing is told twice, and nothing is doubted', async (t) => {
  const scene = await interrupted(t, talking());
  const before = await heard(scene.house, TALKING);
  for (let time = 1; time <= 2; time += 1) {
    await lose(scene);
    await back(scene.house);
  }
  t.same(told(scene.house), before);
  await scene.story.play();
  const facts = await heard(scene.house, `${CALL}#recording/2026/11/20/call-${LINKEDID}.wav`);
  t.same(facts.map((fact) => fact.id), goldenIds(INBOUND));
  t.match(ends(facts), [{ certain: true, owner: '220' }]);
});

t.test('a call that began in the gap is told from the resync on, doubted', async (t) => {
  const where = await place(t);
  const story = new Story(where.pbx, INBOUND, where.recordings);
  await story.play(talking());
  const house = await open(t, where);
  await story.play();
  const facts = await heard(house, `${CALL}#recording/2026/11/20/call-${LINKEDID}.wav`);
  t.match(ends(facts), [{ certain: false, owner: '220', outcome: 'answered' }]);
  t.same(facts.map((fact) => fact.kind), ['call-started', 'call-offered', 'employee-talking', 'employee-ringing', 'employee-talking', 'call-handed-over', 'call-ended', 'recording-closed']);
});

/** Asterisk asks for a route on this call. */
async function route(t: Test, house: House): Promise<void> {
  const asked = await call(house.callMe.agi.address?.port ?? 0, {
    request: { agi_callerid: '79161234567', agi_uniqueid: LINKEDID }, answer: (line) => (line.includes('linkedid') && line.startsWith('GET') ? `200 result=1 (${LINKEDID})` : undefined),
  });
  await asked.ended;
  t.equal(asked.variables.get('ROUTE_TARGET'), '220');
}
const notes = (house: House): readonly string[] => house.callMe.store.journal.notes(CALL).map((note) => note.text);
const ROUTED = ['routed 220 live owner-of-contact', 'blind-transferred 219 220'];

t.test('what FastAGI decided is a part of the story, whichever of the two is heard first', async (t) => {
  for (const [name, until] of [['before Newchannel', null], ['after Newchannel', moment('UserEvent', { UserEvent: 'CallMeRecStart' })]] as const) {
    const where = await place(t);
    const story = new Story(where.pbx, INBOUND, where.recordings);
    const house = await open(t, where);
    if (until !== null) await story.play(until);
    if (until !== null) await heard(house, `${CALL}#started`);
    await route(t, house);
    await story.play();
    const facts = await heard(house, `${CALL}#recording/2026/11/20/call-${LINKEDID}.wav`);
    t.same(facts.map((fact) => fact.id), goldenIds(INBOUND), name);
    t.same(notes(house), ROUTED, name);
  }
});

t.test('a store that refuses for too long: the link is closed, and the PBX asked anew', async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  const { journal } = house.callMe.store as { journal: Pick<Journal, 'commit'> };
  const { commit } = journal;
  journal.commit = () => { throw new Error('no space left'); };
  const story = new Story(where.pbx, INBOUND, where.recordings);
  await story.play(talking());
  await house.log.says(/the store refused a commit/);
  house.callMe.ears[0]?.pump.push(Array.from({ length: 199_000 }, () => ({ kind: 'link-alive', pbx: PBX, at: instant(Date.now()) })));
  for (let n = 0; house.callMe.readiness().checks['pbx main'] === 'up' && n < 2_000; n += 1) await where.pbx.event([['Event', 'Hold'], ['Uniqueid', 'x.1'], ['Linkedid', 'x.1']]);
  t.match(JSON.parse(await house.log.says(/the store does not take what the PBX says/)), { level: 'error' });
  journal.commit = commit;
  await back(house);
  await story.play();
  t.match(ends(await heard(house, `${CALL}#ended`)), [{ owner: '220', certain: false }]);
});

/** Until then the call surely lived. */
const later = async (facts: readonly Fact[]): Promise<number> => {
  const last = Math.max(...facts.map((fact) => fact.at));
  while (Date.now() <= last + 5) await turn();
  return Date.now();
};

t.test('a call that ended behind our back lived at least until we looked away', async (t) => {
  await t.test('because the link was lost', async (t) => {
    const scene = await interrupted(t, talking());
    const lostAt = await later(await heard(scene.house, TALKING));
    await lose(scene);
    await scene.story.play();
    await back(scene.house);
    const [end] = ends(await heard(scene.house, `${CALL}#ended`));
    t.ok((end?.at ?? 0) >= lostAt);
  });
  await t.test('because CallMe was stopped in order', async (t) => {
    const { where, house, story } = await interrupted(t, talking());
    const stoppedAt = await later(await heard(house, TALKING));
    await house.callMe.stop(1_000);
    await story.play();
    const [end] = ends(await heard(await open(t, where), `${CALL}#ended`));
    t.ok((end?.at ?? 0) >= stoppedAt);
  });
});
