import t from 'tap';
import type { Verdict } from '../../core/verdict.ts';
import { instant, type NodeId } from '../../core/words.ts';
import { createDispatcher } from '../../outbox/dispatcher.ts';
import { AMO, B24, commit, delivery, ringing } from '../fakes/sample-calls.ts';
import { DELIVERED, LOCKED_OUT, REFUSED, SKIPPED, tryLater, type Answer } from '../fakes/unreliable.ts';
import { DELIVER_MS, failing, GRACE_MS, postRoom } from './post-room.ts';

const MINUTE = 60_000;
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => String(number));

t.test('each delivery is told once, in order per lane, lanes side by side', async (t) => {
  const { tell, outbox, time, crm, store, settled } = postRoom(t, () => DELIVERED);
  tell('17', ['a', 'b', 'c']);
  tell('18', ['d', 'e']);
  await outbox.start();
  await time.settle();
  t.same(crm.tried.filter((name) => name.startsWith('17')), ['17#a', '17#b', '17#c']);
  t.same(crm.tried.filter((name) => name.startsWith('18')), ['18#d', '18#e']);
  t.same(crm.tried.slice(0, 2), ['17#a', '18#d'], 'side by side');
  t.same(store.deliveries.count(), { done: 5 });
  t.equal(settled.length, 5);
});

t.test('what is committed later goes out at once when it is woken', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, () => DELIVERED);
  await outbox.start();
  await time.settle();
  tell('17', ['a']);
  await time.settle();
  t.same(crm.delivered, ['17#a']);
});

t.test('what another process committed is found without a wake', async (t) => {
  const { store, outbox, time, crm } = postRoom(t, () => DELIVERED, { pollMs: 5_000 });
  await outbox.start();
  await time.settle();
  const ring = ringing('17', 'ringing', time.now());
  store.journal.commit(commit({ at: time.now(), facts: [ring], deliveries: [delivery(ring, B24, time.now() + 15_000)] }));
  await time.advance(4_999);
  t.same(crm.tried, []);
  await time.advance(1);
  t.same(crm.delivered, ['17#ringing']);
});

t.test('each verdict has its state', async (t) => {
  const answers: Readonly<Record<string, Answer>> = { delivered: DELIVERED, skipped: SKIPPED, refused: REFUSED, later: tryLater(), thrown: new Error('broken'), locked: LOCKED_OUT };
  const { tell, outbox, time, store } = postRoom(t, ({ fact }) => answers[fact.id.split('#')[1] ?? ''] ?? DELIVERED, { accounts: [{ id: B24, inFlight: 9 }] });
  for (const name of Object.keys(answers)) tell(name, [name]);
  await outbox.start();
  await time.settle();
  const states = store.deliveries.list({ limit: 9 }).map(({ call, state, reason }) => [call.slice(5), state, reason]);
  t.same(new Set(states), new Set([['delivered', 'done', 'told'], ['skipped', 'skipped', 'hidden number'], ['refused', 'dead', '400'],
    ['later', 'deferred', '503'], ['thrown', 'deferred', 'broken'], ['locked', 'held', '401']]));
});

t.test('a failure is tried again by the schedule, and holds back its own lane alone', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, ({ fact, attempts }) => fact.id.endsWith('#a') && attempts < 3 ? tryLater() : DELIVERED);
  tell('17', ['a', 'b']);
  tell('18', ['c']);
  await outbox.start();
  await time.advance(999);
  t.same(crm.tried, ['17#a', '18#c']);
  await time.advance(1);
  t.same(crm.tried, ['17#a', '18#c', '17#a']);
  await time.advance(1_000);
  t.same(crm.delivered, ['18#c', '17#a', '17#b']);
});

t.test('a Retry-After is waited for', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, ({ attempts }) => attempts === 1 ? tryLater(90_000) : DELIVERED);
  tell('17', ['a']);
  await outbox.start();
  await time.advance(90_999);
  t.equal(crm.tried.length, 1);
  await time.advance(1);
  t.same(crm.delivered, ['17#a']);
});

