/**
 * One examination for every store: what `core/ports.ts` promises, read back from outside. A new store passes it whole; a new promise of
 * the ports gets its case here. It is long because it is a list: each case stands alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Call } from '../../core/calls.ts';
import type { Delivery, DeliveryStore, Store } from '../../core/ports.ts';
import { DEFAULT_TENANT, instant, type AccountId, type DeliveryId, type Extension, type NodeId, type RecordingId, type TenantId } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { AMO, B24, BEGIN, PBX, commit, delivery, ended, keyOf, merged, openCall, recording, ringing, told } from '../fakes/sample-calls.ts';
import { SHELVES } from './store-shelves.ts';

export interface Place { readonly url: string; readonly dataDir: string }
type Open = (tenant?: string) => Store;
type Case = (t: Test, open: Open, place: Place) => void | Promise<void>;

/** `place` gives a new, empty store address for each case. */
export function storeContract(t: Test, place: (t: Test) => Place): void {
  for (const [name, examine] of Object.entries({ ...CASES, ...SHELVES })) {
    t.test(name, async (t) => {
      const here = place(t);
      const open: Open = (tenant = DEFAULT_TENANT) => {
        const store = openStore({ ...here, tenant: tenant as TenantId });
        t.teardown(() => store.close());
        return store;
      };
      await examine(t, open, here);
    });
  }
}

const NODE = 'node-1' as NodeId;
const OTHER = 'node-2' as NodeId;
const LEASE_MS = 60_000;
const LATER = instant(BEGIN + 1_000_000);

interface Ask { readonly now?: number; readonly node?: NodeId; readonly limit?: number; readonly accounts?: readonly AccountId[] }
function claim(store: { readonly deliveries: DeliveryStore }, { now = BEGIN, node = NODE, limit = 10, accounts = [B24] }: Ask = {}): readonly Delivery[] {
  return store.deliveries.claim({ now: instant(now), node, leaseMs: LEASE_MS, limit, accounts });
}

function claimOne(store: Store, ask: Ask = {}): Delivery {
  const [first] = claim(store, { ...ask, limit: 1 });
  if (first === undefined) throw new Error('nothing to claim');
  return first;
}

const facts = (deliveries: readonly Delivery[]): readonly string[] => deliveries.map(({ fact }) => fact.id.split('#')[1] ?? '');
const done = (store: Store, one: Delivery, now = BEGIN): boolean => store.deliveries.settle(one, { state: 'done', reason: 'told' }, now);

function child(t: Test, program: string, { url, dataDir }: Place, ...words: readonly string[]) {
  const file = fileURLToPath(new URL(`../store/children/${program}.ts`, import.meta.url));
  const process_ = spawn(process.execPath, [file, url, dataDir, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => process_.kill('SIGKILL'));
  return { process: process_, lines: createInterface({ input: process_.stdout }), gone: once(process_, 'exit') };
}

async function linesOf(one: ReturnType<typeof child>): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of one.lines) lines.push(line);
  return lines;
}

