/** What was told against what the PBX wrote down: compared, filled once, and by the two verbs. */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { asCommit } from '../../app/commit.ts';
import { AfterGap } from '../../app/reconcile/after-gap.ts';
import { compare, differencesBetween, type Ledger } from '../../app/reconcile/compare.ts';
import { type Expected, expectedOf } from '../../app/reconcile/expected.ts';
import { ledgerOf } from '../../app/reconcile/ledger.ts';
import { partsOf, reconcile, type Reconciled } from '../../app/reconcile/run.ts';
import { whenOf } from '../../app/reconcile/when.ts';
import type { Event } from '../../core/events.ts';
import type { CallEnded, RecordingReady } from '../../core/facts.ts';
import type { Plan } from '../../core/plan.ts';
import type { CallRow, Store } from '../../core/ports.ts';
import { type AccountId, type CallKey, DEFAULT_TENANT, factId, instant, type RecordingId } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { eventsIn, PBX, run as told } from '../captures/story.ts';
import { memoryLog } from '../fakes/agi.ts';
import { type FakeBooks, fakeBooks, silent } from '../fakes/books-fake.ts';
import { CEL_COLUMNS, celOf, csvLine, streamOf } from '../fakes/books-of-ami.ts';
import { BEGIN, commit, ended, keyOf, openCall, recording } from '../fakes/sample-calls.ts';
import { FakeTime } from '../fakes/time.ts';
import { CONFIG, folder, run, writeConfig } from './bench.ts';

const B24 = 'b24' as AccountId;
const PLAN: Plan = { accounts: [B24], lines: [] };
const captureOf = (name: string): string => join(import.meta.dirname, '..', 'captures', '22-lab', `${name}.ndjson`);
/** Calls of three kinds, one after the other, as a real Asterisk told them. */
const NAMES = ['inboundBlindTransfer', 'outboundAnswered', 'inboundUnanswered', 'internalCall'].filter((name) => existsSync(captureOf(name)));
const stories = NAMES.map((name) => ({ name, events: eventsIn(captureOf(name)), cel: celOf(streamOf(captureOf(name))) }));
const everything = stories.flatMap(({ events }) => events).toSorted((one, other) => one.at - other.at);
const endsOf = (events: readonly Event[]): readonly CallEnded[] => told(events).effects.flatMap((effect) => (effect.kind === 'tell' && effect.fact.kind === 'call-ended' ? [effect.fact] : []));
const ALL = endsOf(everything);
const FROM = instant(Math.min(...everything.map(({ at }) => at)) - 1_000);
const TO = instant(Math.max(...everything.map(({ at }) => at)) + 1_000);
const LATER = instant(TO + 3_600_000);

t.ok(ALL.length >= 3, 'there are stories');

function storeFor(t: Test): Store {
  const store = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  t.teardown(() => { store.close(); });
  return store;
}
const tell = ({ journal }: Store, events: readonly Event[]): void => { journal.commit(asCommit(told(events).effects, { at: TO, pbx: PBX, plan: PLAN })); };
const look = (store: Store, books: FakeBooks, dryRun = false): Promise<Reconciled> => reconcile({ from: FROM, to: TO }, {
  pbx: PBX, books, store, plan: PLAN, clock: { now: () => LATER }, signal: new AbortController().signal, dryRun,
});
const except = (index: number): readonly Event[] => stories.flatMap(({ events }, each) => (each === index ? [] : events));
const state = ({ journal, deliveries }: Store): unknown => [journal.calls({ limit: 99 }), deliveries.list({ limit: 99 }), ALL.map(({ call }) => journal.facts(call))];

const bare = (end: CallEnded): Partial<CallEnded> => Object.fromEntries(Object.entries(end).filter(([key]) => key !== 'recordings'));

t.test('what was told is found told', async (t) => {
  const store = storeFor(t);
  tell(store, everything);
  const before = state(store);
  t.match(await look(store, fakeBooks(everything)), { kind: 'cel', counts: { told: ALL.length, missing: 0, differs: 0, extra: 0, open: 0, filled: 0 } });
  t.same(state(store), before, 'and left alone');
});