t.test('a durable one is kept for five days, then it is a dead letter that says why', async (t) => {
  const { tell, outbox, time, store, said } = postRoom(t, () => tryLater(), { random: () => 0.99, pollMs: 10 * MINUTE });
  tell('17', ['a']);
  await outbox.start();
  await time.advance(119 * 60 * MINUTE);
  t.same(store.deliveries.count(), { deferred: 1 });
  await time.advance(2 * 60 * MINUTE);
  t.match(store.deliveries.list({ limit: 1 }), [{ state: 'dead', reason: /given up after \d+ attempts in 5 days: 503/ }]);
  t.match(said.find(({ level }) => level === 'warn'), { message: /outbox show/, fields: { fact: 'main/17#a' } });
});

t.test('perishable ones are dropped when late and never tried again beyond their deadline', async (t) => {
  const { outbox, time, crm, store, settled } = postRoom(t, ({ fact }) => fact.kind === 'employee-ringing' ? tryLater() : DELIVERED, { random: () => 0.9 });
  const ring = ringing('17');
  store.journal.commit(commit({ at: time.now(), facts: [ring], deliveries: [delivery(ring, B24, time.now() + 6_000)] }));
  await outbox.start();
  await time.advance(20_000);
  // 0.9 of the way to 1, 2 and 4 s: after 0, 0.9, 2.8 s; the next would come after its 6 s.
  t.equal(crm.tried.length, 3);
  t.equal(settled.at(-1), '17#ringing expired');
});

t.test('a perishable one ends at its own deadline, not at the deliverer\'s', async (t) => {
  const { outbox, time, crm, store } = postRoom(t, () => 'obey');
  const ring = ringing('17');
  store.journal.commit(commit({ at: time.now(), facts: [ring], deliveries: [delivery(ring, B24, time.now() + 3_000)] }));
  await outbox.start();
  await time.advance(2_999);
  t.equal(crm.signals[0]?.aborted, false);
  await time.advance(1);
  t.equal(crm.signals[0]?.aborted, true);
  t.match(store.deliveries.list({ limit: 1 }), [{ state: 'expired', reason: /deadline passed: OUTBOX_DEADLINE/ }]);
});

t.test('perishable ones overtake the backlog', async (t) => {
  let open: (verdict: Verdict) => void = () => undefined;
  const first = new Promise<Verdict>((resolve) => { open = resolve; });
  const { tell, outbox, time, crm, store } = postRoom(t, (_, number) => number === 1 ? first : DELIVERED, { accounts: [{ id: B24, inFlight: 1 }] });
  for (const name of names(5)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  const ring = ringing('99', 'ringing', time.now());
  store.journal.commit(commit({ at: time.now(), facts: [ring], deliveries: [delivery(ring, B24, time.now() + 15_000)] }));
  open(DELIVERED);
  await time.settle();
  t.same(crm.tried.slice(0, 3), ['0#a', '99#ringing', '1#a']);
});

t.test('never more under way than the account allows; one account\'s backlog leaves the other alone', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, ({ account }) => account === B24 ? 'obey' : DELIVERED, { accounts: [{ id: B24, inFlight: 3 }, { id: AMO, inFlight: 2 }] });
  for (const name of names(20)) tell(name, ['a']);
  for (const name of names(4)) tell(name, ['b'], AMO);
  await outbox.start();
  await time.settle();
  t.equal(crm.most.get(B24), 3);
  t.ok((crm.most.get(AMO) ?? 9) <= 2);
  t.equal(crm.delivered.length, 4);
  t.match(outbox.status(), [{ account: B24, inFlight: 3, breaker: { state: 'closed' } }, { account: AMO, inFlight: 0 }]);
});

t.test('a driver that obeys its signal is settled at the deadline, one that hangs after the grace', async (t) => {
  for (const [answer, after] of [['obey', DELIVER_MS], ['hang', DELIVER_MS + GRACE_MS]] as const) {
    const { tell, outbox, time, store } = postRoom(t, (_, number) => number === 1 ? answer : DELIVERED);
    tell('17', ['a']);
    await outbox.start();
    await time.advance(after - 1);
    t.same(store.deliveries.count(), { claimed: 1 }, answer);
    await time.advance(1);
    t.match(store.deliveries.list({ limit: 1 }), [{ state: 'deferred', reason: /no answer within 10000 ms/ }], answer);
    await time.advance(1_000);
    t.same(store.deliveries.count(), { done: 1 }, answer);
  }
});