const CASES: Readonly<Record<string, Case>> = {
  // ------------------------------------------------------------------------------------------------ journal

  'a commit says which facts are new, and the same commit again changes nothing': (t, open) => {
    const store = open();
    const facts = [ended('17')];
    const change = commit({ keep: [openCall('17')], facts, deliveries: facts.map((fact) => delivery(fact)), recordings: [recording('17')],
      notes: [{ call: keyOf('17'), at: BEGIN, text: 'odd' }, { call: null, at: BEGIN, text: 'odder' }] });
    t.same(store.journal.commit(change), [facts[0]?.id]);
    const before = everything(store);
    t.same(store.journal.commit(change), []);
    t.same(everything(store), before);
    t.same(store.deliveries.count(), { pending: 1 });
  },

  'a commit is all or nothing': (t, open) => {
    const store = open();
    const good = ended('17');
    // Its fact was never told: a store must not take an order to tell what it does not have.
    const orphan = delivery(ended('18'));
    t.throws(() => store.journal.commit(commit({ keep: [openCall('17')], facts: [good], deliveries: [delivery(good), orphan] })));
    t.equal(store.journal.fact(good.id), null);
    t.same(store.journal.openCalls(PBX), []);
    t.same(store.deliveries.count(), {});
    t.same(store.journal.commit(commit({ facts: [good] })), [good.id], 'and the store goes on working');
  },

  'open calls come back equal after a restart, forgotten ones do not': (t, open) => {
    const calls = [openCall('17'), openCall('18', { certain: false, answeredAt: instant(BEGIN + 0.5) })];
    const first = open();
    first.journal.commit(commit({ keep: [...calls, openCall('19')] }));
    first.journal.commit(commit({ forget: [keyOf('19')] }));
    first.close();
    const again = open();
    t.same(again.journal.openCalls(PBX), calls);
    t.same(again.journal.openCalls('other' as typeof PBX), []);
  },

  'a line per call: from the snapshot while open, from the closing fact afterwards': (t, open) => {
    const { journal } = open();
    journal.commit(commit({ keep: [openCall('17'), openCall('18'), openCall('19')] }));
    t.match(journal.calls({ limit: 9, call: keyOf('17') }), [{ state: 'open', direction: 'inbound', client: '+79161234567', line: '4951112233',
      owner: '219', outcome: null, talkSeconds: 61, startedAt: BEGIN, endedAt: null, certain: true }]);
    journal.commit(commit({ facts: [ended('17'), merged('18', '17')], forget: [keyOf('17'), keyOf('18'), keyOf('19')] }));
    t.match(journal.calls({ limit: 9, call: keyOf('17') }), [{ state: 'ended', outcome: 'answered', owner: '220', endedAt: BEGIN + 70_000 }]);
    t.match(journal.calls({ limit: 9, call: keyOf('18') }), [{ state: 'merged', endedAt: BEGIN + 9_000, client: '+79161234567' }]);
    t.match(journal.calls({ limit: 9, call: keyOf('19') }), [{ state: 'ended', outcome: null, endedAt: BEGIN, certain: false }]);
    t.equal(journal.calls({ limit: 2 }).length, 2);
  },

  'a call that began and ended in one batch has its line': (t, open) => {
    const { journal } = open();
    journal.commit(commit({ facts: [ended('17'), merged('18', '17')] }));
    t.match(journal.calls({ limit: 9, call: keyOf('17') }), [{ state: 'ended', owner: '220', talkSeconds: 61, linkedid: '17' }]);
    t.match(journal.calls({ limit: 9, call: keyOf('18') }), [{ state: 'merged' }]);
  },

  'a snapshot after the end is kept, and leaves the line of the end alone': (t, open) => {
    const { journal } = open();
    const still = openCall('17', { ended: true, talkMs: 1 });
    journal.commit(commit({ facts: [ended('17')], keep: [openCall('17')] }));
    journal.commit(commit({ keep: [still] }));
    t.same(journal.openCalls(PBX), [still]);
    t.match(journal.calls({ limit: 1 }), [{ state: 'ended', talkSeconds: 61 }]);
  },

  'calls are listed newest first': (t, open) => {
    const { journal } = open();
    for (const [linkedid, at] of [['b', 2], ['c', 3], ['a', 1]] as const) journal.commit(commit({ keep: [openCall(linkedid, { startedAt: instant(BEGIN + at) })] }));
    t.same(journal.calls({ limit: 9 }).map((row) => row.linkedid), ['c', 'b', 'a']);
  },

  'calls are listed by their Pbx and their beginning: from the first instant on, before the last': (t, open) => {
    const { journal } = open();
    for (const [linkedid, at] of [['a', 1], ['b', 2], ['c', 3], ['d', 4]] as const) journal.commit(commit({ keep: [openCall(linkedid, { startedAt: instant(BEGIN + at) })] }));
    const elsewhere = 'other' as typeof PBX;
    journal.commit(commit({ pbx: elsewhere, keep: [openCall('e', { key: 'other/e' as Call['key'], pbx: elsewhere, startedAt: instant(BEGIN + 2) })] }));
    const list = (filter: Partial<Parameters<typeof journal.calls>[0]>): readonly string[] => journal.calls({ limit: 9, ...filter }).map((row) => row.linkedid);
    t.same(list({ from: instant(BEGIN + 2), to: instant(BEGIN + 4), pbx: PBX }), ['c', 'b']);
    t.same(list({ from: instant(BEGIN + 4) }), ['d']);
    t.same(list({ to: instant(BEGIN + 2) }), ['a']);
    t.same(list({ pbx: elsewhere }), ['e']);
    t.same(list({ pbx: PBX, limit: 2 }), ['d', 'c']);
    t.same(list({ pbx: elsewhere, call: keyOf('a') }), [], 'filters are asked together');
  },

  'until when a Pbx was heard: never back, each Pbx for itself, and it survives a restart': (t, open) => {
    const first = open();
    const elsewhere = 'other' as typeof PBX;
    t.equal(first.journal.heardUntil(PBX), null);
    first.journal.heard(PBX, instant(999));
    // Compared as numbers: as texts '1000' would lie before '999'.
    first.journal.heard(PBX, instant(1_000.7));
    first.journal.heard(PBX, instant(998));
    t.equal(first.journal.heardUntil(PBX), 1_000);
    t.equal(first.journal.heardUntil(elsewhere), null);
    first.journal.heard(elsewhere, BEGIN);
    t.equal(open('theirs').journal.heardUntil(PBX), null, 'each tenant for itself');
    first.close();
    const { journal } = open();
    t.same([journal.heardUntil(PBX), journal.heardUntil(elsewhere)], [1_000, BEGIN]);
  },

  'a story told again after its end changes nothing: the end keeps the last word': (t, open) => {
    const { journal, deliveries } = open();
    journal.commit(commit({ keep: [openCall('17')], facts: [ended('17')], deliveries: [delivery(ended('17'))], forget: [keyOf('17')] }));
    const [before] = journal.calls({ limit: 1 });
    journal.commit(commit({ keep: [openCall('17', { owner: null, talkMs: 1 })] }));
    t.same(journal.calls({ limit: 1 }), [before]);
    t.same(journal.commit(commit({ facts: [{ ...ended('17'), talkSeconds: 1 }], deliveries: [delivery(ended('17'))], forget: [keyOf('17')] })), []);
    t.same(journal.calls({ limit: 1 }), [before]);
    t.same(journal.openCalls(PBX), []);
    t.same(deliveries.count(), { pending: 1 });
  },

  'facts of a call come in the order they were told, notes too': (t, open) => {
    const { journal } = open();
    const [first, second] = [ringing('17'), ended('17')];
    journal.commit(commit({ facts: [second] }));
    journal.commit(commit({ facts: [first, ended('18')], notes: [{ call: keyOf('17'), at: instant(BEGIN + 7), text: 'x' }, { call: keyOf('17'), at: BEGIN, text: 'a' }, { call: null, at: BEGIN, text: 'z' }] }));
    t.same(journal.facts(keyOf('17')), [second, first]);
    t.same(journal.fact(first.id), first);
    t.equal(journal.fact(ringing('99').id), null);
    t.same(journal.notes(keyOf('17')), [{ at: BEGIN + 7, text: 'x' }, { at: BEGIN, text: 'a' }]);
  },

  // ------------------------------------------------------------------------------------------------ lanes and claims

  'one at a time in a lane, in the order of insertion': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['z', 'm', 'a']));
    const order: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const claimed = claim(store);
      order.push(...facts(claimed));
      t.same(claim(store), [], 'the rest of the lane waits for its head');
      for (const one of claimed) t.ok(done(store, one));
    }
    t.same(order, ['z', 'm', 'a']);
    t.same(store.deliveries.count(), { done: 3 });
  },

  'the attempt and the fence are counted before the try': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a']));
    const first = claimOne(store);
    t.match(first, { state: 'claimed', attempts: 1, fence: 1, account: B24, call: keyOf('17'), deadline: null, createdAt: BEGIN });
    t.same(first.fact, ended('17', 'a'));
    t.match(store.deliveries.get(first.id), { state: 'claimed', attempts: 1, fence: 1 });
    store.deliveries.settle(first, { state: 'deferred', reason: '503', notBefore: instant(BEGIN + 5_000) }, BEGIN);
    t.match(claimOne(store, { now: BEGIN + 5_000 }), { attempts: 2, fence: 2 });
  },

  'other lanes and other accounts are not blocked': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a', 'b']));
    store.journal.commit(told('18', ['c']));
    store.journal.commit(told('17', ['d'], AMO));
    t.same(facts(claim(store)), ['a', 'c'], 'B24 alone was asked for');
    t.same(facts(claim(store, { accounts: [AMO, B24] })), ['d']);
  },

  'a head that waits blocks its lane: deferred, held': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a', 'b']));
    store.deliveries.settle(claimOne(store), { state: 'deferred', reason: '503', notBefore: instant(BEGIN + 5_000) }, BEGIN);
    t.same(claim(store, { now: BEGIN + 4_999 }), []);
    const again = claimOne(store, { now: BEGIN + 5_000 });
    t.same(facts([again]), ['a']);
    store.deliveries.settle(again, { state: 'held', reason: '401' }, BEGIN);
    t.same(claim(store, { now: LATER }), []);
  },

  'a head that is settled for good does not block': (t, open) => {
    const store = open();
    const states = ['done', 'skipped', 'dead', 'expired'] as const;
    store.journal.commit(told('17', [...states, 'dropped', 'last']));
    for (const state of states) {
      const head = claimOne(store);
      t.same(facts([head]), [state]);
      t.ok(store.deliveries.settle(head, { state, reason: 'so it is' }, BEGIN));
      t.match(store.deliveries.get(head.id), { state, reason: 'so it is' });
    }
    const [, toDrop] = store.deliveries.list({ state: 'pending', limit: 9 });
    t.ok(toDrop !== undefined && store.deliveries.drop(toDrop.id, 'operator', BEGIN));
    t.same(facts(claim(store)), ['last']);
  },

  'a lease that ran out is claimed again, and the first owner can settle no more': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a', 'b']));
    const lost = claimOne(store);
    t.same(claim(store, { now: BEGIN + LEASE_MS - 1, node: OTHER }), []);
    const mine = claimOne(store, { now: BEGIN + LEASE_MS, node: OTHER });
    t.match(mine, { id: lost.id, attempts: 2, fence: lost.fence + 1 });
    t.notOk(done(store, lost), 'its fence is stale');
    t.match(store.deliveries.get(mine.id), { state: 'claimed', fence: mine.fence });
    t.ok(done(store, mine));
    t.notOk(done(store, mine), 'once');
    t.same(facts(claim(store)), ['b']);
  },

  'what a dead process had claimed is taken back at once, and its late settlement is refused': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['ended']));
    const first = claimOne(store);
    t.same(claim(store, { node: OTHER }), [], 'the lease protects it');
    t.equal(store.deliveries.takeBack(BEGIN), 1);
    const again = claimOne(store, { node: OTHER });
    t.same([again.id, again.attempts], [first.id, 2], 'the lost try is counted');
    t.notOk(done(store, first), 'the fence of the dead process is stale');
    t.ok(done(store, again));
  },

  'a lease that ran out unnoticed may still be settled': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a']));
    t.ok(done(store, claimOne(store), LATER), 'nobody else has it: to try again would tell the CRM twice');
  },

  'perishable first, then the oldest, as many as asked for': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['old']));
    store.journal.commit(told('18', ['newer']));
    const ring = ringing('19');
    store.journal.commit(commit({ at: instant(BEGIN + 1), facts: [ring], deliveries: [delivery(ring, B24, BEGIN + 15_000)] }));
    t.same(facts(claim(store, { limit: 2 })), ['ringing', 'old']);
    t.same(claim(store, { limit: 0 }), []);
    t.same(facts(claim(store, { limit: 2 })), ['newer']);
  },

  'what a pop-up waits for in its lane goes before a backlog, in the order of the lane': (t, open) => {
    const store = open();
    for (const linkedid of ['1', '2', '3']) store.journal.commit(told(linkedid, ['old']));
    const [offer, ring] = [ended('19', 'offered'), ringing('19')];
    store.journal.commit(commit({ at: instant(BEGIN + 1), facts: [offer, ring], deliveries: [delivery(offer), delivery(ring, B24, BEGIN + 15_000)] }));
    const first = claimOne(store);
    t.same(facts([first]), ['offered']);
    t.same(facts(claim(store, { limit: 1 })), ['old'], 'the pop-up itself waits until its call is offered');
    t.ok(done(store, first));
    t.same(facts(claim(store, { limit: 1 })), ['ringing']);
  },

  'a pop-up that is too late hurries nobody': (t, open) => {
    const store = open();
    store.journal.commit(told('1', ['old']));
    const [offer, ring] = [ended('19', 'offered'), ringing('19')];
    store.journal.commit(commit({ facts: [offer, ring], deliveries: [delivery(offer), delivery(ring, B24, BEGIN + 15_000)] }));
    t.same(facts(claim(store, { now: BEGIN + 15_000, limit: 1 })), ['old']);
  },

  'to be locked out burns no attempt, to be put off does': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a']));
    for (let minute = 0; minute < 20; minute += 1) {
      const head = claimOne(store);
      t.match(head, { attempts: 1, fence: minute + 1 });
      t.ok(store.deliveries.settle(head, { state: 'held', reason: '401' }, BEGIN));
      t.equal(store.deliveries.get(head.id)?.attempts, 0);
      store.deliveries.release(B24, BEGIN);
    }
    store.deliveries.settle(claimOne(store), { state: 'deferred', reason: '503', notBefore: BEGIN }, BEGIN);
    t.match(claimOne(store), { attempts: 2 });
  },

  'a deferred one that is older goes before a newer one that was never tried': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['old']));
    store.deliveries.settle(claimOne(store), { state: 'deferred', reason: '503', notBefore: instant(BEGIN + 10) }, BEGIN);
    store.journal.commit(told('18', ['new']));
    t.same(facts(claim(store, { now: BEGIN + 10, limit: 1 })), ['old']);
  },

  'several accounts share one claim fairly by age': (t, open) => {
    const store = open();
    for (const [linkedid, account] of [['1', B24], ['2', AMO], ['3', B24], ['4', AMO]] as const) store.journal.commit(told(linkedid, [linkedid], account));
    t.same(facts(claim(store, { accounts: [AMO, B24], limit: 3 })), ['1', '2', '3']);
  },

  'perishable deliveries are not claimed past their deadline, and expire': (t, open) => {
    const store = open();
    const ring = ringing('17');
    const end = ended('17');
    store.journal.commit(commit({ facts: [ring, end], deliveries: [delivery(ring, B24, BEGIN + 15_000), delivery(end)] }));
    t.equal(store.deliveries.expire(instant(BEGIN + 14_999)), 0);
    t.same(claim(store, { now: BEGIN + 15_000 }), [], 'too late for the one, and it still is in the way of the other');
    t.equal(store.deliveries.expire(instant(BEGIN + 15_000)), 1);
    t.equal(store.deliveries.expire(instant(BEGIN + 15_000)), 0);
    t.same(facts(claim(store, { now: BEGIN + 15_000 })), ['ended']);
    t.same(store.deliveries.count(), { claimed: 1, expired: 1 });
  },

  'a perishable one under way is left to its owner until its lease runs out': (t, open) => {
    const store = open();
    const ring = ringing('17');
    store.journal.commit(commit({ facts: [ring], deliveries: [delivery(ring, B24, BEGIN + 15_000)] }));
    const mine = claimOne(store);
    t.equal(store.deliveries.expire(instant(BEGIN + 15_001)), 0);
    t.equal(store.deliveries.expire(instant(BEGIN + LEASE_MS)), 1);
    t.notOk(done(store, mine, LATER));
  },

  'a pending delivery is due at once, whatever clock stamped its commit': (t, open) => {
    const store = open();
    store.journal.commit({ ...told('17', ['a']), at: LATER });
    t.equal(store.deliveries.nextDue([B24], BEGIN), BEGIN);
    t.equal(claim(store).length, 1);
  },

  'nextDue tells when a claim would find something': (t, open) => {
    const store = open();
    t.equal(store.deliveries.nextDue([B24], BEGIN), null);
    store.journal.commit(told('17', ['a', 'b']));
    t.equal(store.deliveries.nextDue([B24], BEGIN), BEGIN);
    t.equal(store.deliveries.nextDue([AMO], BEGIN), null);
    t.equal(store.deliveries.nextDue([], BEGIN), null);
    const head = claimOne(store);
    t.equal(store.deliveries.nextDue([B24], BEGIN), BEGIN + LEASE_MS, 'what waits behind a head is not due');
    store.deliveries.settle(head, { state: 'deferred', reason: '503', notBefore: instant(BEGIN + 9_000) }, BEGIN);
    t.equal(store.deliveries.nextDue([AMO, B24], BEGIN), BEGIN + 9_000);
    t.equal(store.deliveries.nextDue([B24], LATER), LATER, 'never in the past');
    store.deliveries.settle(claimOne(store, { now: LATER }), { state: 'held', reason: '401' }, LATER);
    t.equal(store.deliveries.nextDue([B24], LATER), null);
  },

  // ------------------------------------------------------------------------------------------------ the operator

  'held ones are released per account': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a']));
    store.journal.commit(told('17', ['b'], AMO));
    for (const one of claim(store, { accounts: [B24, AMO] })) store.deliveries.settle(one, { state: 'held', reason: '401' }, BEGIN);
    t.same(store.deliveries.count(), { held: 2 });
    t.equal(store.deliveries.release(B24, BEGIN), 1);
    t.equal(store.deliveries.release(B24, BEGIN), 0);
    t.same(facts(claim(store, { accounts: [B24, AMO] })), ['a']);
  },

  'retry brings back what rests, with fresh attempts': (t, open) => {
    const store = open();
    const states = ['dead', 'held', 'deferred'] as const;
    for (const state of states) {
      store.journal.commit(told(state, [state]));
      store.deliveries.settle(claimOne(store), { state, reason: 'x', notBefore: LATER }, BEGIN);
    }
    store.journal.commit(told('dropped', ['dropped']));
    const [dropped] = store.deliveries.list({ call: keyOf('dropped'), limit: 1 });
    t.ok(dropped !== undefined && store.deliveries.drop(dropped.id, 'why not', BEGIN));
    t.match(dropped && store.deliveries.get(dropped.id), { state: 'dropped', reason: 'why not' });
    for (const one of store.deliveries.list({ limit: 9 })) t.ok(store.deliveries.retry(one.id, BEGIN), one.state);
    t.match(claim(store), ['dead', 'held', 'deferred', 'dropped'].map(() => ({ attempts: 1 })));
  },

  'retry and drop refuse what is under way, over, or not there': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a']));
    const head = claimOne(store);
    t.notOk(store.deliveries.retry(head.id, BEGIN));
    t.notOk(store.deliveries.drop(head.id, 'x', BEGIN));
    done(store, head);
    t.notOk(store.deliveries.retry(head.id, BEGIN));
    t.notOk(store.deliveries.drop(head.id, 'x', BEGIN));
    for (const id of ['99', '', '-1', '1; drop table deliveries', `${head.id} or 1=1`] as DeliveryId[]) {
      t.equal(store.deliveries.get(id), null);
      t.notOk(store.deliveries.retry(id, BEGIN));
      t.notOk(store.deliveries.drop(id, 'x', BEGIN));
    }
  },

  'a dead one that is revived goes first, but never beside the one under way': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a', 'b', 'c']));
    const dead = claimOne(store);
    store.deliveries.settle(dead, { state: 'dead', reason: '400' }, BEGIN);
    const underWay = claimOne(store);
    t.same(facts([underWay]), ['b']);
    t.ok(store.deliveries.retry(dead.id, BEGIN));
    t.same(claim(store), []);
    t.ok(done(store, underWay));
    const revived = claimOne(store);
    t.same(facts([revived]), ['a']);
    t.ok(done(store, revived));
    t.same(facts(claim(store)), ['c']);
  },

  'deliveries are listed newest first, by state, account and call': (t, open) => {
    const store = open();
    store.journal.commit(told('17', ['a', 'b']));
    store.journal.commit(told('18', ['c'], AMO));
    const { deliveries } = store;
    t.same(facts(deliveries.list({ limit: 9 })), ['c', 'b', 'a']);
    t.same(facts(deliveries.list({ limit: 1 })), ['c']);
    t.same(facts(deliveries.list({ call: keyOf('17'), limit: 9 })), ['b', 'a']);
    t.same(facts(deliveries.list({ account: AMO, state: 'pending', limit: 9 })), ['c']);
    t.same(facts(deliveries.list({ state: 'dead', limit: 9 })), []);
  },

  // ------------------------------------------------------------------------------------------------ memory and recordings

  'a call\'s memory is per account, call and key, and survives a restart': (t, open) => {
    const first = open();
    first.memory.set(B24, keyOf('17'), 'CALL_ID', 'old');
    first.memory.set(B24, keyOf('17'), 'CALL_ID', 'externalCall.1');
    first.close();
    const { memory } = open();
    t.equal(memory.get(B24, keyOf('17'), 'CALL_ID'), 'externalCall.1');
    t.equal(memory.get(AMO, keyOf('17'), 'CALL_ID'), null);
    t.equal(memory.get(B24, keyOf('18'), 'CALL_ID'), null);
    t.equal(memory.get(B24, keyOf('17'), 'OTHER'), null);
  },

  'a recording goes through its states, due while it has work left': (t, open) => {
    const { journal, recordings } = open();
    const { id } = recording('17');
    journal.commit(commit({ recordings: [recording('17')] }));
    t.match(recordings.due(BEGIN, 9), [{ id, state: 'closed', bytesClaimed: 96_044, certain: true, attempts: 0, call: keyOf('17') }]);
    recordings.patch(id, { state: 'spooled', attempts: 1, notBefore: instant(BEGIN + 500) }, BEGIN);
    t.same(recordings.due(BEGIN, 9), []);
    t.equal(recordings.nextDue(BEGIN), BEGIN + 500);
    t.equal(recordings.nextDue(LATER), LATER);
    t.match(recordings.due(LATER, 9), [{ state: 'spooled', attempts: 1 }]);
    recordings.patch(id, { state: 'uploaded', mp3: '/x.mp3', seconds: 12.5, bytes: 99, sha256: 'ab', reason: 'r' }, BEGIN);
    t.same(recordings.due(LATER, 9), []);
    t.equal(recordings.nextDue(LATER), null);
    t.match(recordings.get(id), { state: 'uploaded', mp3: '/x.mp3', seconds: 12.5, bytes: 99, sha256: 'ab', reason: 'r' });
    recordings.patch(id, { mp3: null }, BEGIN);
    t.match(recordings.get(id), { mp3: null, seconds: 12.5 });
    t.throws(() => recordings.patch('main/none' as RecordingId, { state: 'broken' }, BEGIN), { code: 'STORE_NO_ROW' });
    t.equal(recordings.get('main/none' as RecordingId), null);
  },

  'ready writes the state, the fact and its deliveries together, or nothing': (t, open) => {
    const { journal, recordings, deliveries } = open();
    const { id } = recording('17');
    const fact = ended('17', 'ready');
    journal.commit(commit({ recordings: [recording('17')] }));
    t.throws(() => recordings.ready(id, { state: 'encoded' }, fact, [delivery(ended('99'))], BEGIN));
    t.match(recordings.get(id), { state: 'closed' });
    t.equal(journal.fact(fact.id), null);
    recordings.ready(id, { state: 'encoded', mp3: '/x.mp3' }, fact, [delivery(fact)], BEGIN);
    recordings.ready(id, { state: 'encoded', mp3: '/x.mp3' }, fact, [delivery(fact)], BEGIN);
    t.match(recordings.get(id), { state: 'encoded', mp3: '/x.mp3' });
    t.same(deliveries.count(), { pending: 1 });
  },

  'what is written together is committed together, hand-overs too': (t, open) => {
    const { journal, recordings, deliveries } = open();
    const ids = ['17', '18'].map((linkedid) => recording(linkedid).id);
    const fact = ended('17');
    journal.commit(commit({ recordings: [recording('17'), recording('18')] }));
    const both = (): void => {
      for (const id of ids) recordings.patch(id, { state: 'encoded', channels: 'mono' }, BEGIN);
      recordings.ready(ids[0] as RecordingId, { state: 'uploaded', mp3: '/x.mp3' }, fact, [delivery(fact)], BEGIN);
      t.match(recordings.get(ids[0] as RecordingId), { state: 'uploaded' }, 'it is seen from inside');
    };
    t.throws(() => { recordings.together(() => { both(); throw new Error('no'); }); }, { message: 'no' });
    t.same(ids.map((id) => recordings.get(id)?.state), ['closed', 'closed'], 'nothing of it');
    t.same([journal.facts(fact.call).length, deliveries.list({ limit: 9 }).length], [0, 0]);
    recordings.together(both);
    t.same(ids.map((id) => recordings.get(id)?.state), ['uploaded', 'encoded']);
    t.same([journal.facts(fact.call).length, deliveries.list({ limit: 9 }).length], [1, 1]);
    t.throws(() => recordings.ready(ids[1] as RecordingId, { state: 'uploaded' }, ended('98'), [delivery(ended('99'))], BEGIN));
    t.match(recordings.get(ids[1] as RecordingId), { state: 'encoded' }, 'afterwards each is a transaction of its own again');
  },

  'retry takes a broken recording up where it broke': (t, open) => {
    const { journal, recordings } = open();
    const { id } = recording('17');
    journal.commit(commit({ recordings: [recording('17')] }));
    recordings.patch(id, { state: 'spooled' }, BEGIN);
    recordings.patch(id, { state: 'broken', attempts: 9, reason: 'lame' }, BEGIN);
    recordings.patch(id, { state: 'broken' }, BEGIN);
    t.ok(recordings.retry(id, LATER));
    t.match(recordings.get(id), { state: 'spooled', attempts: 0, notBefore: LATER, reason: '' });
    recordings.patch(id, { state: 'told' }, BEGIN);
    t.notOk(recordings.retry(id, LATER));
    t.notOk(recordings.retry('main/none' as RecordingId, LATER));
  },

  'recordings are listed newest first, by state and call': (t, open) => {
    const { journal, recordings } = open();
    for (const [at, linkedid] of ['17', '18', '19'].entries()) journal.commit(commit({ at: instant(BEGIN + at), recordings: [recording(linkedid)] }));
    recordings.patch(recording('18').id, { state: 'told' }, BEGIN);
    t.same(recordings.list({ limit: 2 }).map((row) => row.call), [keyOf('19'), keyOf('18')]);
    t.same(recordings.list({ state: 'closed', limit: 9 }).map((row) => row.call), [keyOf('19'), keyOf('17')]);
    t.same(recordings.list({ call: keyOf('17'), limit: 9 }).map((row) => row.call), [keyOf('17')]);
  },

  'recordings are paged oldest first, each once, also where many have one age': (t, open) => {
    const { journal, recordings } = open();
    const numbers = ['17', '18', '19', '20', '21'];
    journal.commit(commit({ recordings: numbers.slice(0, 3).toReversed().map((linkedid) => recording(linkedid)) }));
    for (const linkedid of numbers.slice(3)) journal.commit(commit({ at: instant(BEGIN + Number(linkedid)), recordings: [recording(linkedid)] }));
    const found: string[] = [];
    for (let after = recordings.page({ after: null, limit: 2 }); after.length > 0; after = recordings.page({ after: after.at(-1) ?? null, limit: 2 })) found.push(...after.map(({ call }) => call));
    t.same(found, numbers.map((linkedid) => keyOf(linkedid)));
    t.same(recordings.page({ after: null, limit: 9, from: instant(BEGIN + 20), to: instant(BEGIN + 21) }).map(({ call }) => call), [keyOf('20')]);
  },

  'the manifest of a recording: legs and pauses from its call, the rest as it becomes known': (t, open) => {
    const { journal, recordings } = open();
    const { id } = recording('17');
    const [talked, pauses] = [['219' as Extension, '220' as Extension], [{ fromMs: 1_000, toMs: 2_500 }]];
    journal.commit(commit({ recordings: [{ ...recording('17'), talked, pauses }] }));
    t.match(recordings.get(id), { talked, pauses, silenceSeconds: null, channels: null, stored: null, upload: null, hold: '', purgedAt: null });
    recordings.patch(id, { silenceSeconds: 1.25, channels: 'stereo', stored: 's3://b/k', upload: '{"key":1}', hold: 'case 42' }, BEGIN);
    t.match(recordings.get(id), { talked, pauses, silenceSeconds: 1.25, channels: 'stereo', stored: 's3://b/k', upload: '{"key":1}', hold: 'case 42' });
    recordings.patch(id, { state: 'purged', hold: '', stored: null, upload: null, purgedAt: instant(BEGIN + 5) }, BEGIN);
    t.match(recordings.get(id), { hold: '', stored: null, upload: null, purgedAt: BEGIN + 5, channels: 'stereo' });
    t.throws(() => recordings.patch(id, { channels: 'quadro' as 'stereo' }, BEGIN));
  },

  // ------------------------------------------------------------------------------------------------ tenants, processes, crashes

  'two tenants in one place do not see each other': (t, open) => {
    const [mine, theirs] = [open('mine'), open('theirs')];
    const change = { ...told('17', ['a']), keep: [openCall('17')], recordings: [recording('17')], notes: [{ call: keyOf('17'), at: BEGIN, text: 'secret' }] };
    const empty = everything(theirs);
    mine.journal.commit(change);
    mine.memory.set(B24, keyOf('17'), 'k', 'v');
    const [delivery] = mine.deliveries.list({ limit: 1 });
    if (delivery === undefined) throw new Error('not there');
    t.same(everything(theirs), empty);
    t.equal(theirs.deliveries.get(delivery.id), null);
    t.notOk(theirs.deliveries.drop(delivery.id, 'x', BEGIN));
    t.equal(theirs.recordings.get(recording('17').id), null);
    t.notOk(theirs.recordings.retry(recording('17').id, BEGIN));
    t.equal(theirs.memory.get(B24, keyOf('17'), 'k'), null);
    t.same(claim(theirs), []);
    t.equal(theirs.deliveries.nextDue([B24], BEGIN), null);
    const taken = claimOne(mine);
    t.notOk(done(theirs, taken));
    t.same(theirs.journal.commit(change), [ended('17', 'a').id], 'the same ids are new to the other tenant');
    t.equal(claimOne(theirs).tenant, 'theirs');
  },

  'what was committed survives kill -9': async (t, open, place) => {
    const committer = child(t, 'committer', place);
    const [line] = await once(committer.lines, 'line') as [string];
    t.equal(line, 'committed');
    committer.process.kill('SIGKILL');
    t.same(await committer.gone, [null, 'SIGKILL']);
    const { journal, deliveries, recordings } = open();
    t.same(journal.openCalls(PBX), [openCall('17')]);
    t.same(journal.facts(keyOf('17')), [ended('17', 'a')]);
    t.same(deliveries.count(), { pending: 1 });
    t.match(recordings.get(recording('17').id), { state: 'closed' });
  },

  'two processes that claim at once never get the same delivery': async (t, open, place) => {
    const total = 120;
    const store = open();
    for (let number = 0; number < total; number += 1) store.journal.commit(told(String(number), ['a']));
    const claimers = ['one', 'two'].map((name) => child(t, 'claimer', place, name));
    await Promise.all(claimers.map(({ lines }) => once(lines, 'line')));
    const got = claimers.map(linesOf);
    for (const { process: { stdin } } of claimers) stdin.end('go\n');
    const ids = (await Promise.all(got)).flat();
    t.equal(ids.length, total);
    t.equal(new Set(ids).size, total);
    t.same(store.deliveries.count(), { done: total });
  },

  'processes that open a new place at once all get it': async (t, _open, place) => {
    const openers = ['1', '2', '3', '4'].map((name) => child(t, 'opener', place, name));
    const exits = await Promise.all(openers.map(({ gone }) => gone));
    t.same(exits, openers.map(() => [0, null]));
  },
};

/** Everything that a tenant can see. */
function everything({ journal, deliveries, recordings }: Store): unknown {
  const call = keyOf('17');
  return { open: journal.openCalls(PBX), calls: journal.calls({ limit: 99 }), facts: journal.facts(call), notes: journal.notes(call),
    deliveries: deliveries.list({ limit: 99 }), counts: deliveries.count(), recordings: recordings.list({ limit: 99 }), due: recordings.due(LATER, 99) };
}
