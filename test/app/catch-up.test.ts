/** A gap is read in the PBX's own books: every story, cut at every fifth event, by a restart and by a lost link. */
import t, { type Test } from 'tap';
import { Pump } from '../../app/pump.ts';
import { CatchUp, DEADLINE_MS, OVERLAP_MS } from '../../app/reconcile/catch-up.ts';
import type { Event, Resynced } from '../../core/events.ts';
import type { CallEnded } from '../../core/facts.ts';
import { phoneKey } from '../../core/phone.ts';
import type { Plan } from '../../core/plan.ts';
import type { Store, Window } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, instant } from '../../core/words.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { factsOf, PBX } from '../captures/story.ts';
import { stories } from '../core/stories.ts';
import { memoryLog } from '../fakes/agi.ts';
import { aliveAfter, type FakeBooks, fakeBooks, paced, silent } from '../fakes/books-fake.ts';
import { FakeTime } from '../fakes/time.ts';

t.setTimeout(180_000);

const PLAN: Plan = { accounts: ['b24' as AccountId], lines: [] };
/** One event a second: the overlap is five events long. */
const SECOND = 1_000;
const whole = stories.filter(({ events }) => !events.some(({ kind }) => kind === 'resynced' || kind === 'pbx-stopped')).map(({ name, events }) => ({ name, events: paced(events, SECOND) }));

interface Scene { readonly store: Store; readonly pump: Pump; readonly catchUp: CatchUp; readonly books: FakeBooks; readonly log: ReturnType<typeof memoryLog>; readonly time: FakeTime; readonly gaps: Window[]; over(): Promise<void> }

function scene(given: { readonly books: FakeBooks | null; readonly store?: Store }): Scene {
  const store = given.store ?? openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  const log = memoryLog();
  const time = new FakeTime();
  const gaps: Window[] = [];
  const pump = new Pump({ pbx: PBX, journal: store.journal, plan: PLAN, log, clock: { now: () => instant(Date.UTC(2026, 10, 20, 12)) }, onFacts: () => undefined, onOverflow: () => { throw new Error('too much'); } });
  const catchUp = new CatchUp({ pbx: PBX, books: given.books, journal: store.journal, pipe: pump, log, timers: time, onGap: (gap) => { gaps.push(gap); } });
  return { store, pump, catchUp, books: given.books ?? fakeBooks([]), log, time, gaps, over: async () => { while (catchUp.isReading) await time.settle(); } };
}

const resyncedAfter = (events: readonly Event[], at: number): Resynced => ({ kind: 'resynced', pbx: PBX, at: instant(at), alive: aliveAfter(events) });
const instantOf = (events: readonly Event[], index: number): number => events[index]?.at ?? 0;

/**
 * What the CRM hears of the end. Where the link comes back in the few milliseconds between two events that belong together, who lives is told
 * in the middle of a change, and doubted: between Newchannel and DialBegin the number is the one that was dialled, `8` included.
 */
const tellable = ({ id, direction, client, outcome, owner, talked, talkSeconds, handOvers, startedAt }: CallEnded): unknown =>
  ({ id, direction, client: phoneKey(client.number), outcome, owner, talked, talkSeconds, handOvers: handOvers.map(({ from, to }) => [from, to]), startedAt });
/** What is over when the link comes back is known as if it had been heard. */
const exact = ({ certain, dialStatus, rang, client }: CallEnded): unknown => ({ certain, dialStatus, rang, client: client.number });
const endsOf = (events: readonly Event[]): readonly CallEnded[] => factsOf(events).filter((fact) => fact.kind === 'call-ended');
const byId = (ends: readonly CallEnded[], isOver: boolean): readonly unknown[] =>
  ends.toSorted((one, other) => one.id.localeCompare(other.id)).map((end) => [tellable(end), isOver ? exact(end) : null]);
const storedEnds = ({ journal }: Store): readonly CallEnded[] => journal.calls({ limit: 99 }).flatMap(({ id }) => journal.facts(id)).filter((fact) => fact.kind === 'call-ended');

/** Heard up to `cut`, deaf until `back`, heard from two events before it on: those are in the books, too. */
async function interrupted(events: readonly Event[], { cut, back, restart, fromWindow }: { readonly cut: number; readonly back: number; readonly restart: boolean; readonly fromWindow: boolean }): Promise<Scene> {
  const books = fakeBooks(events.slice(0, back), { fromWindow });
  let here = scene({ books });
  const lostAt = instant(instantOf(events, cut - 1));
  here.pump.push(events.slice(0, cut));
  if (!restart) here.pump.push([{ kind: 'link-lost', pbx: PBX, at: lostAt }]);
  here.pump.stop();
  here.store.journal.heard(PBX, lostAt);
  if (restart) here = scene({ books, store: here.store });
  here.catchUp.resynced(resyncedAfter(events.slice(0, back), instantOf(events, back - 1) + 1));
  here.catchUp.hear(events.slice(Math.max(cut, back - 2)));
  await here.over();
  here.pump.stop();
  return here;
}

