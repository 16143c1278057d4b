/** Pop-ups and history: twenty thousand calls that wait delay no card, and cards and failures starve nobody. */
import t from 'tap';
import { B24, commit, delivery, ended, ringing } from '../fakes/sample-calls.ts';
import { DELIVERED, LOCKED_OUT, tryLater, type Answer } from '../fakes/unreliable.ts';
import { postRoom, type PostRoom } from './post-room.ts';

const MINUTE = 60_000;
const names = (count: number, prefix = ''): readonly string[] => Array.from({ length: count }, (_, number) => `${prefix}${String(number).padStart(5, '0')}`);

/** A call as the core tells it: the durable offer, and behind it in the same lane the pop-up. */
function rings({ store, time, outbox }: PostRoom, linkedid: string): void {
  const [offered, ring] = [ended(linkedid, 'offered', time.now()), ringing(linkedid, 'ringing', time.now())];
  store.journal.commit(commit({ at: time.now(), facts: [offered, ring], deliveries: [delivery(offered), delivery(ring, B24, time.now() + 15_000)] }));
  outbox.wake();
}
const backlog = ({ store, time }: PostRoom, linkedids: readonly string[]): void => {
  const facts = linkedids.map((linkedid) => ended(linkedid, 'a', time.now()));
  store.journal.commit(commit({ at: time.now(), facts, deliveries: facts.map((fact) => delivery(fact)) }));
};

t.test('a pop-up overtakes a backlog together with what it waits for in its own lane', async (t) => {
  const answers: (() => void)[] = [];
  const room = postRoom(t, ({ call }) => (call.startsWith('main/new') ? DELIVERED : new Promise((resolve) => { answers.push(() => { resolve(DELIVERED); }); })));
  const { outbox, time, crm } = room;
  backlog(room, names(1_000));
  await outbox.start();
  await time.settle();
  t.equal(crm.tried.length, 3, 'every slot for durable ones is taken, by answers that take their time');
  rings(room, 'new');
  await time.settle();
  t.same(crm.delivered, ['new#offered', 'new#ringing'], 'in their order, and without waiting for anybody');
  for (const answer of answers.splice(0)) answer();
  await time.settle();
  t.equal(crm.tried.length, 8, 'the drain goes on');
});

t.test('whoever is told urgently is said to be urgent, and nobody else', async (t) => {
  const urgent: string[] = [];
  const calm: string[] = [];
  const room = postRoom(t, () => DELIVERED, { deliver: async ({ fact }, _signal, isUrgent) => { (isUrgent ? urgent : calm).push(fact.id.slice(5)); return DELIVERED; } });
  backlog(room, names(3));
  rings(room, 'new');
  await room.outbox.start();
  await room.time.settle();
  t.same(urgent, ['new#offered', 'new#ringing']);
  t.same(calm, names(3).map((name) => `${name}#a`));
});

t.test('the slots for urgent ones have an end, and a wait for them is no busy loop', async (t) => {
  const room = postRoom(t, () => 'obey', { accounts: [{ id: B24, inFlight: 2, urgent: 3 }], pollMs: 5_000 });
  const { outbox, time, crm, store } = room;
  let claims = 0;
  const claim = store.deliveries.claim.bind(store.deliveries);
  store.deliveries.claim = (ask) => { claims += 1; return claim(ask); };
  backlog(room, names(50));
  for (const name of names(9, 'new')) rings(room, name);
  await outbox.start();
  await time.settle();
  t.equal(crm.most.get(B24), 5);
  await time.advance(1_000);
  t.ok(claims < 5, `${claims} looks in a second in which nothing can be done`);
});

t.test('a pop-up whose offer the CRM does not take now dies in time, and its call is told later', async (t) => {
  let answer: Answer = tryLater(60_000);
  const room = postRoom(t, () => answer);
  rings(room, 'new');
  await room.outbox.start();
  await room.time.advance(20_000);
  t.same(room.store.deliveries.count(), { deferred: 1, expired: 1 });
  answer = DELIVERED;
  await room.time.advance(MINUTE);
  t.same(room.store.deliveries.count(), { done: 1, expired: 1 });
});