t.test('an answer within the grace still counts', async (t) => {
  let answer: (verdict: Verdict) => void = () => undefined;
  const { tell, outbox, time, store } = postRoom(t, () => new Promise<Verdict>((resolve) => { answer = resolve; }));
  tell('17', ['a']);
  await outbox.start();
  await time.advance(DELIVER_MS + GRACE_MS - 1);
  answer(DELIVERED);
  await time.settle();
  t.same(store.deliveries.count(), { done: 1 });
});

t.test('an answer after the grace changes nothing, and nothing is settled twice', async (t) => {
  const answers: ((verdict: Verdict) => void)[] = [];
  const { tell, outbox, time, store, settled } = postRoom(t, () => new Promise<Verdict>((resolve) => { answers.push(resolve); }));
  tell('17', ['a']);
  await outbox.start();
  await time.advance(DELIVER_MS + GRACE_MS);
  answers[0]?.(REFUSED);
  await time.settle();
  t.same(store.deliveries.count(), { deferred: 1 });
  await time.advance(1_000);
  answers[1]?.(DELIVERED);
  await time.settle();
  t.same(settled, ['17#a deferred', '17#a done']);
});

t.test('a process that slept through its lease cannot settle what another one took over', async (t) => {
  let wakeUp: (verdict: Verdict) => void = () => undefined;
  const { tell, outbox, time, store, settled, said, crm } = postRoom(t, () => new Promise<Verdict>((resolve) => { wakeUp = resolve; }));
  tell('17', ['a']);
  await outbox.start();
  await time.settle();
  time.jump(10 * MINUTE);
  const [taken] = store.deliveries.claim({ now: time.now(), node: 'node-2' as NodeId, leaseMs: MINUTE, limit: 1, accounts: [B24] });
  t.match(taken, { fence: 2 });
  wakeUp(REFUSED);
  await time.settle();
  t.same(settled, []);
  t.match(store.deliveries.list({ limit: 1 }), [{ state: 'claimed', fence: 2 }]);
  t.match(said, [{ level: 'warn', message: /taken over/ }]);
  t.equal(crm.tried.length, 1);
});

t.test('two nodes on one store tell each delivery once', async (t) => {
  const room = postRoom(t, () => DELIVERED);
  const { store, time, crm, tell } = room;
  const second = createDispatcher({ store: store.deliveries, accounts: [{ id: B24, inFlight: 3 }], node: 'node-2' as NodeId, deliver: crm.deliver, clock: time,
    timers: time, log: { debug() {}, info() {}, warn() {}, error() {}, child() { return this; } } });
  for (const name of names(30)) tell(name, ['a', 'b']);
  await Promise.all([room.outbox.start(), second.start()]);
  await time.settle();
  await second.stop(0);
  t.equal(crm.delivered.length, 60);
  t.equal(new Set(crm.delivered).size, 60);
});

// ---------------------------------------------------------------------------------------------------- the store fails

t.test('a settlement that the store cannot take is kept and tried again: the CRM is not told twice', async (t) => {
  const holder = postRoom(t, () => DELIVERED);
  const { store, time, crm, tell, said } = holder;
  const outbox = createDispatcher({ store: failing(store.deliveries, 'settle', 3), accounts: [{ id: B24, inFlight: 1 }], node: 'n' as NodeId, deliver: crm.deliver,
    clock: time, timers: time, random: () => 0, log: { debug() {}, info() {}, warn() {}, error() {}, child() { return this; } } });
  tell('17', ['a']);
  await outbox.start();
  await time.advance(2_999);
  t.same(store.deliveries.count(), { claimed: 1 });
  await time.advance(1);
  t.same(store.deliveries.count(), { done: 1 });
  t.equal(crm.tried.length, 1);
  await outbox.stop(0);
  t.same(said, []);
});

