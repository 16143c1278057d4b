import t from 'tap';
import { B24, commit, delivery, ringing } from '../fakes/sample-calls.ts';
import { DELIVERED, LOCKED_OUT, REFUSED, SKIPPED, tryLater, type Answer } from '../fakes/unreliable.ts';
import { postRoom } from './post-room.ts';

const MINUTE = 60_000;
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => String(number).padStart(4, '0'));

t.test('a CRM that is down for a day costs a probe or two a minute, and burns nothing of what waits', async (t) => {
  let answer: Answer = tryLater();
  const { tell, outbox, time, crm, store, said } = postRoom(t, () => answer, { random: () => 0.5 });
  for (const name of names(500)) tell(name, ['a']);
  await outbox.start();
  await time.advance(24 * 60 * MINUTE);
  t.ok(crm.tried.length > 700 && crm.tried.length < 3_200, `${crm.tried.length} tries in a day`);
  // The oldest are the probes, each at its own pace: once in half an hour on average.
  const tries = store.deliveries.list({ limit: 999 }).map(({ attempts }) => attempts);
  t.ok(Math.max(...tries) < 60, `at most ${Math.max(...tries)} for one delivery`);
  t.equal(tries.filter((attempts) => attempts === 0).length > 400, true, 'most were never tried');
  t.same(store.deliveries.count()['dead'], undefined);
  t.equal(said.filter(({ level }) => level === 'warn').length, 1, 'one line, not one a minute');
  t.match(outbox.status(), [{ breaker: { state: 'open', why: 'unreachable', reason: '503' } }]);
  answer = DELIVERED;
  // The hour is the longest wait of a delivery that was tried itself.
  await time.advance(65 * MINUTE);
  t.same(store.deliveries.count(), { done: 500 });
  t.equal(said.filter(({ level }) => level === 'info').length, 1);
});

t.test('one letter that always fails does not open the breaker', async (t) => {
  const { tell, outbox, time, crm } = postRoom(t, ({ call }) => call.endsWith('bad') ? tryLater() : DELIVERED);
  tell('bad', ['a']);
  await outbox.start();
  await time.advance(10 * MINUTE);
  t.ok(crm.tried.length > 5);
  t.match(outbox.status(), [{ breaker: { state: 'closed' } }]);
});

t.test('five lanes that fail in a row open it, four and a success do not', async (t) => {
  const { tell, outbox, time } = postRoom(t, ({ call }) => call.endsWith('good') ? DELIVERED : tryLater(60 * MINUTE), { accounts: [{ id: B24, inFlight: 1 }] });
  for (const name of ['1', '2', '3', '4', 'good', '5', '6', '7', '8']) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  t.match(outbox.status(), [{ breaker: { state: 'closed' } }]);
  tell('9', ['a']);
  await time.settle();
  t.match(outbox.status(), [{ breaker: { state: 'open' } }]);
});

