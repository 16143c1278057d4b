/** Events in, one transaction out, over a real SQLite store that refuses when the test says so. */
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Pump, type PumpTools } from '../../app/pump.ts';
import type { Event } from '../../core/events.ts';
import type { Plan } from '../../core/plan.ts';
import type { Commit, Journal, Store } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, instant, type LegId, type Linkedid } from '../../core/words.ts';
import { StoreError } from '../../store/errors.ts';
import { openStore } from '../../store/open.ts';
import { eventsOf, factsOf, headersOf, PBX } from '../captures/story.ts';
import { memoryLog } from '../fakes/agi.ts';
import { capturePath } from '../fakes/story.ts';
import { folder } from './bench.ts';

const B24 = 'b24' as AccountId;
const PLAN: Plan = { accounts: [B24], lines: [] };
const story = (name: string): readonly Event[] => eventsOf(headersOf(capturePath(name)));
const idsOf = (events: readonly Event[]): readonly string[] => factsOf(events).map((fact) => fact.id);
const INBOUND = 'b1_inbound_blind_refer';

type Refusal = 'no' | 'before' | 'after';
interface Scene { readonly pump: Pump; readonly store: Store; readonly commits: Commit[]; readonly log: ReturnType<typeof memoryLog>; refuse: Refusal; tries: number; woken: number; committed(count: number): Promise<void> }

/** `refuse`: `before` = nothing was written; `after` = everything was, and the answer is an error all the same. */
function scene(t: Test, given: Partial<PumpTools> & { readonly path?: string } = {}): Scene {
  const store = openStore({ url: 'sqlite:callme.db', dataDir: given.path ?? folder(t), tenant: DEFAULT_TENANT });
  const log = memoryLog();
  const waiting: (() => void)[] = [];
  const journal: Journal = { ...store.journal, commit: (change) => {
    state.tries += 1;
    try {
      if (state.refuse === 'before') throw new StoreError('STORE_FULL', 'no space left');
      const fresh = store.journal.commit(change);
      if (state.refuse === 'after') throw new StoreError('STORE_IO', 'the disk refused');
      state.commits.push(change);
      return fresh;
    } finally {
      for (const wake of waiting.splice(0)) wake();
    }
  } };
  const commits: Commit[] = [];
  const pump = new Pump({ pbx: PBX, journal, plan: PLAN, log, clock: { now: () => instant(Date.now()) }, onFacts: () => { state.woken += 1; }, onOverflow: () => { throw new Error('too much'); }, ...given });
  const state: Scene = { pump, store, commits, log, refuse: 'no', tries: 0, woken: 0,
    committed: async (count) => { while (commits.length < count) await new Promise<void>((resolve) => { waiting.push(resolve); }); } };
  t.teardown(() => { pump.stop(); store.close(); });
  return state;
}

const tried = async (state: Scene, count: number): Promise<void> => { while (state.tries < count) await turn(); };
const told = ({ commits }: Scene): readonly string[] => commits.flatMap((commit) => commit.facts.map((fact) => fact.id));
const delivered = ({ store }: Scene): readonly string[] => store.deliveries.list({ limit: 1000 }).map((delivery) => delivery.fact.id).sort();
/** Changes the call's snapshot and tells nothing. */
const opened = (n: number): Event => ({ kind: 'leg-opened', pbx: PBX, at: instant(n), leg: `i.${n}` as LegId, linked: `i.${n}` as Linkedid, name: `PJSIP/219-${n}`, party: { kind: 'unknown', number: '', name: '' }, dialled: '', context: '', incoming: true, line: '' });