t.test('each missing call is filled as facts with their deliveries; a second run fills nothing', async (t) => {
  for (const [index, { name, events }] of stories.entries()) {
    const store = storeFor(t);
    tell(store, except(index));
    const missing = endsOf(events);
    const books = fakeBooks(everything);
    const untouched = state(store);
    t.match((await look(store, books, true)).counts, { missing: missing.length, filled: 0 }, `${name}: a dry run`);
    t.same(state(store), untouched, `${name}: writes nothing`);
    const found = await look(store, books);
    t.match(found.counts, { told: ALL.length - missing.length, missing: missing.length, filled: missing.length, differs: 0, extra: 0 }, name);
    for (const end of missing) {
      const facts = store.journal.facts(end.call);
      // The books name no sound files: the spool finds them, and tells them by themselves.
      t.same(facts.find(({ kind }) => kind === 'call-ended'), { ...bare(end), source: 'reconciled' }, `${name}: the end as it would have been told`);
      t.ok(facts.every(({ source, kind }) => source === 'reconciled' && ['call-started', 'call-offered', 'call-merged', 'call-ended'].includes(kind)), `${name}: what is durable`);
      t.match(store.journal.calls({ call: end.call, limit: 1 }), [{ state: 'ended', outcome: end.outcome, owner: end.owner }]);
      const lane = store.deliveries.list({ call: end.call, limit: 9 });
      t.equal(lane.some(({ fact }) => fact.kind === 'call-ended'), end.direction !== 'internal', `${name}: told where a client is`);
    }
    const after = state(store);
    t.match((await look(store, books)).counts, { told: ALL.length, missing: 0, filled: 0 });
    t.same(state(store), after, `${name}: nothing twice`);
  }
});

t.test('a call that stayed open, because nobody heard its end, is ended and not taken up again', async (t) => {
  const store = storeFor(t);
  const [story] = stories;
  const events = story?.events ?? [];
  tell(store, events.slice(0, Math.floor(events.length / 2)));
  tell(store, except(0));
  t.equal(store.journal.openCalls(PBX).length, 1);
  t.match((await look(store, fakeBooks(everything))).counts, { missing: 1, filled: 1 });
  t.same(store.journal.openCalls(PBX), []);
});

t.test('what was told otherwise is reported with both sides, and stays', async (t) => {
  const store = storeFor(t);
  const [end] = endsOf(stories[0]?.events ?? []);
  if (end === undefined) throw new Error('no call');
  tell(store, except(0));
  const otherwise: CallEnded = { ...end, owner: null, talkSeconds: end.talkSeconds + 3, certain: false };
  store.journal.commit(commit({ pbx: PBX, facts: [otherwise] }));
  const found = await look(store, fakeBooks(everything));
  t.match(found.counts, { told: ALL.length - 1, differs: 1, missing: 0, filled: 0 });
  t.match(found.differs, [{ told: { id: end.id }, differences: [{ aspect: 'owner', told: '', books: end.owner }, { aspect: 'talkSeconds', told: String(end.talkSeconds + 3), books: String(end.talkSeconds) }] }]);
  t.same(store.journal.fact(end.id), otherwise);
});

t.test('what differs: each aspect, and no more than it may', (t) => {
  const books = ended('17');
  const aspects = (change: Partial<CallEnded>, kind: 'cel' | 'cdr' = 'cel'): readonly string[] => differencesBetween(books, { ...books, ...change }, kind).map(({ aspect }) => aspect);
  t.same(aspects({}), []);
  t.same(aspects({ outcome: 'missed' }), ['outcome']);
  t.same(aspects({ direction: 'outbound' }), ['direction']);
  t.same(aspects({ owner: null }), ['owner']);
  t.same([aspects({ talkSeconds: books.talkSeconds + 2 }), aspects({ talkSeconds: books.talkSeconds - 3 })], [[], ['talkSeconds']]);
  t.same(differencesBetween({ ...books, owner: null }, books, 'cdr'), [], 'CDR does not always know who talked');
  t.same(differencesBetween({ ...books, owner: null }, books, 'cel').length, 1);
  t.end();
});

t.test('calls that the books do not know are extra: with a client, and not too fresh', async (t) => {
  const store = storeFor(t);
  const call = (linkedid: string, change: Partial<CallEnded> = {}): CallEnded => ({ ...ended(linkedid, 'ended', FROM + 60_000), startedAt: FROM, ...change });
  store.journal.commit(commit({ facts: [call('e1'), call('e2', { direction: 'internal' }), call('e3', { at: instant(LATER - 1_000) }), call('e4', { startedAt: instant(FROM - 1) })] }));
  store.journal.commit(commit({ keep: [openCall('e5', { startedAt: FROM })] }));
  t.same((await look(store, fakeBooks([]))).extra.map(({ id }) => id), ['main/e1']);
});