t.test('a store that cannot be asked is asked again, with a line in the log', async (t) => {
  const { store, time, crm, tell } = postRoom(t, () => DELIVERED);
  const lines: string[] = [];
  const outbox = createDispatcher({ store: failing(store.deliveries, 'claim', 2), accounts: [{ id: B24, inFlight: 1 }], node: 'n' as NodeId, deliver: crm.deliver,
    clock: time, timers: time, random: () => 0, log: { debug() {}, info() {}, warn() {}, error(_, message) { lines.push(message); }, child() { return this; } } });
  tell('17', ['a']);
  await outbox.start();
  await time.advance(2_000);
  t.same(crm.delivered, ['17#a']);
  t.equal(lines.length, 2);
  await outbox.stop(0);
});

t.test('a listener that throws is logged, the post goes on', async (t) => {
  const { tell, outbox, time, store, said } = postRoom(t, () => DELIVERED, { onSettled: () => { throw new Error('oh'); } });
  tell('17', ['a', 'b']);
  await outbox.start();
  await time.settle();
  t.same(store.deliveries.count(), { done: 2 });
  t.equal(said.filter(({ level }) => level === 'error').length, 2);
});

t.test('what a driver throws never carries an address into the store', async (t) => {
  const { tell, outbox, time, store } = postRoom(t, () => Object.assign(new Error('connect https://portal/rest/1/s3cret/crm failed'), { code: 'ECONNREFUSED' }));
  tell('17', ['a']);
  await outbox.start();
  await time.settle();
  t.match(store.deliveries.list({ limit: 1 }), [{ reason: 'ECONNREFUSED: connect <address> failed' }]);
});

// ---------------------------------------------------------------------------------------------------- start and stop

t.test('after stop nothing is claimed, and what is under way may finish', async (t) => {
  let answer: (verdict: Verdict) => void = () => undefined;
  const { tell, outbox, time, crm, store } = postRoom(t, () => new Promise<Verdict>((resolve) => { answer = resolve; }));
  tell('17', ['a', 'b']);
  await outbox.start();
  await time.settle();
  const stopped = outbox.stop(5_000);
  outbox.wake();
  await time.advance(4_000);
  answer(DELIVERED);
  await stopped;
  await time.settle();
  t.same(crm.tried, ['17#a']);
  t.same(store.deliveries.count(), { done: 1, pending: 1 });
});

t.test('at the deadline of stop the driver gets its signal, and the delivery is due again at once', async (t) => {
  const { tell, outbox, time, store, crm } = postRoom(t, ({ call }) => call.endsWith('17') ? 'obey' : 'hang');
  tell('17', ['a']);
  tell('18', ['a']);
  await outbox.start();
  await time.settle();
  const stopped = outbox.stop(5_000);
  await time.advance(4_999);
  t.same(crm.signals.map((signal) => signal.aborted), [false, false]);
  await time.advance(1);
  t.same(crm.signals.map((signal) => signal.aborted), [true, true]);
  await time.advance(GRACE_MS);
  await stopped;
  t.match(store.deliveries.list({ limit: 9 }), [{ state: 'deferred', reason: /stop/ }, { state: 'deferred', reason: /stop/ }]);
  t.equal(store.deliveries.nextDue([B24], instant(0)), time.now() - GRACE_MS);
});

t.test('a second stop may be more impatient than the first', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, () => 'obey');
  tell('17', ['a']);
  await outbox.start();
  await time.settle();
  const first = outbox.stop(60_000);
  const second = outbox.stop(0);
  await time.advance(0);
  await Promise.all([first, second]);
  t.equal(crm.signals[0]?.aborted, true);
});

t.test('start and stop may be called twice, stop before start, and start after stop', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, () => DELIVERED);
  await outbox.stop(0);
  await Promise.all([outbox.start(), outbox.start()]);
  await outbox.stop(0);
  await outbox.stop(0);
  tell('17', ['a']);
  await time.advance(MINUTE);
  t.same(crm.tried, []);
  await outbox.start();
  await time.settle();
  t.same(crm.tried, ['17#a']);
});