t.test('a backlog does not starve what is tried again, and what always fails does not starve the backlog', async (t) => {
  const room = postRoom(t, ({ call, attempts }) => (call.startsWith('main/bad') ? tryLater() : call.startsWith('main/once') && attempts === 1 ? tryLater() : DELIVERED),
    { accounts: [{ id: B24, inFlight: 1 }], random: () => 0 });
  const { outbox, time, crm, tell } = room;
  backlog(room, names(2_000));
  for (const name of names(4, 'bad')) tell(name, ['a']);
  tell('once', ['a']);
  const script = crm.script;
  // Every answer takes 100 ms: ten deliveries a second, and the bad ones are due again every second.
  crm.script = (one, number) => new Promise((resolve, reject) => {
    time.after(100, () => { const said = script(one, number); if (said instanceof Error) reject(said); else resolve(said as never); });
  });
  await outbox.start();
  await time.advance(30_000);
  t.ok(crm.delivered.length > 100, `${crm.delivered.length} of the backlog in half a minute`);
  await time.advance(4 * MINUTE);
  t.ok(crm.delivered.includes('once#a'), 'told though the backlog is older');
});

t.test('retries of new calls come before the end of an old backlog', async (t) => {
  const room = postRoom(t, ({ attempts, call }) => (call === 'main/00000' && attempts === 1 ? tryLater() : DELIVERED), { accounts: [{ id: B24, inFlight: 1 }] });
  const { outbox, time, crm } = room;
  backlog(room, ['00000']);
  await outbox.start();
  await time.settle();
  t.same(crm.tried, ['00000#a']);
  // What came meanwhile from a gap in the books is older by its time and younger by its row: it stands in nobody's way.
  const script = crm.script;
  crm.script = (one, number) => new Promise((resolve) => { time.after(100, () => { resolve(script(one, number) as never); }); });
  backlog(room, names(500, 'x'));
  outbox.wake();
  await time.advance(3_000);
  t.ok(crm.delivered.indexOf('00000#a') >= 0 && crm.delivered.indexOf('00000#a') < 30, `told as number ${crm.delivered.indexOf('00000#a')}`);
});

t.test('what was held goes on at once when the account works again, before the backlog is drained', async (t) => {
  let answer: Answer = LOCKED_OUT;
  const room = postRoom(t, () => answer, { accounts: [{ id: B24, inFlight: 1 }] });
  const { outbox, time, crm, store } = room;
  backlog(room, names(300));
  await outbox.start();
  await time.advance(5 * MINUTE);
  t.equal(store.deliveries.count().held, 6);
  crm.script = () => new Promise((resolve) => { time.after(100, () => { resolve(DELIVERED); }); });
  answer = DELIVERED;
  await time.advance(2 * MINUTE - 30_000);
  t.equal(store.deliveries.count().held ?? 0, 0);
  t.ok(crm.delivered.slice(0, 25).includes('00000#a'), `the first of all is told among the first: ${crm.delivered.indexOf('00000#a')}`);
});

t.test('a single letter that locks us out stops a long drain for a minute now and then, and no more', async (t) => {
  const room = postRoom(t, ({ call }) => (call === 'main/bad' ? LOCKED_OUT : new Promise((resolve) => { time.after(1_000, () => { resolve(DELIVERED); }); })), { accounts: [{ id: B24, inFlight: 1 }] });
  const { outbox, time, crm } = room;
  backlog(room, ['bad', ...names(5_000)]);
  await outbox.start();
  await time.advance(60 * MINUTE);
  const bad = crm.tried.filter((name) => name.startsWith('bad')).length;
  t.ok(bad >= 2 && bad <= 5, `${bad} tries in an hour`);
  t.ok(crm.delivered.length > 3_000, `${crm.delivered.length} told in an hour of at most 3600`);
});