t.test('a linkedid that either side knows as united into another counts with that one', (t) => {
  const keys = (...ids: readonly string[]): readonly CallKey[] => ids.map(keyOf);
  const expected = (linkedid: string, united: readonly string[] = []): Expected => ({
    kind: 'cel', calls: [{ ended: ended(linkedid), facts: [ended(linkedid)] }], united: new Map([[keyOf(linkedid), keys(...united)]]), mentioned: new Set(keys(linkedid, ...united)),
  });
  const row = (linkedid: string): CallRow => ({ id: keyOf(linkedid), pbx: PBX, linkedid, state: 'ended', direction: 'inbound', outcome: 'answered', client: '', line: '', owner: null, startedAt: BEGIN, endedAt: BEGIN, talkSeconds: 0, certain: true });
  const ledger = (ends: readonly string[], merged: Readonly<Record<string, string>> = {}): Ledger => ({
    ended: (key) => (ends.some((id) => keyOf(id) === key) ? ended('17') : null), rows: () => ends.map(row),
    mergedInto: (key) => { const into = merged[key.slice('main/'.length)]; return into === undefined ? null : keyOf(into); },
  });
  const rules = { window: { from: BEGIN, to: instant(BEGIN + 1) }, settledBefore: instant(BEGIN + 1_000_000) };
  const judged = (books: Expected, store: Ledger): unknown => { const { told: count, missing, extra } = compare(books, store, rules); return [count, missing.length, extra.length]; };
  t.same(judged(expected('17'), ledger(['17'])), [1, 0, 0]);
  t.same(judged(expected('17'), ledger([])), [0, 1, 0]);
  t.same(judged(expected('17'), ledger(['9'], { 17: '9' })), [1, 0, 0], 'the store knows it under another name');
  t.same(judged(expected('17', ['9']), ledger(['9'])), [1, 0, 0], 'the books know it under another name');
  t.same(judged(expected('17'), ledger([], { 17: '9', 9: '17' })), [0, 1, 0], 'a circle ends');
  t.same(judged(expected('17'), ledger(['17', '9'], { 17: '9' })), [1, 0, 1], 'an end of its own comes first');
  t.same(compare(expected('17'), ledger([]), { ...rules, settledBefore: BEGIN }).open, 1, 'over for a moment only: on its way');
  t.same(compare(expected('17'), ledger([]), { ...rules, window: { from: instant(BEGIN + 1), to: LATER } }).missing, [], 'it began before the window');
  t.end();
});

t.test('half of a story is not expected', (t) => {
  const [story] = stories;
  const events = story?.events ?? [];
  const past = { kind: 'cel', rows: 1, unreadable: [] } as const;
  t.equal(expectedOf(PBX, { ...past, events }).calls.length, 1);
  t.same(expectedOf(PBX, { ...past, events: events.slice(0, Math.floor(events.length / 2)) }).calls, [], 'it goes on');
  const second = events.findIndex((event, index) => index > 20 && event.kind === 'leg-opened');
  t.ok(second > 20);
  t.same(expectedOf(PBX, { ...past, events: events.slice(second) }).calls, [], 'it began earlier');
  t.ok(expectedOf(PBX, { ...past, events: events.slice(second) }).mentioned.size > 0, 'but it is mentioned');
  t.end();
});

t.test('a record that was encoded before its call was known is told behind the end of its call', async (t) => {
  const store = storeFor(t);
  const index = stories.findIndex(({ name }) => name === 'inboundBlindTransfer');
  const [end] = endsOf(stories[index]?.events ?? []);
  if (end === undefined) throw new Error('no call');
  const row = { ...recording(end.linkedid), call: end.call, id: `main/${end.linkedid}` as RecordingId };
  const ready: RecordingReady = {
    id: factId(end.call, `recording-ready/${row.file}`), pbx: PBX, call: end.call, linkedid: end.linkedid, at: TO, certain: true, source: 'live', because: { event: 'recording-ended', leg: null, word: '' },
    kind: 'recording-ready', recording: row.id, path: '/x.mp3', seconds: 1, bytes: 1, sha256: 'ab',
  };
  store.journal.commit(commit({ recordings: [row] }));
  store.recordings.ready(row.id, { state: 'uploaded', mp3: '/x.mp3' }, ready, [], TO);
  await look(store, fakeBooks(everything));
  t.same(store.deliveries.list({ call: end.call, limit: 9 }).toReversed().map(({ fact }) => fact.kind).slice(-2), ['call-ended', 'recording-ready']);
});

