/** What is done alone is done by one at a time: in one process, over two that share a store, and after one that died in the middle. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openKeep } from '../../app/keep.ts';
import type { Store } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, type Instant, instant } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';

const B24 = 'b24' as AccountId;
const waiting = { waitMs: 5_000, signal: new AbortController().signal };

function stores(t: Test): [Store, Store] {
  const dataDir = join(t.testdir(), 'data');
  const open = (): Store => {
    const store = openStore({ url: 'sqlite:callme.db', dataDir, tenant: DEFAULT_TENANT });
    t.teardown(() => store.close());
    return store;
  };
  return [open(), open()];
}
const real = { now: (): Instant => instant(Date.now()) };

t.test('two processes: the second begins when the first has ended, and sees what it wrote', async (t) => {
  const [one, two] = stores(t).map((store) => openKeep(B24, { accounts: store.accounts, clock: real, random: () => 0 }));
  if (one === undefined || two === undefined) throw new Error('two stores');
  const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let inside = 0;
  const order: string[] = [];
  const first = one.alone('renew', async () => { inside += 1; begun.resolve(undefined); await end.promise; one.set('token', 'new'); order.push('first'); inside -= 1; }, waiting);
  await begun.promise;
  const second = two.alone('renew', () => { t.equal(inside, 0, 'alone'); order.push(`second saw ${two.get('token') ?? 'nothing'}`); return Promise.resolve(); }, waiting);
  await two.alone('another name', () => Promise.resolve(), waiting);
  end.resolve(undefined);
  await Promise.all([first, second]);
  t.same(order, ['first', 'second saw new']);
});

t.test('in one process they stand in line, and one that throws lets the next in', async (t) => {
  const [store] = stores(t);
  const keep = openKeep(B24, { accounts: store.accounts, clock: real });
  const order: number[] = [];
  const work = [1, 2, 3].map((number) => keep.alone('renew', () => { order.push(number); return number === 2 ? Promise.reject(new Error('boom')) : Promise.resolve(number); }, waiting));
  t.match(await Promise.allSettled(work), [{ value: 1 }, { reason: { message: 'boom' } }, { value: 3 }]);
  t.same(order, [1, 2, 3]);
});

t.test('somebody else takes long: CRM_BUSY; he died: his right ends by itself', async (t) => {
  const [store, other] = stores(t);
  let now = 1_000_000;
  const clock = { now: (): Instant => instant(now) };
  t.ok(other.accounts.claim(B24, 'renew', { owner: 'dead', now: clock.now(), until: instant(now + 60_000) }));
  const keep = openKeep(B24, { accounts: store.accounts, clock, random: () => 0 });
  await t.rejects(keep.alone('renew', () => Promise.resolve(), { ...waiting, waitMs: 0 }), { code: 'CRM_BUSY' });
  now += 60_001;
  t.equal(await keep.alone('renew', () => Promise.resolve('mine'), { ...waiting, waitMs: 0 }), 'mine');
});

t.test('a wait obeys its signal', async (t) => {
  const [store, other] = stores(t);
  t.ok(other.accounts.claim(B24, 'renew', { owner: 'somebody', now: real.now(), until: instant(Date.now() + 60_000) }));
  const stop = new AbortController();
  const kept = openKeep(B24, { accounts: store.accounts, clock: real }).alone('renew', () => Promise.resolve(), { waitMs: 60_000, signal: stop.signal });
  stop.abort(new Error('stopping'));
  await t.rejects(kept);
});

t.test('who gives up leaves the line, and those behind him still wait for those before', async (t) => {
  const [store] = stores(t);
  const keep = openKeep(B24, { accounts: store.accounts, clock: real });
  const [end, stop] = [Promise.withResolvers<undefined>(), new AbortController()];
  const order: string[] = [];
  const first = keep.alone('renew', async () => { await end.promise; order.push('first'); }, waiting);
  const second = keep.alone('renew', () => { order.push('second'); return Promise.resolve(); }, { ...waiting, signal: stop.signal });
  const third = keep.alone('renew', () => { order.push('third'); return Promise.resolve(); }, waiting);
  stop.abort(new Error('stopping'));
  await t.rejects(second, { message: 'stopping' });
  end.resolve(undefined);
  await Promise.all([first, third]);
  t.same(order, ['first', 'third']);
});
