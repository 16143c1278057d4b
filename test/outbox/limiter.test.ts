import { getEventListeners } from 'node:events';
import t, { type Test } from 'tap';
import { Limiter, type LimiterOptions, type Priority } from '../../outbox/limiter.ts';
import { FakeTime } from '../fakes/time.ts';

function paced(_t: Test, pace: Pick<LimiterOptions, 'perSecond' | 'burst' | 'queue' | 'parallel' | 'start'>) {
  const time = new FakeTime();
  const limiter = new Limiter({ ...pace, clock: time, timers: time });
  const went: string[] = [];
  const ask = (name: string, priority: Priority = 'durable', signal?: AbortSignal) =>
    limiter.take(priority, signal).then(() => void went.push(name), (failure: unknown) => void went.push(`${name}: ${failure instanceof Error ? failure.message : 'odd'}`));
  return { time, limiter, went, ask };
}

t.test('a burst at once, then the steady rate, first come first served', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 2, burst: 1 });
  for (const name of ['a', 'b', 'c', 'd']) void ask(name);
  await time.settle();
  t.same(went, ['a']);
  await time.advance(499);
  t.same(went, ['a']);
  await time.advance(1);
  t.same(went, ['a', 'b']);
  await time.advance(1_000);
  t.same(went, ['a', 'b', 'c', 'd']);
});

t.test('over a long time exactly the rate, whatever the burst', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 0.3, burst: 3 });
  for (let number = 0; number < 100; number += 1) void ask(String(number), 'perishable');
  await time.advance(100_000);
  t.equal(went.length, 33);
  await time.advance(200_000);
  t.equal(went.length, 93);
});

t.test('perishable overtakes durable', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 1, burst: 1 });
  for (const name of ['a', 'b', 'c']) void ask(name);
  void ask('ring', 'perishable');
  await time.advance(3_000);
  t.same(went, ['a', 'ring', 'b', 'c']);
});

t.test('a backlog never drains what is reserved for perishable', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 2, burst: 10 });
  for (let number = 0; number < 50; number += 1) void ask('d');
  await time.advance(5_000);
  t.equal(went.length, 8 + 10, 'eight of ten at once, the rate in full afterwards');
  void ask('ring 1', 'perishable');
  void ask('ring 2', 'perishable');
  await time.settle();
  t.same(went.slice(-2), ['ring 1', 'ring 2'], 'at once, no token had to be waited for');
});

t.test('who gives up leaves the queue and takes no token', async (t) => {
  const { time, went, ask, limiter } = paced(t, { perSecond: 1, burst: 1 });
  const controller = new AbortController();
  void ask('a');
  void ask('b', 'durable', controller.signal);
  void ask('c');
  await time.settle();
  t.equal(limiter.waiting, 2);
  controller.abort(new Error('too late'));
  await time.settle();
  t.equal(limiter.waiting, 1);
  await time.advance(1_000);
  t.same(went, ['a', 'b: too late', 'c']);
  void ask('d', 'durable', controller.signal);
  await time.settle();
  t.equal(went.at(-1), 'd: too late');
  t.equal(time.pending, 0);
});

t.test('an abort after the grant changes nothing', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 1, burst: 1 });
  const controller = new AbortController();
  void ask('a', 'durable', controller.signal);
  await time.settle();
  t.equal(getEventListeners(controller.signal, 'abort').length, 0, 'a long-lived signal gathers nothing');
  controller.abort(new Error('late'));
  await time.settle();
  t.same(went, ['a']);
});

t.test('the queue has an end, per priority', async (t) => {
  const { time, went, ask, limiter } = paced(t, { perSecond: 1, burst: 1, queue: 2 });
  for (const name of ['a', 'b', 'c', 'd']) void ask(name);
  void ask('ring', 'perishable');
  await time.settle();
  t.equal(limiter.waiting, 3);
  t.match(went, ['a', /^d: 2 requests wait/]);
  await t.rejects(limiter.take('durable'), { code: 'OUTBOX_LIMITER_FULL' });
});

t.test('a clock that is set back neither fills nor drains', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 1, burst: 1 });
  void ask('a');
  time.jump(-3_600_000);
  void ask('b');
  await time.advance(999);
  t.same(went, ['a']);
  await time.advance(1);
  t.same(went, ['a', 'b']);
});

t.test('a rate of nothing is a mistake', async (t) => {
  const { time } = paced(t, { perSecond: 1, burst: 1 });
  for (const pace of [{ perSecond: 0, burst: 1 }, { perSecond: 1, burst: 0 }, { perSecond: Number.NaN, burst: 1 }, { perSecond: 1, burst: 1, parallel: 0 }, { perSecond: 1, burst: 1, parallel: Number.NaN }]) {
    t.throws(() => new Limiter({ ...pace, clock: time, timers: time }), RangeError);
  }
});

t.test('never more under way than allowed, and a way for perishable ones is always left', async (t) => {
  const { time, limiter } = paced(t, { perSecond: 1_000, burst: 1_000, parallel: 4 });
  const releases: (() => void)[] = [];
  const went: string[] = [];
  const go = (name: string, priority: Priority): void => { void limiter.take(priority).then((release) => { went.push(name); releases.push(release); }); };
  for (const name of ['a', 'b', 'c', 'd', 'e']) go(name, 'durable');
  await time.settle();
  t.same([went, limiter.underWay], [['a', 'b', 'c'], 3], 'three of four ways are for what has days');
  go('ring', 'perishable');
  go('ring 2', 'perishable');
  await time.advance(60_000);
  t.same(went.slice(3), ['ring'], 'time alone opens no way');
  t.equal(time.pending, 0, 'and nobody waits for it');
  releases[0]?.();
  releases[0]?.();
  await time.settle();
  t.same(went.slice(4), ['ring 2'], 'whoever comes home makes room for one, and for one only');
  releases[1]?.();
  releases[3]?.();
  await time.settle();
  t.same(went.slice(5), ['d']);
});

t.test('a single way is for everybody, the perishable ones first', async (t) => {
  const { time, limiter } = paced(t, { perSecond: 1_000, burst: 1_000, parallel: 1 });
  const went: string[] = [];
  const release = await limiter.take('durable');
  for (const [name, priority] of [['a', 'durable'], ['ring', 'perishable']] as const) void limiter.take(priority).then((done) => { went.push(name); done(); });
  await time.settle();
  t.same(went, []);
  release();
  await time.settle();
  t.same(went, ['ring', 'a']);
});

t.test('whoever begins with the reserve alone spends no burst that a killed process has spent already', async (t) => {
  const { time, went, ask } = paced(t, { perSecond: 2, burst: 45, start: 'reserve' });
  for (let number = 0; number < 50; number += 1) void ask('d');
  await time.settle();
  t.equal(went.length, 1, 'the reserve is for perishable ones');
  await time.advance(10_000);
  t.equal(went.length, 21, 'the rate, and no burst');
  for (let number = 0; number < 9; number += 1) void ask('ring', 'perishable');
  await time.settle();
  t.equal(went.filter((name) => name === 'ring').length, 9);
});