t.test('a long window is read in parts, each call once', async (t) => {
  t.same(partsOf({ from: instant(0), to: instant(13 * 3_600_000) }).map(({ from, to }) => [from / 3_600_000, to / 3_600_000]), [[0, 6], [6, 12], [12, 13]]);
  const store = storeFor(t);
  const parts: unknown[] = [];
  const books = fakeBooks(everything);
  const found = await reconcile({ from: instant(FROM - 86_400_000), to: instant(TO + 86_400_000) }, {
    pbx: PBX, books, store, plan: PLAN, clock: { now: () => instant(TO + 86_400_000) }, signal: new AbortController().signal, dryRun: true, onPart: (part) => { parts.push(part); },
  });
  t.equal(found.counts.missing, ALL.length);
  t.equal(parts.length, books.asked.length);
  t.ok(parts.length >= 8);
});

t.test('WHEN: dates, times, how long ago, and nothing else', (t) => {
  const now = instant(Date.UTC(2026, 10, 20, 12));
  t.equal(whenOf('2h', now), now - 7_200_000);
  t.equal(whenOf('7d', now), now - 7 * 86_400_000);
  t.equal(whenOf('30m', now), now - 1_800_000);
  t.equal(whenOf('2026-11-20T10:00:00Z', now), Date.UTC(2026, 10, 20, 10));
  t.equal(whenOf('2026-11-20 10:00:00+03:00', now), Date.UTC(2026, 10, 20, 7));
  t.equal(whenOf('2026-11-20', now), new Date(2026, 10, 20).getTime());
  t.equal(whenOf('2026-11-20 10:00', now), new Date(2026, 10, 20, 10).getTime());
  for (const wrong of ['', 'yesterday', '2h ago', '-2h', '2026-02-30', '2026-13-01', '20.11.2026', '1790000000', '2026-11-20T25:00']) t.equal(whenOf(wrong, now), null, wrong);
  t.end();
});

// ------------------------------------------------------------------------------------------------ a minute after each gap

const GAP = { from: instant(FROM + 1), to: TO };
function audit(t: Test, books: FakeBooks): { readonly after: AfterGap; readonly store: Store; readonly time: FakeTime; readonly log: ReturnType<typeof memoryLog>; readonly woken: () => number } {
  const store = storeFor(t);
  const time = new FakeTime(LATER);
  const log = memoryLog();
  let woken = 0;
  const after = new AfterGap({ pbx: PBX, books, store, plan: PLAN, clock: time, timers: time, log, random: () => 0, onFilled: () => { woken += 1; } });
  return { after, store, time, log, woken: () => woken };
}

t.test('a minute after a gap what the PBX wrote late is filled, once', async (t) => {
  const books = fakeBooks(everything);
  const { after, store, time, woken } = audit(t, books);
  await after.start();
  after.onGap(GAP);
  await time.advance(59_000);
  t.same(books.asked, []);
  after.onGap({ from: instant(GAP.from + 10), to: instant(GAP.to + 10) });
  await time.advance(60_000);
  t.same(books.asked, [{ from: GAP.from - 600_000, to: GAP.to + 10 + 30_000 }], 'two gaps, one look, with room on both sides');
  t.equal(woken(), 1);
  t.equal(store.journal.calls({ limit: 99 }).filter(({ state: is }) => is === 'ended').length, ALL.length);
  await time.advance(3_600_000);
  t.equal(books.asked.length, 1);
  await after.stop();
});

t.test('a source that fails is asked again, ever more seldom, until it answers', async (t) => {
  const books = fakeBooks(everything);
  const { after, time, log, woken } = audit(t, books);
  books.fail = () => Promise.reject(Object.assign(new Error('gone away'), { code: 'BOOKS_UNREADABLE', remedy: 'start it' }));
  await after.start();
  after.onGap(GAP);
  await time.advance(60_000 + 120_000 + 240_000);
  t.equal(books.asked.length, 3);
  t.match(log.lines[0], { level: 'warn', fields: { code: 'BOOKS_UNREADABLE', remedy: 'start it' }, message: /gone away/ });
  books.fail = null;
  await time.advance(480_000);
  t.equal(woken(), 1);
  await after.stop();
  t.equal(time.pending, 0);
});

