/** Many facts in one request: gathered without waiting, settled each by its own verdict, and never a poisoned letter for forty-nine others. */
import t, { type Test } from 'tap';
import type { Delivery } from '../../core/ports.ts';
import { instant, type NodeId } from '../../core/words.ts';
import type { Answered } from '../../outbox/attempt.ts';
import type { DispatcherOptions } from '../../outbox/dispatcher.ts';
import { B24, commit, delivery, ringing, told } from '../fakes/sample-calls.ts';
import { DELIVERED, LOCKED_OUT, REFUSED, tryLater } from '../fakes/unreliable.ts';
import { DELIVER_MS, failing, GRACE_MS, postRoom } from './post-room.ts';

const names = (count: number, prefix = ''): readonly string[] => Array.from({ length: count }, (_, number) => `${prefix}${String(number).padStart(4, '0')}`);
const nameOf = ({ fact }: Delivery): string => fact.id.slice('main/'.length);
type Answers = (deliveries: readonly Delivery[], signal: AbortSignal) => Promise<readonly Answered[]> | readonly Answered[];

/** A post room whose only account takes batches of calls that do not begin with `x`. */
function house(t: Test, answers: Answers, change: { readonly most?: number; readonly inFlight?: number } & Partial<DispatcherOptions> = {}) {
  const batches: (readonly string[])[] = [];
  const { most = 50, inFlight = 1, ...options } = change;
  const batch = {
    most, fits: ({ call }: Delivery) => !call.startsWith('main/x'),
    deliver: async (deliveries: readonly Delivery[], signal: AbortSignal) => { batches.push(deliveries.map(nameOf)); return await answers(deliveries, signal); },
  };
  return { batches, ...postRoom(t, () => DELIVERED, { accounts: [{ id: B24, inFlight, batch }], ...options }) };
}
const all = (answer: Answered): Answers => (deliveries) => deliveries.map(() => answer);

t.test('what waits goes together, as many as the product takes, one of each call', async (t) => {
  const { tell, outbox, time, batches, crm, store } = house(t, all(DELIVERED), { most: 4 });
  for (const name of names(9)) tell(name, ['a', 'b']);
  await outbox.start();
  await time.settle();
  t.same(batches[0], ['0000#a', '0001#a', '0002#a', '0003#a']);
  t.same(store.deliveries.count(), { done: 18 });
  t.equal(batches.flat().length + crm.tried.length, 18, 'each once');
  t.ok(batches.every((batch) => new Set(batch.map((name) => name.slice(0, 4))).size === batch.length), 'never two of one call');
  for (const name of names(9)) t.ok([...batches.flat(), ...crm.tried].indexOf(`${name}#a`) < [...batches.flat(), ...crm.tried].indexOf(`${name}#b`), 'in the order of the call');
});

t.test('a lone one goes alone, and at once', async (t) => {
  const { tell, outbox, time, batches, crm } = house(t, all(DELIVERED));
  await outbox.start();
  await time.settle();
  tell('17', ['a']);
  await time.settle();
  t.same([batches, crm.tried], [[], ['17#a']]);
  t.equal(time.now(), 1_790_000_000_000, 'no time has passed');
});

t.test('those that do not fit go alone beside the batch; pop-ups never ride', async (t) => {
  const { tell, outbox, time, batches, crm, store } = house(t, all(DELIVERED), { inFlight: 3 });
  const ring = ringing('99', 'ringing', time.now());
  store.journal.commit(commit({ at: time.now(), facts: [ring], deliveries: [delivery(ring, B24, time.now() + 15_000)] }));
  for (const name of [...names(2), 'x1', ...names(2, '5')]) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  t.same(batches.flat().toSorted(), ['0000#a', '0001#a', '50000#a', '50001#a'].toSorted());
  t.same(crm.tried.toSorted(), ['99#ringing', 'x1#a']);
});