for (const restart of [true, false]) {
  for (const fromWindow of [false, true]) {
    t.test(`every story cut at every fifth event, ${restart ? 'by a restart' : 'by a lost link'}, books ${fromWindow ? 'of the window alone' : 'of whole calls'}: the same ends, none twice`, async (t) => {
      for (const { name, events } of whole) {
        for (let cut = 5; cut < events.length; cut += 5) {
          // A short gap, a long one, one to the end: in turn.
          const back = Math.min([cut + 3, cut + 20, events.length][(cut / 5) % 3] ?? 0, events.length);
          {
            const { store, log } = await interrupted(events, { cut, back, restart, fromWindow });
            const expected = byId(endsOf(events), back === events.length);
            const told = byId(storedEnds(store), back === events.length);
            const open = store.journal.openCalls(PBX).length;
            const deliveries = store.deliveries.list({ limit: 999 }).filter(({ fact }) => fact.kind === 'call-ended').length;
            store.close();
            if (JSON.stringify(told) === JSON.stringify(expected) && open === 0 && deliveries === endsOf(events).filter(({ direction }) => direction !== 'internal').length) continue;
            t.same(told, expected, `${name}: deaf from ${cut} to ${back} of ${events.length}`);
            t.same({ open, log: log.lines.filter(({ level }) => level !== 'info') }, { open: 0, log: [] });
            return;
          }
        }
      }
      t.pass('every cut of every story');
    });
  }
}

const [story] = whole.filter(({ name }) => name === '22.10.1/b1_inbound_blind_refer.txt');
const told = story?.events ?? [];
const CUT = 60;

/** Heard up to the cut, then lost; the link is back after `back` events. */
function lost(t: Test, given: { readonly books: FakeBooks | null; readonly back?: number }): Scene & { readonly back: number; readonly resynced: Resynced } {
  const here = scene(given);
  const back = given.back ?? told.length;
  t.teardown(() => { here.pump.stop(); here.store.close(); });
  here.pump.push([...told.slice(0, CUT), { kind: 'link-lost', pbx: PBX, at: instant(instantOf(told, CUT)) }]);
  here.pump.stop();
  here.store.journal.heard(PBX, instant(instantOf(told, CUT)));
  return { ...here, back, resynced: resyncedAfter(told.slice(0, back), instantOf(told, back - 1) + 1) };
}
const warnings = ({ log }: Scene): readonly unknown[] => log.lines.filter(({ level }) => level === 'warn').map(({ fields, message }) => [fields['code'], message]);
const facts = ({ store }: Scene) => store.journal.calls({ limit: 9 }).flatMap(({ id }) => store.journal.facts(id));

t.test('the books are asked from a little before the gap, and what they tell is marked: facts, and no pop-ups', async (t) => {
  const here = lost(t, { books: fakeBooks(told) });
  const before = facts(here).length;
  here.catchUp.resynced(here.resynced);
  t.ok(here.catchUp.isReading);
  await here.over();
  here.pump.stop();
  t.same(here.books.asked, [{ from: instantOf(told, CUT) - OVERLAP_MS, to: here.resynced.at }]);
  t.same(here.gaps, [{ from: instantOf(told, CUT), to: here.resynced.at }]);
  const fresh = facts(here).slice(before);
  t.same(new Set(fresh.map(({ source }) => source)), new Set(['reconciled']));
  t.ok(fresh.some(({ kind }) => kind === 'employee-ringing'), 'who rang is known');
  const planned = here.store.deliveries.list({ limit: 99 }).map(({ fact }) => fact).filter((fact) => fact.source === 'reconciled');
  t.same(planned.map(({ kind }) => kind), ['call-ended'], 'of a call that was offered live only its end is told');
});

t.test('what comes meanwhile waits, in its order, and what comes later is live again', async (t) => {
  const back = 100;
  const here = lost(t, { books: fakeBooks(told.slice(0, back)), back });
  const answer = Promise.withResolvers<undefined>();
  here.books.fail = (): ReturnType<FakeBooks['read']> => answer.promise.then(() => { here.books.fail = null; return here.books.read({ from: instant(0), to: here.resynced.at }, new AbortController().signal); });
  here.catchUp.resynced(here.resynced);
  for (const event of told.slice(back)) here.catchUp.hear([event]);
  await here.time.settle();
  t.same(endsIn(here), [], 'nothing of it is told yet');
  answer.resolve(undefined);
  await here.over();
  here.pump.stop();
  t.same(byId(storedEnds(here.store), true), byId(endsOf(told), true));
  t.equal(facts(here).find(({ kind }) => kind === 'call-ended')?.source, 'live');
});
const endsIn = (here: Scene): readonly unknown[] => facts(here).filter(({ kind }) => kind === 'call-ended');