t.test('a stop ends a look that hangs', async (t) => {
  const books = fakeBooks(everything);
  const { after, time, log } = audit(t, books);
  books.fail = (signal) => Promise.race([silent(), new Promise<never>((_, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error); }); })]);
  await after.start();
  after.onGap(GAP);
  await time.advance(60_000);
  await after.stop();
  t.same(log.lines, []);
  t.equal(time.pending, 0);
});

// ------------------------------------------------------------------------------------------------ the verbs

interface Desk { readonly cwd: string; readonly store: () => Store; readonly verb: (...words: readonly string[]) => ReturnType<typeof run>; readonly cel: string }
const WINDOW = ['--from', new Date(FROM).toISOString(), '--to', new Date(TO).toISOString()];

function desk(t: Test, given: { readonly cdr?: boolean; readonly more?: string } = {}): Desk {
  const cwd = folder(t);
  const cel = join(cwd, 'Master.csv');
  writeFileSync(cel, stories.flatMap(({ cel: rows }) => rows).map((row) => csvLine(CEL_COLUMNS, row)).join(''));
  const cdr = given.cdr === false ? '' : `    cdr: { source: csv, cel: ${cel}, timezone: UTC }\n`;
  const config = writeConfig(cwd, `${CONFIG.replace('agi:', `${cdr}${given.more ?? ''}agi:`)}crm:\n  - { id: b24, driver: bitrix24, url: "http://127.0.0.1:1/rest/1/secret/", defaultUser: 7 }\n`);
  const store = (): Store => {
    const opened = openStore({ url: 'sqlite:callme.db', dataDir: cwd, tenant: DEFAULT_TENANT });
    t.teardown(() => { opened.close(); });
    return opened;
  };
  return { cwd, cel, store, verb: (...words) => run([...words, '--config', config, '--lang', 'en'], { cwd }) };
}

t.test('callme reconcile: a report, exit code 1 where a dry run finds something, 0 when it is filled', async (t) => {
  const { verb, store } = desk(t);
  tell(store(), except(0));
  const looked = await verb('reconcile', '--dry-run', ...WINDOW);
  t.equal(looked.code, 1, looked.err);
  t.match(looked.out, /told \d+, missing 1, differs 0, extra 0/);
  const json = await verb('reconcile', '--dry-run', '--json', ...WINDOW);
  t.match(json.json(), { ok: false, dryRun: true, totals: { told: ALL.length - 1, missing: 1, differs: 0, extra: 0, filled: 0 }, pbx: [{ id: 'main', books: 'cel', missingCalls: [{ direction: 'inbound' }] }] });
  const filled = await verb('reconcile', ...WINDOW);
  t.equal(filled.code, 0, filled.err);
  t.match(filled.out, /missing, filled/);
  t.match(filled.out, /1 filled: the CRMs are told/);
  t.match((await verb('reconcile', '--json', ...WINDOW)).json(), { ok: true, totals: { told: ALL.length, missing: 0 } });
  t.ok(store().deliveries.list({ limit: 99 }).some(({ fact }) => fact.source === 'reconciled'), 'it waits for the CRM');
  t.match((await verb('reconcile', '--lang', 'ru', ...WINDOW)).out, /передано \d+, пропущено 0/);
});

t.test('callme reconcile over days says on stderr how far it is', async (t) => {
  const { verb, store } = desk(t);
  tell(store(), everything);
  const { err, json } = await verb('reconcile', '--json', '--dry-run', '--from', new Date(FROM - 86_400_000).toISOString(), '--to', new Date(TO).toISOString());
  t.match(err, /main: from .*: \d+ rows read, \d+ calls compared\n.*main: from/s);
  t.match(json(), { ok: true });
});