t.test('each is settled by its own verdict', async (t) => {
  const verdicts = [DELIVERED, REFUSED, tryLater(90_000), DELIVERED];
  const { tell, outbox, time, store, settled } = house(t, (deliveries) => deliveries.map((one) => verdicts[Number(nameOf(one).slice(0, 4))] ?? DELIVERED));
  for (const name of names(4)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  t.same(settled, ['0000#a done', '0001#a dead', '0002#a deferred', '0003#a done']);
  t.same(store.deliveries.count(), { done: 2, dead: 1, deferred: 1 });
  t.match(outbox.status(), [{ inFlight: 0, breaker: { state: 'closed' } }]);
});

t.test('a poisoned letter does not hold the others: what failed together is tried one by one', async (t) => {
  const ways: readonly (readonly [string, Answers, number])[] = [
    ['the driver throws', () => { throw new Error('broken'); }, 1_000],
    ['the product refuses the whole request', all({ kind: 'refused', reason: '400 in item 7' }), 0],
    ['the product breaks', all(tryLater()), 1_000],
    ['an answer is missing', (deliveries) => deliveries.slice(1).map(() => DELIVERED), 1_000],
  ];
  for (const [name, answers, afterMs] of ways) await t.test(name, async (t) => {
    const { tell, outbox, time, store, batches, crm } = house(t, answers, { inFlight: 3 });
    for (const linkedid of names(50)) tell(linkedid, ['a']);
    crm.script = ({ call }) => (call.endsWith('0007') ? REFUSED : DELIVERED);
    await outbox.start();
    await time.advance(afterMs);
    t.equal(batches.length, 1);
    t.equal(crm.tried.length, 50, 'each alone');
    t.same(store.deliveries.count(), { done: 49, dead: 1 });
    t.match(outbox.status(), [{ breaker: { state: 'closed' } }], 'one request is one word about the account');
  });
});

t.test('a batch without an answer ends at its deadline, and is told one by one', async (t) => {
  const { tell, outbox, time, store, crm } = house(t, () => new Promise(() => undefined));
  for (const name of names(3)) tell(name, ['a']);
  await outbox.start();
  await time.advance(DELIVER_MS + GRACE_MS - 1);
  t.same(store.deliveries.count(), { claimed: 3 });
  await time.advance(1);
  t.match(store.deliveries.list({ limit: 1 }), [{ state: 'deferred', reason: /no answer within/ }]);
  await time.advance(1_000);
  t.equal(crm.tried.length, 3);
  t.same(store.deliveries.count(), { done: 3 });
});

t.test('a locked account holds the batch and burns nothing of it; probes go alone; then it goes together again', async (t) => {
  let answer: Answered = LOCKED_OUT;
  const { tell, outbox, time, store, batches, crm } = house(t, (deliveries) => deliveries.map(() => answer));
  crm.script = () => answer;
  for (const name of names(5)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  t.same(store.deliveries.count(), { held: 5 });
  await time.advance(5 * 60_000);
  t.equal(batches.length, 1);
  t.ok(crm.tried.length >= 4);
  t.ok(store.deliveries.list({ limit: 9 }).every(({ attempts }) => attempts === 0));
  answer = DELIVERED;
  await time.advance(2 * 60_000);
  t.same(store.deliveries.count(), { done: 5 });
  t.equal(batches.length, 2);
});

t.test('a stop in the middle of a batch gives all of it back', async (t) => {
  const { tell, outbox, time, store } = house(t, (_, signal) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error); }); }));
  for (const name of names(5)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  const stopped = outbox.stop(0);
  await time.advance(0);
  await stopped;
  t.same(store.deliveries.count(), { deferred: 5 });
  t.match(store.deliveries.list({ limit: 1 }), [{ reason: /stop/ }]);
});

t.test('fences: what another node took over meanwhile is not settled, the rest is', async (t) => {
  let answer: (verdicts: readonly Answered[]) => void = () => undefined;
  const { tell, outbox, time, store, settled, said } = house(t, () => new Promise((resolve) => { answer = resolve; }));
  for (const name of names(3)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  time.jump(10 * 60_000);
  const [stolen] = store.deliveries.claim({ now: time.now(), node: 'node-2' as NodeId, leaseMs: 60_000, limit: 1, accounts: [B24] });
  t.match(stolen, { fence: 2 });
  answer([DELIVERED, DELIVERED, DELIVERED]);
  await time.settle();
  t.equal(settled.length, 2);
  t.match(said, [{ level: 'warn', message: /taken over/ }]);
  t.same(store.deliveries.count(), { done: 2, claimed: 1 });
});

t.test('a store that cannot take the settlements together takes them one by one, and no answer is forgotten', async (t) => {
  const { store, time, said, crm } = postRoom(t, () => DELIVERED);
  const { createDispatcher } = await import('../../outbox/dispatcher.ts');
  const log = { debug() {}, info() {}, warn() {}, error(_: unknown, message: string) { lines.push(message); }, child() { return this; } };
  const lines: string[] = [];
  const broken = { ...failing(store.deliveries, 'settle', 2), settleMany: () => { throw new Error('database or disk is full'); } };
  let asked = 0;
  const outbox = createDispatcher({
    store: broken, node: 'n' as NodeId, deliver: crm.deliver, clock: time, timers: time, random: () => 0, log,
    accounts: [{ id: B24, inFlight: 1, batch: { most: 9, fits: () => true, deliver: async (deliveries) => { asked += 1; return deliveries.map(() => DELIVERED); } } }],
  });
  for (const name of names(4)) store.journal.commit({ ...told(name, ['a']), at: instant(time.now()) });
  await outbox.start();
  await time.advance(5_000);
  t.same(store.deliveries.count(), { done: 4 });
  t.equal(asked, 1, 'the CRM was told once');
  t.equal(crm.tried.length, 0);
  t.match(lines[0], /cannot be stored together/);
  t.equal(lines.length, 3);
  t.same(said, []);
  await outbox.stop(0);
});
