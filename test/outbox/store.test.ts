/** What the embedded store does for the post room beyond the port: slots for urgent ones, turns, riders, history, standings, and that all of it stays cheap. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ledgerOf } from '../../app/outbox/standing.ts';
import type { Delivery, DeliveryStore } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, instant, type NodeId, type TenantId } from '../../core/words.ts';
import { attemptStatements, countAttempts, MOST_ATTEMPTS } from '../../store/sqlite/attempts.ts';
import { claimStatements } from '../../store/sqlite/claim.ts';
import { Connection } from '../../store/sqlite/connection.ts';
import { deliveryStatements, type SqliteDeliveries, sqliteDeliveries } from '../../store/sqlite/deliveries.ts';
import { sqliteJournal } from '../../store/sqlite/journal.ts';
import { migrate, MIGRATIONS } from '../../store/sqlite/migrations.ts';
import { openDatabase, openSqliteStore } from '../../store/sqlite/open.ts';
import { standingStatements } from '../../store/sqlite/standings.ts';
import { AMO, B24, BEGIN, commit, delivery, ended, ringing, told } from '../fakes/sample-calls.ts';

const NODE = 'node-1' as NodeId;
type Ask = Parameters<SqliteDeliveries['claim']>[0];

function room(t: Test) {
  const database = openDatabase(':memory:', 100);
  t.teardown(() => { database.close(); });
  const connection = new Connection(database, DEFAULT_TENANT);
  const deliveries = sqliteDeliveries(connection);
  const journal = sqliteJournal(connection);
  const claim = (more: Partial<Ask> = {}) => deliveries.claim({ now: BEGIN, node: NODE, leaseMs: 60_000, limit: 10, accounts: [B24], ...more });
  return { database, connection, deliveries, journal, claim };
}
const names = (rows: readonly Delivery[]): readonly string[] => rows.map(({ fact }) => fact.id.slice('main/'.length));
const rings = (linkedid: string) => commit({ facts: [ended(linkedid, 'offered'), ringing(linkedid)], deliveries: [delivery(ended(linkedid, 'offered')), delivery(ringing(linkedid), B24, BEGIN + 15_000)] });
const later = { state: 'deferred', reason: '503', notBefore: instant(BEGIN + 1) } as const;

t.test('durable ones have an end of their own; urgent ones do not count against it, and are said to be urgent', async (t) => {
  const { journal, claim } = room(t);
  for (const linkedid of ['1', '2', '3']) journal.commit(told(linkedid, ['a']));
  journal.commit(rings('8'));
  journal.commit(rings('9'));
  t.same(names(claim({ durable: 0, limit: 1 })), ['8#offered']);
  const claimed = claim({ durable: 1 });
  t.same(names(claimed), ['9#offered', '1#a']);
  t.same(claimed.map(({ urgent }) => urgent === true), [true, false]);
  t.same(names(claim({ durable: 0 })), []);
  t.same(names(claim()), ['2#a', '3#a']);
});

t.test('retries and what was never tried take turns, whoever begins', async (t) => {
  for (const [retriesFirst, expected] of [[true, ['r1#a', 'f1#a', 'r2#a', 'f2#a', 'f3#a']], [false, ['f1#a', 'r1#a', 'f2#a', 'r2#a', 'f3#a']]] as const) {
    const { journal, claim, deliveries } = room(t);
    for (const linkedid of ['r1', 'r2']) journal.commit(told(linkedid, ['a']));
    for (const one of claim()) deliveries.settle(one, later, BEGIN);
    for (const linkedid of ['f1', 'f2', 'f3']) journal.commit(told(linkedid, ['a']));
    t.same(names(claim({ now: instant(BEGIN + 1), retriesFirst })), expected);
  }
});

t.test('riders: what was never tried and fits, beside one that fits, until the seats are taken', async (t) => {
  const { journal, claim, deliveries } = room(t);
  journal.commit(told('old', ['a']));
  for (const one of claim()) deliveries.settle(one, later, BEGIN);
  for (const linkedid of ['1', '2', 'x3', '4', '5', '6']) journal.commit(told(linkedid, ['a', 'b']));
  const along = { most: 3, fits: ({ call }: Delivery) => !call.startsWith('main/x') };
  t.same(names(claim({ limit: 1, along })), ['1#a', '2#a', '4#a'], 'the limit is for those that were asked for; of each lane its head alone');
  t.same(names(claim({ limit: 1, along })), ['x3#a'], 'beside one that does not fit nobody rides');
  t.same(names(claim({ now: instant(BEGIN + 1), limit: 1, along })), ['old#a'], 'nor beside one that failed before');
  t.same(names(claim({ limit: 2, along: { ...along, most: 2 } })), ['5#a', '6#a']);
});

t.test('a rider whose fact cannot be read stays behind', async (t) => {
  const { journal, claim, database } = room(t);
  for (const linkedid of ['1', '2', '3']) journal.commit(told(linkedid, ['a']));
  database.exec("update facts set body = json_set(body, '$.kind', 'gossip') where id = 'main/2#a'");
  t.same(names(claim({ limit: 1, along: { most: 9, fits: () => true } })), ['1#a', '3#a']);
});

t.test('a batch is settled together, each by its fence', async (t) => {
  const { journal, claim, deliveries } = room(t);
  for (const linkedid of ['1', '2', '3']) journal.commit(told(linkedid, ['a', 'b']));
  const [one, two, three] = claim() as readonly [Delivery, Delivery, Delivery];
  const stolen = { ...two, fence: two.fence - 1 };
  t.same(deliveries.settleMany([{ delivery: one, settlement: { state: 'done', reason: '' } }, { delivery: stolen, settlement: { state: 'done', reason: '' } }, { delivery: three, settlement: later }], BEGIN), [true, false, true]);
  t.same(deliveries.count(), { done: 1, claimed: 1, deferred: 1, pending: 3 });
  t.same(names(claim()), ['1#b'], 'the next of the lane is its head');
});

t.test('a rest for want of slots looks at urgent ones alone', async (t) => {
  const { journal, deliveries, claim } = room(t);
  journal.commit(told('1', ['a']));
  t.equal(deliveries.nextDue([B24], BEGIN, true), null);
  journal.commit(commit({ facts: [ringing('2')], deliveries: [delivery(ringing('2'), B24, BEGIN + 15_000)] }));
  t.equal(deliveries.nextDue([B24], BEGIN, true), BEGIN);
  t.equal(claim().length, 2);
});

t.test('the history is kept with what began and ended it, and has an end', async (t) => {
  const { journal, deliveries, claim, connection } = room(t);
  journal.commit(told('1', ['a']));
  for (let number = 0; number < 260; number += 1) {
    const [one] = claim({ now: instant(BEGIN + number * 10) });
    if (one === undefined) throw new Error('nothing to claim');
    deliveries.settle(one, { state: 'deferred', reason: `no ${number}`, notBefore: instant(BEGIN + number * 10 + 3) }, instant(BEGIN + number * 10 + 2));
  }
  const history = deliveries.attempts('1' as Delivery['id']);
  t.equal(history.length, MOST_ATTEMPTS);
  t.match(history.at(-1), { beganAt: BEGIN + 2_590, endedAt: BEGIN + 2_592, end: 'deferred', reason: 'no 259' });
  t.match(history[0], { reason: 'no 160' }, 'oldest first');
  t.ok(countAttempts(connection) <= MOST_ATTEMPTS + 25, `${countAttempts(connection)} lines`);
  t.same(deliveries.attempts('99' as Delivery['id']), []);
});

t.test('a settlement that came too late leaves no line; an attempt that was lost does', async (t) => {
  const { journal, deliveries, claim } = room(t);
  journal.commit(told('1', ['a']));
  const [first] = claim() as readonly [Delivery];
  const [second] = claim({ now: instant(BEGIN + 60_000) }) as readonly [Delivery];
  t.notOk(deliveries.settle(first, { state: 'done', reason: 'late' }, instant(BEGIN + 60_001)));
  t.ok(deliveries.settle(second, { state: 'done', reason: 'told' }, instant(BEGIN + 60_002)));
  t.match(deliveries.attempts(first.id), [{ end: 'lost', beganAt: BEGIN, endedAt: BEGIN + 60_000 }, { end: 'done', reason: 'told', beganAt: BEGIN + 60_000 }]);
});

t.test('standings are one for each account, of one tenant, and go when the account works', async (t) => {
  const { deliveries, database, journal, claim } = room(t);
  const standing = { account: B24, why: 'locked-out', reason: '401', since: BEGIN, looks: 1, nextLook: instant(BEGIN + 60_000) } as const;
  deliveries.mark(B24, standing);
  deliveries.mark(B24, { ...standing, looks: 2 });
  deliveries.mark(AMO, { ...standing, account: AMO, why: 'unreachable' });
  t.match(deliveries.standings(), [{ account: AMO, why: 'unreachable' }, { account: B24, looks: 2, since: BEGIN }]);
  t.same(sqliteDeliveries(new Connection(database, 'other' as TenantId)).standings(), []);
  deliveries.mark(B24, null);
  t.match(deliveries.standings(), [{ account: AMO }]);
  for (const linkedid of ['1', '2']) journal.commit(told(linkedid, ['a', 'b']));
  deliveries.settle(claim({ limit: 1 })[0] as Delivery, { state: 'held', reason: '401' }, BEGIN);
  t.same(deliveries.waiting().toSorted((one, other) => (one.state < other.state ? -1 : 1)), [{ account: B24, state: 'held', number: 1, oldest: BEGIN }, { account: B24, state: 'pending', number: 3, oldest: BEGIN }]);
});

t.test('everything in some states, of one account or of all, comes back or is given up', async (t) => {
  const { journal, deliveries, claim } = room(t);
  for (const account of [B24, AMO] as readonly AccountId[]) for (let number = 0; number < 450; number += 1) journal.commit(told(String(number), ['a'], account));
  for (const one of claim({ limit: 2_000, accounts: [B24, AMO] })) deliveries.settle(one, { state: 'dead', reason: '400' }, BEGIN);
  t.equal(deliveries.retryAll({ states: ['held'] }, BEGIN).length, 0);
  t.equal(deliveries.retryAll({ states: ['dead'], account: AMO }, BEGIN).length, 450);
  t.same(deliveries.count(), { dead: 450, pending: 450 });
  t.equal(deliveries.dropAll({ states: ['dead', 'pending'] }, 'sold', BEGIN).length, 900);
  t.same(deliveries.count(), { dropped: 900 });
  t.match(deliveries.attempts('1' as Delivery['id']), [{ end: 'dead' }, { end: 'dropped', reason: 'sold', beganAt: null }]);
});

t.test('with 20,000 waiting and as many told, each look goes through an index', async (t) => {
  const { database, journal, claim, deliveries } = room(t);
  const plan = (sql: string): string => database.prepare(`explain query plan ${sql}`).all().map((row) => String(row['detail'])).join('; ');
  t.match(plan(claimStatements.AWAITED), /^SEARCH waits USING INDEX deliveries_perishing \(tenant=\? AND deadline>\?\); SEARCH head USING INDEX deliveries_lane \(tenant=\? AND lane=\?\)/);
  for (const name of ['AT_REST', 'AT_REST_OF'] as const) t.match(plan(deliveryStatements[name]), /USING INDEX deliveries_state/, name);
  for (const [name, sql] of Object.entries({ ...claimStatements, ...deliveryStatements, ...attemptStatements, ...standingStatements })) t.notMatch(plan(sql), /SCAN/, name);
  const facts = Array.from({ length: 20_000 }, (_, number) => ended(String(number), 'a'));
  journal.commit(commit({ facts, deliveries: facts.map((fact) => delivery(fact)) }));
  journal.commit(commit({ facts, deliveries: facts.map((fact) => delivery(fact, AMO)) }));
  database.exec("update deliveries set state = 'done', head = 0, due_at = null where account = 'amo'; analyze");
  t.match(plan(claimStatements.AWAITED), /^SEARCH waits USING INDEX deliveries_perishing.*SEARCH head USING INDEX deliveries_lane/, 'and with what SQLite learns of the tables');
  for (const name of ['PERISHABLE', 'FRESH', 'AGAIN'] as const) t.match(plan(claimStatements[name]), /^SEARCH deliveries USING INDEX deliveries_due/, name);
  journal.commit(rings('new'));
  t.same(names(claim({ limit: 1 })), ['new#offered']);
  t.equal(deliveries.count().pending, 20_001);
});

t.test('the port is all that others must know: a store without the rest is found out', async (t) => {
  const store = openSqliteStore({ path: join(t.testdir(), 'callme.db'), tenant: DEFAULT_TENANT });
  t.teardown(() => { store.close(); });
  t.not(ledgerOf(store.deliveries), null);
  t.equal(ledgerOf({ ...store.deliveries, attempts: undefined } as unknown as DeliveryStore), null);
});

t.test('a file of the version before has no history and gets one', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const raw = new DatabaseSync(path);
  migrate(raw, MIGRATIONS.slice(0, 3));
  raw.close();
  const store = openSqliteStore({ path, tenant: DEFAULT_TENANT });
  t.teardown(() => { store.close(); });
  t.same(ledgerOf(store.deliveries)?.standings(), []);
});