t.test('callme reconcile: what cannot be done says so, with its exit code and a remedy', async (t) => {
  const { verb, store } = desk(t);
  t.match(await verb('reconcile', ...WINDOW), { code: 1, err: /There is no store yet.*\n.*callme serve/ });
  store();
  t.match(await verb('reconcile', '--from', 'yesterday'), { code: 2, err: /--from "yesterday" is no time\n.*7d/ });
  t.match(await verb('reconcile', '--from', '1h', '--to', '2h'), { code: 2, err: /nothing between/ });
  t.match(await verb('reconcile', '--pbx', 'other', ...WINDOW), { code: 2, err: /no PBX "other".*\n.*main/ });
  const bare = desk(t, { cdr: false });
  bare.store();
  t.match(await bare.verb('reconcile', ...WINDOW), { code: 2, err: /does not say where it writes CDR or CEL\n.*cdr: \{ source: csv/ });
});

t.test('callme cdr import: a source by name, imported once, unreadable rows are named', async (t) => {
  const { verb, store, cel } = desk(t, { cdr: false });
  tell(store(), except(0));
  const words = ['cdr', 'import', '--source', 'csv', '--cel', 'Master.csv', '--timezone', 'UTC', ...WINDOW];
  t.match(await verb(...words, '--dry-run'), { code: 0, out: `would import 1, skip ${ALL.length - 1} (told already), unreadable 0\n` });
  t.match(await verb(...words), { code: 0, out: `imported 1, skipped ${ALL.length - 1} (told already), unreadable 0\n` });
  t.match((await verb(...words, '--json')).json(), { ok: true, imported: 0, skipped: ALL.length, unreadable: 0 });
  appendFileSync(cel, '"ANSWER","no time at all"\n');
  t.match(await verb(...words), { code: 1, out: /1 rows could not be read:\n.*Master\.csv/ });
});

t.test('callme cdr import: a source that is not there, and a command line that does not fit', async (t) => {
  const { verb, store } = desk(t, { cdr: false, more: '  - { id: second, ami: { username: callme, secret: s }, recordings: DATA/second, external: ["^PJSIP/trunk"] }\n' });
  store();
  mkdirSync(join(folder(t), 'x'));
  const pbx = ['--pbx', 'main'];
  t.match(await verb('cdr', 'import', '--source', 'csv', '--cel', 'none.csv', ...pbx, ...WINDOW), { code: 3, err: /none\.csv/ });
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--source', 'csv', '--cel', 'x'], /several PBXs.*\n.*main, second/], [['--cel', 'x'], /need --source/], [['--source', 'csv', ...pbx], /no file is named/],
    [['--source', 'mysql', ...pbx], /no database is named/], [['--source', 'csv', '--cel', 'x', '--timezone', 'Mars', ...pbx], /"Mars" is no time zone/],
    [['--source', 'postgres', '--url', 'mysql://callme:hunter2@127.0.0.1/x', ...pbx], /not the address of a postgres database/],
  ];
  for (const [words, said] of wrong) {
    const { code, err, out } = await verb('cdr', 'import', ...words, ...WINDOW);
    t.match({ code, err }, { code: 2, err: said }, words.join(' '));
    t.notMatch(err + out, 'hunter2');
  }
});

t.test('callme cdr import: a database that does not answer is exit code 3, and its password stays unsaid', async (t) => {
  const { verb, store } = desk(t, { cdr: false });
  store();
  for (const [source, url] of [['mysql', 'mysql://callme:hunter2@127.0.0.1:1/asteriskcdrdb'], ['postgres', 'postgres://callme:hunter2@127.0.0.1:1/x']] as const) {
    const { code, err, out } = await verb('cdr', 'import', '--source', source, '--url', url, ...WINDOW);
    t.equal(code, 3, source);
    t.match(err, /cannot be read/);
    t.notMatch(err + out, 'hunter2', source);
  }
});

t.test('the ledger is the store', (t) => {
  const store = storeFor(t);
  store.journal.commit(commit({ facts: [ended('17')] }));
  const ledger = ledgerOf(store.journal, PBX);
  t.equal(ledger.ended(keyOf('17'))?.call, keyOf('17'));
  t.equal(ledger.ended(keyOf('18')), null);
  t.equal(ledger.mergedInto(keyOf('17')), null);
  t.same(ledger.rows({ from: BEGIN, to: instant(BEGIN + 1) }).map(({ id }) => id), [keyOf('17')]);
  t.same(ledger.rows({ from: instant(BEGIN + 1), to: LATER }), []);
  t.end();
});