t.test('half-open: one probe, and only a real answer closes it', async (t) => {
  let answer: Answer = tryLater();
  const { tell, outbox, time, crm } = postRoom(t, () => answer);
  for (const name of names(20)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  const before = crm.tried.length;
  answer = SKIPPED;
  await time.advance(1_999);
  t.equal(crm.tried.length, before, 'it rests for two seconds at least');
  crm.script = (_, number) => number <= before + 3 ? SKIPPED : number === before + 4 ? tryLater() : REFUSED;
  await time.advance(1);
  t.equal(crm.tried.length, before + 4, 'skipped proves nothing: three probes more, until one fails');
  t.match(outbox.status(), [{ breaker: { state: 'open', probes: 2 } }]);
  await time.advance(2_000);
  t.match(outbox.status(), [{ breaker: { state: 'closed' } }], 'a refusal is an answer');
});

t.test('locked out: all of the account waits, one probe a minute, the log says what to do, once', async (t) => {
  let answer: Answer = LOCKED_OUT;
  const { tell, outbox, time, crm, store, said, settled } = postRoom(t, () => answer);
  for (const name of names(10)) tell(name, ['a', 'b']);
  await outbox.start();
  await time.settle();
  t.equal(crm.tried.length, 3, 'what was under way at once');
  t.same(store.deliveries.count(), { held: 3, pending: 17 });
  await time.advance(59_999);
  t.equal(crm.tried.length, 3);
  await time.advance(1);
  t.equal(crm.tried.length, 4);
  await time.advance(10 * MINUTE);
  t.equal(crm.tried.length, 14);
  t.ok(store.deliveries.list({ limit: 99 }).every(({ attempts }) => attempts <= 3), 'the probes take turns');
  t.match(said.filter(({ level }) => level !== 'debug'), [{ level: 'error', message: /callme crm check/, fields: { account: B24, reason: '401' } }]);
  t.notOk(settled.some((line) => line.endsWith('dead')));
  answer = DELIVERED;
  await time.advance(3 * MINUTE);
  t.same(store.deliveries.count(), { done: 20 });
  t.match(said.at(-1) && said.filter(({ level }) => level === 'info'), [{ message: /answers again/ }]);
});

t.test('one letter that locks us out does not hold up the others, and is tried once a minute', async (t) => {
  const { tell, outbox, time, crm, store } = postRoom(t, ({ call }) => call.endsWith('bad') ? LOCKED_OUT : DELIVERED, { accounts: [{ id: B24, inFlight: 1 }] });
  tell('bad', ['a']);
  for (const name of names(10)) tell(name, ['a']);
  await outbox.start();
  await time.advance(10 * MINUTE);
  t.equal(crm.delivered.length, 10);
  const bad = crm.tried.filter((name) => name.startsWith('bad')).length;
  t.ok(bad >= 5 && bad <= 11, `${bad} tries in ten minutes`);
  t.match(store.deliveries.count(), { done: 10 });
});

t.test('what was held before a restart is tried after it', async (t) => {
  const { tell, outbox, time, store } = postRoom(t, () => LOCKED_OUT);
  tell('17', ['a']);
  await outbox.start();
  await time.settle();
  await outbox.stop(0);
  t.same(store.deliveries.count(), { held: 1 });
  const after = postRoom(t, () => DELIVERED, { store: store.deliveries, clock: time, timers: time });
  await after.outbox.start();
  await time.settle();
  t.same(store.deliveries.count(), { done: 1 });
  await after.outbox.stop(0);
});

t.test('perishable ones die while the account waits', async (t) => {
  const { tell, outbox, time, crm, store } = postRoom(t, () => LOCKED_OUT);
  tell('17', ['a']);
  await outbox.start();
  await time.settle();
  const ring = ringing('18', 'ringing', time.now());
  store.journal.commit(commit({ at: time.now(), facts: [ring], deliveries: [delivery(ring, B24, time.now() + 15_000)] }));
  outbox.wake();
  await time.advance(20_000);
  t.same(crm.tried, ['17#a']);
  t.same(store.deliveries.count(), { held: 1, expired: 1 });
});

t.test('a pop-up that came late and got no answer says nothing about the CRM', async (t) => {
  const { outbox, time, store } = postRoom(t, () => 'obey', { accounts: [{ id: B24, inFlight: 9 }] });
  const rings = names(9).map((name) => ringing(name, 'ringing', time.now()));
  store.journal.commit(commit({ at: time.now(), facts: rings, deliveries: rings.map((ring) => delivery(ring, B24, time.now() + 4_000)) }));
  await outbox.start();
  await time.advance(6_000);
  t.same(store.deliveries.count(), { expired: 9 });
  t.match(outbox.status(), [{ breaker: { state: 'closed' } }]);
});

t.test('what was not asked because it rests says nothing about the CRM, and waits as long as it should', async (t) => {
  const resting = { kind: 'try-later', reason: 'HTTP_RESTING', retryAfterMs: 600_000, rested: true } as const;
  const { tell, outbox, time, crm, store } = postRoom(t, ({ attempts }) => attempts === 1 ? resting : DELIVERED, { accounts: [{ id: B24, inFlight: 9 }] });
  for (const name of names(9)) tell(name, ['a']);
  await outbox.start();
  await time.settle();
  t.match(outbox.status(), [{ breaker: { state: 'closed' } }]);
  t.same(store.deliveries.count(), { deferred: 9 });
  await time.advance(600_000);
  t.equal(crm.tried.length, 9, 'not before');
  await time.advance(10_000);
  t.same(store.deliveries.count(), { done: 9 });
});

t.test('since when an account stands still is written down, looked at, and wiped out when it works', async (t) => {
  let answer: Answer = LOCKED_OUT;
  const { tell, outbox, time, store } = postRoom(t, () => answer);
  const began = time.now();
  tell('17', ['a']);
  await outbox.start();
  await time.settle();
  const { standings } = store.deliveries as unknown as { readonly standings: () => readonly unknown[] };
  t.match(standings(), [{ account: B24, why: 'locked-out', reason: '401', since: began, looks: 1, nextLook: began + 60_000 }]);
  await time.advance(10 * MINUTE);
  t.match(standings(), [{ since: began, looks: 11 }]);
  t.match(outbox.status(), [{ breaker: { since: began, probes: 11 } }]);
  answer = DELIVERED;
  await time.advance(MINUTE);
  t.same(standings(), []);
});