const refused = Object.assign(new Error('access denied for user callme'), { code: 'BOOKS_DENIED', remedy: 'grant select' });
const failures: readonly (readonly [string, (here: Scene) => Promise<void> | void, NonNullable<FakeBooks['fail']>, RegExp])[] = [
  ['refuses', () => undefined, () => Promise.reject(refused), /BOOKS_DENIED.*access denied/],
  ['does not answer in time, and does not obey its signal', (here) => here.time.advance(DEADLINE_MS), silent, /BOOKS_LATE.*10 s/],
  ['lets too much come meanwhile', (here) => { here.catchUp.hear(Array.from({ length: 100_001 }, () => ({ kind: 'link-alive', pbx: PBX, at: here.time.now() }))); }, silent, /BOOKS_HELD_TOO_MUCH/],
];
for (const [name, then, fail, said] of failures) {
  t.test(`a source that ${name}: a warning with a remedy, and the end is concluded as without books`, async (t) => {
    const here = lost(t, { books: fakeBooks(told) });
    here.books.fail = fail;
    here.catchUp.resynced(here.resynced);
    await then(here);
    await here.over();
    here.pump.stop();
    t.match(JSON.stringify(warnings(here)), said);
    t.ok(here.log.lines.every(({ level, fields }) => level !== 'warn' || fields['remedy'] !== ''));
    t.match(storedEnds(here.store), [{ certain: false, source: 'live' }]);
    t.equal(here.gaps.length, 1, 'the books are looked at again later');
    t.equal(here.time.pending, 0, 'no timer is left');
  });
}

t.test('a link that is lost again while the books are read: nothing is concluded, and the gap goes on from where it began', async (t) => {
  const here = lost(t, { books: fakeBooks(told) });
  here.books.fail = silent;
  here.catchUp.resynced(here.resynced);
  here.catchUp.hear(told.slice(-1));
  t.ok(here.catchUp.forget());
  await here.time.settle();
  here.pump.flush();
  t.same([endsIn(here), here.gaps, warnings(here)], [[], [], []]);
  here.books.fail = null;
  here.catchUp.resynced(here.resynced);
  await here.over();
  here.pump.stop();
  t.equal(here.books.asked[1]?.from, here.books.asked[0]?.from);
  t.same(byId(storedEnds(here.store), true), byId(endsOf(told), true));
  t.notOk(here.catchUp.forget(), 'and afterwards there is nothing to forget');
});

t.test('a PBX that was never heard, or that has no books, is not asked', async (t) => {
  for (const books of [fakeBooks(told), null]) {
    const here = scene({ books });
    if (books === null) here.store.journal.heard(PBX, instant(1));
    here.catchUp.resynced(resyncedAfter(told, instantOf(told, told.length - 1)));
    t.notOk(here.catchUp.isReading);
    here.pump.stop();
    t.same([here.books.asked, here.gaps, facts(here)], [[], [], []]);
    here.store.close();
  }
});

t.test('rows that could not be read are named', async (t) => {
  const here = lost(t, { books: fakeBooks(told) });
  here.books.unreadable = [{ where: 'Master.csv line 17', why: 'no such date' }];
  here.catchUp.resynced(here.resynced);
  await here.over();
  t.match(here.log.lines.filter(({ level }) => level === 'warn'), [{ fields: { count: 1, rows: [{ where: 'Master.csv line 17' }] } }]);
});

t.test('CDR speaks of whole conversations: of a call that is followed, or that still lives, it is not believed', async (t) => {
  const here = lost(t, { books: fakeBooks(told, { kind: 'cdr' }) });
  here.catchUp.resynced(here.resynced);
  await here.over();
  here.pump.stop();
  t.match(storedEnds(here.store), [{ certain: false }], 'concluded by who lives');
  const born = scene({ books: fakeBooks(told, { kind: 'cdr' }) });
  t.teardown(() => { born.pump.stop(); born.store.close(); });
  born.store.journal.heard(PBX, instant(instantOf(told, 0) - 1));
  born.catchUp.resynced({ ...resyncedAfter(told, instantOf(told, told.length - 1) + 1), alive: aliveAfter(told.slice(0, CUT)) });
  await born.over();
  born.pump.flush();
  t.same(storedEnds(born.store), [], 'it lives');
});