t.test('what came in one turn is one transaction: facts, deliveries, recordings, and no snapshot of what is over', async (t) => {
  const state = scene(t);
  const events = story(INBOUND);
  state.pump.push(events);
  await state.committed(1);
  t.equal(state.commits.length, 1, 'one commit');
  t.same(told(state), idsOf(events), 'all facts, in order');
  t.equal(state.woken, 1, 'the rooms are woken once');
  t.same(state.commits.map(({ keep, forget }) => [keep, forget]), [[[], ['main/1795168702.6']]], 'of what is over no snapshot is kept');
  t.same(state.store.journal.openCalls(PBX), []);
  t.equal(state.pump.openCalls, 0);
  t.same(state.store.recordings.list({ limit: 9 }).map((row) => [row.file, row.state]), [['2026/11/20/call-1795168702.6.wav', 'closed']]);
  t.same(delivered(state), idsOf(events).filter((id) => !/#(started|recording)/.test(id)).toSorted());
});

for (const refuse of ['before', 'after'] as const) {
  t.test(`a store that refuses (${refuse} it wrote) loses nothing, doubles nothing and keeps the order`, async (t) => {
    const state = scene(t);
    const events = [...story(INBOUND), ...story('e3_unanswered')];
    state.refuse = refuse;
    for (const [index, event] of events.entries()) {
      state.pump.push([event]);
      if (index % 50 === 0) await turn();
    }
    await tried(state, 2);
    t.ok(state.pump.refused, 'it says so');
    t.equal(state.woken, 0, 'nobody is woken for what is not on the disk');
    state.refuse = 'no';
    await state.committed(1);
    while (state.pump.openCalls > 0) await turn();
    state.pump.stop();
    t.notOk(state.pump.refused);
    const ids = idsOf(events);
    t.same(['1795168702.6', '1795168934.87'].flatMap((call) => state.store.journal.facts(`main/${call}` as never)).map((fact) => fact.id), ids, 'each fact once, in order');
    t.same(delivered(state), ids.filter((id) => !/#(started|recording)/.test(id)).toSorted(), 'each delivery once');
    t.match(state.log.lines, [{ level: 'error', message: /the store refused a commit/ }]);
  });
}

t.test('snapshots alone wait for company', async (t) => {
  const state = scene(t);
  state.pump.push([opened(1)]);
  for (let count = 0; count < 5; count += 1) await turn();
  t.equal(state.tries, 0, 'they are worth no fsync of their own');
  await t.test('but not for ever', async (t) => {
    await state.committed(1);
    t.same(state.store.journal.openCalls(PBX).map((call) => call.key), ['main/i.1']);
  });
  await t.test('and not at a stop', async (t) => {
    state.pump.push([opened(2)]);
    state.pump.stop();
    t.same(state.store.journal.openCalls(PBX).map((call) => call.key).toSorted(), ['main/i.1', 'main/i.2']);
  });
});

t.test('a snapshot is written although the PBX never falls silent', async (t) => {
  const state = scene(t);
  const patience = AbortSignal.timeout(10_000);
  for (let n = 1; !patience.aborted && state.commits.length === 0; n += 1) {
    state.pump.push([opened(1 + (n % 50))]);
    await turn();
  }
  t.equal(state.commits.length, 1);
});

t.test('a crowd shares a commit, a few do not wait', async (t) => {
  const state = scene(t);
  const events = story(INBOUND);
  const [some, more, rest] = [events.slice(0, 100), events.slice(100, 200), events.slice(200)];
  state.pump.push(some);
  await turn();
  state.pump.push(more);
  await turn();
  state.pump.push(rest);
  await state.committed(1);
  t.equal(state.commits.length, 1);
  t.same(told(state), idsOf(events));
  const few = story('e3_unanswered').slice(0, 40);
  state.pump.push(few);
  await turn();
  t.equal(state.commits.length, 2, 'after one turn');
});

t.test('a long queue is worked off a transaction a turn: others run in between', async (t) => {
  const state = scene(t);
  const events = Array.from({ length: 40 }, () => story(INBOUND)).flatMap((one, copy) => one.map((event): Event =>
    ('linked' in event ? { ...event, linked: `${event.linked}-${copy}` as Linkedid, ...('leg' in event ? { leg: `${event.leg}-${copy}` as LegId } : {}), ...('bridge' in event ? { bridge: `${event.bridge}-${copy}` } : {}) } : event)));
  t.ok(events.length > 6_000, `${events.length} events`);
  state.refuse = 'before';
  state.pump.push(events);
  await tried(state, 1);
  state.refuse = 'no';
  await state.committed(1);
  t.equal(state.commits.length, 1, 'the first transaction, and then a turn for others');
  while (state.pump.openCalls > 0 || told(state).length < idsOf(events).length) await turn();
  t.same(told(state), idsOf(events));
});

t.test('too much while the store refuses: the link is closed by an error, and the resync heals', async (t) => {
  const state = scene(t);
  const inbound = story(INBOUND);
  state.refuse = 'before';
  state.pump.push(inbound);
  await tried(state, 1);
  const flood = Array.from({ length: 200_000 - inbound.length }, (): Event => ({ kind: 'link-alive', pbx: PBX, at: instant(1) }));
  state.pump.push(flood);
  state.pump.note({ kind: 'link-alive', pbx: PBX, at: instant(1) });
  t.pass('what the PBX did not say is left out: no resync would be asked for');
  t.throws(() => { state.pump.push([opened(1)]); }, { message: 'too much' });
  t.match(state.log.lines.at(-1), { level: 'error', message: /asked anew who lives/ });
  // What the supervisor tells then: lost, and with nobody known that changes nothing.
  state.pump.push([{ kind: 'link-lost', pbx: PBX, at: instant(2) }]);
  while (state.pump.refused) await turn();
  state.refuse = 'no';
  const later = story('n1_resync_midcall');
  state.pump.push(later);
  await state.committed(1);
  while (state.pump.openCalls > 0) await turn();
  t.same(told(state), idsOf(later), 'it hears again');
});

t.test('what was decided before an overflow stays decided', async (t) => {
  const state = scene(t);
  const events = story(INBOUND);
  const talking = events.findIndex((event) => event.kind === 'blind-transferred');
  state.pump.push(events.slice(0, talking));
  await state.committed(1);
  state.refuse = 'before';
  t.throws(() => { state.pump.push(Array.from({ length: 200_001 }, () => opened(1))); });
  t.equal(state.pump.openCalls, 1);
  state.refuse = 'no';
  state.pump.push(events.slice(talking));
  state.pump.stop();
  t.same(told(state), idsOf(events));
});

t.test('a stop does not wait for a store that refuses, and leaves no timer', async (t) => {
  const state = scene(t);
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate').length;
  const before = timers();
  state.refuse = 'before';
  state.pump.push(story(INBOUND));
  await tried(state, 1);
  state.pump.stop();
  t.equal(timers(), before);
  await t.test('and a start after it goes on', async (t) => {
    state.refuse = 'no';
    state.pump.push([{ kind: 'link-alive', pbx: PBX, at: instant(1) }]);
    await state.committed(1);
    t.same(told(state), idsOf(story(INBOUND)));
  });
});

t.test('a new process goes on where the last one stopped, at each event', async (t) => {
  const events = story(INBOUND);
  for (const cut of Array.from({ length: 9 }, (_each, index) => 20 * (index + 1))) {
    const path = folder(t);
    const first = scene(t, { path });
    first.pump.push(events.slice(0, cut));
    first.pump.stop();
    const second = scene(t, { path });
    second.pump.push(events.slice(cut));
    second.pump.stop();
    t.same([...told(first), ...told(second)], idsOf(events), `cut before event ${cut} of ${events.length}`);
  }
});
