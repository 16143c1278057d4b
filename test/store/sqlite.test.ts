/** What is special about SQLite: the file, its settings, its version, its plans, its failures. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { newSound } from '../../core/sounds.ts';
import { DEFAULT_TENANT, type LegId, type Linkedid, type NodeId, type TenantId } from '../../core/words.ts';
import { claimStatements } from '../../store/sqlite/claim.ts';
import { Connection, guarded } from '../../store/sqlite/connection.ts';
import { deliveryStatements, sqliteDeliveries } from '../../store/sqlite/deliveries.ts';
import { sqliteJournal } from '../../store/sqlite/journal.ts';
import { laneStatements } from '../../store/sqlite/lanes.ts';
import { migrate, MIGRATIONS, SCHEMA_VERSION, version } from '../../store/sqlite/migrations.ts';
import { openDatabase, openSqliteStore } from '../../store/sqlite/open.ts';
import { recordingStatements } from '../../store/sqlite/recordings.ts';
import { B24, BEGIN, PBX, commit, delivery, ended, keyOf, openCall, recording, told } from '../fakes/sample-calls.ts';

function database(t: Test, path = join(t.testdir(), 'callme.db')): DatabaseSync {
  const opened = openDatabase(path, 5_000);
  t.teardown(() => { if (opened.isOpen) opened.close(); });
  return opened;
}
const value = (opened: DatabaseSync, sql: string): unknown => Object.values(opened.prepare(sql).get() ?? {})[0];
const tablesOf = (opened: DatabaseSync): readonly string[] =>
  opened.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name").all().map((row) => String(row['name']));

t.test('the settings that the promises stand on', async (t) => {
  const opened = database(t);
  t.equal(value(opened, 'pragma journal_mode'), 'wal');
  t.equal(value(opened, 'pragma synchronous'), 2, 'FULL');
  t.equal(value(opened, 'pragma foreign_keys'), 1);
  t.equal(value(opened, 'pragma busy_timeout'), 5_000);
});

t.test('a new file is for its user alone, the log beside it too', async (t) => {
  const path = join(t.testdir(), 'new', 'callme.db');
  const store = openSqliteStore({ path, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  store.journal.commit(told('17', ['a']));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) t.equal(statSync(file).mode & 0o777, 0o600, file.slice(path.length));
});

t.test('every table carries its tenant, and its keys begin with it', async (t) => {
  const opened = database(t);
  const tables = tablesOf(opened);
  t.same(tables, ['account_claims', 'account_memory', 'attempts', 'book_calls', 'book_companies', 'book_numbers', 'book_persons', 'call_memory', 'calls', 'deliveries', 'facts', 'known_contacts',
    'meta', 'notes', 'recordings', 'standings']);
  for (const table of tables) {
    const columns = opened.prepare(`select name, "notnull" as required from pragma_table_info('${table}')`).all();
    t.match(columns.find((column) => column['name'] === 'tenant'), { required: 1 }, table);
    const indexes = opened.prepare(`select name from pragma_index_list('${table}')`).all();
    for (const { name } of indexes) t.equal(value(opened, `select name from pragma_index_info('${String(name)}') where seqno = 0`), 'tenant', String(name));
  }
});

t.test('a statement that forgets its tenant fails', async (t) => {
  const connection = new Connection(database(t), DEFAULT_TENANT);
  t.throws(() => connection.all('select * from calls', {}), { code: 'ERR_INVALID_STATE' });
});

t.test('a second run of the migrations is harmless', async (t) => {
  const opened = database(t);
  const before = opened.prepare('select sql from sqlite_schema').all();
  migrate(opened);
  t.same(opened.prepare('select sql from sqlite_schema').all(), before);
  t.equal(version(opened), SCHEMA_VERSION);
});

t.test('a file of an older CallMe is brought up, its rows stay', async (t) => {
  const opened = database(t);
  opened.exec("insert into call_memory values ('default', 'b24', 'main/17', 'k', 'v')");
  migrate(opened, [...MIGRATIONS, 'alter table call_memory add column extra text']);
  t.equal(version(opened), SCHEMA_VERSION + 1);
  t.match(opened.prepare('select * from call_memory').get(), { value: 'v', extra: null });
});

t.test('recordings of the first schema get a manifest that says what is known of them: nothing', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const old = new DatabaseSync(path);
  migrate(old, MIGRATIONS.slice(0, 1));
  old.exec(`insert into recordings (tenant, id, pbx, call, file, state, not_before, bytes_claimed, certain, created_at, updated_at, mp3, seconds, bytes, sha256)
    values ('default', 'main/2026/11/20/call-1.wav', 'main', 'main/1', '2026/11/20/call-1.wav', 'told', 1, 2, 1, 3, 4, '/x.mp3', 5.5, 6, 'ab')`);
  t.equal(version(old), 1);
  old.close();
  const store = openSqliteStore({ path, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  t.match(store.recordings.page({ after: null, limit: 9 }), [{
    id: 'main/2026/11/20/call-1.wav', state: 'told', mp3: '/x.mp3', seconds: 5.5, bytes: 6, sha256: 'ab', createdAt: 3,
    talked: [], pauses: [], silenceSeconds: null, channels: null, stored: null, upload: null, hold: '', purgedAt: null,
  }]);
});

t.test('a manifest that somebody spoiled by hand is read as far as it can be', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const store = openSqliteStore({ path, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  store.journal.commit(commit({ recordings: [recording('17')] }));
  const raw = database(t, path);
  raw.exec(`update recordings set talked = '["219", 7]', pauses = '[{"fromMs": 1, "toMs": 2}, {"fromMs": "x"}, null]'`);
  t.match(store.recordings.get(recording('17').id), { talked: ['219'], pauses: [{ fromMs: 1, toMs: 2 }] });
  raw.exec(`update recordings set talked = '{}', pauses = '7'`);
  t.match(store.recordings.get(recording('17').id), { talked: [], pauses: [] });
  t.throws(() => raw.exec("update recordings set talked = 'no json'"));
});

t.test('a migration that fails leaves the file as it was', async (t) => {
  const opened = database(t);
  t.throws(() => migrate(opened, [...MIGRATIONS, 'create table extra (tenant text); insert into nowhere values (1)']));
  t.equal(version(opened), SCHEMA_VERSION);
  t.notOk(tablesOf(opened).includes('extra'));
  t.notOk(opened.isTransaction);
});

t.test('a file of a newer CallMe is refused and not touched', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const opened = database(t, path);
  opened.exec(`pragma user_version = ${SCHEMA_VERSION + 1}`);
  opened.close();
  const before = readFileSync(path);
  t.throws(() => openSqliteStore({ path, tenant: DEFAULT_TENANT }), { code: 'STORE_TOO_NEW', message: /newer CallMe/ });
  t.same(readFileSync(path), before);
});

t.test('another program\'s file is refused and not touched', async (t) => {
  const dir = t.testdir();
  const foreign = new DatabaseSync(join(dir, 'foreign.db'));
  foreign.exec('create table songs (name text)');
  foreign.close();
  t.throws(() => openSqliteStore({ path: join(dir, 'foreign.db'), tenant: DEFAULT_TENANT }), { code: 'STORE_FOREIGN' });
  const text = 'this is a diary, not a database. '.repeat(40);
  writeFileSync(join(dir, 'diary.txt'), text);
  t.throws(() => openSqliteStore({ path: join(dir, 'diary.txt'), tenant: DEFAULT_TENANT }), { code: 'STORE_FOREIGN' });
  t.equal(readFileSync(join(dir, 'diary.txt'), 'utf8'), text);
});

t.test('a path that cannot be opened says so', async (t) => {
  const dir = t.testdir({ file: '' });
  t.throws(() => openSqliteStore({ path: join(dir, 'file', 'callme.db'), tenant: DEFAULT_TENANT }), { code: 'STORE_CANNOT_OPEN' });
  mkdirSync(join(dir, 'folder.db'));
  t.throws(() => openSqliteStore({ path: join(dir, 'folder.db'), tenant: DEFAULT_TENANT }), { code: 'STORE_CANNOT_OPEN' });
});

t.test('a full disk: nothing of the commit is written, and the next one works when there is room', async (t) => {
  const opened = database(t);
  const journal = sqliteJournal(new Connection(opened, DEFAULT_TENANT));
  const pages = Number(value(opened, 'pragma page_count'));
  opened.exec(`pragma max_page_count = ${pages}`);
  const big = commit({ facts: [ended('17')], keep: Array.from({ length: 60 }, (_, number) => openCall(String(number), { line: 'x'.repeat(2_000) })) });
  t.throws(() => journal.commit(big), { code: 'STORE_FULL' });
  t.same(journal.openCalls(PBX), []);
  t.same(journal.facts(keyOf('17')), []);
  opened.exec(`pragma max_page_count = ${pages + 10_000}`);
  t.equal(journal.commit(big).length, 1);
});

t.test('another process that holds the lock for too long is an error, not a wait for ever', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const store = openSqliteStore({ path, tenant: DEFAULT_TENANT, busyMs: 1 });
  t.teardown(() => store.close());
  const other = database(t, path);
  other.exec('begin immediate');
  t.throws(() => store.journal.commit(told('17', ['a'])), { code: 'STORE_BUSY' });
  t.same(store.journal.facts(keyOf('17')), [], 'readers do not wait');
  other.exec('rollback');
  t.equal(store.journal.commit(told('17', ['a'])).length, 1);
});

t.test('a transaction has the write lock from its first look on: what it read cannot change under it', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const connection = new Connection(database(t, path), DEFAULT_TENANT);
  const other = openSqliteStore({ path, tenant: DEFAULT_TENANT, busyMs: 1 });
  t.teardown(() => other.close());
  connection.transaction(() => {
    connection.all('select * from calls where tenant = :tenant', {});
    t.throws(() => other.journal.commit(told('17', ['a'])), { code: 'STORE_BUSY' });
  });
  t.equal(other.journal.commit(told('17', ['a'])).length, 1);
});

t.test('our own mistakes are not dressed up as the world\'s', async (t) => {
  const opened = database(t);
  t.throws(() => guarded(() => opened.exec('select nonsense from nowhere')), { code: 'ERR_SQLITE_ERROR' });
});

t.test('an open call whose snapshot cannot be read does not stop the others, and leaves a note, once', async (t) => {
  const opened = database(t);
  const journal = sqliteJournal(new Connection(opened, DEFAULT_TENANT));
  journal.commit(commit({ keep: [openCall('17'), openCall('18')] }));
  opened.exec("update calls set snapshot = json_remove(snapshot, '$.legs') where id = 'main/17'");
  t.same(journal.openCalls(PBX), [openCall('18')]);
  t.same(journal.openCalls(PBX), [openCall('18')]);
  t.match(journal.notes(keyOf('17')), [{ text: /snapshot .* could not be read/ }]);
  t.match(journal.calls({ limit: 1, call: keyOf('17') }), [{ state: 'open' }]);
});

t.test('snapshots and facts of the first CallMe are read: what it did not write yet is what it was then', async (t) => {
  const opened = database(t);
  const journal = sqliteJournal(new Connection(opened, DEFAULT_TENANT));
  const leg = { id: '17' as LegId, name: 'PJSIP/219-1', party: { kind: 'helper' }, state: 'talking', openedAt: BEGIN, incoming: true, bridge: null, rang: false, released: false, talked: false, held: false, shown: '', guest: false, recorders: 0 } as const;
  const [call, fact] = [openCall('17', { legs: { [leg.id]: leg }, sounds: [newSound('17' as Linkedid, '2026/11/20/call-17.wav')] }), ended('17')];
  journal.commit(commit({ keep: [call], facts: [fact] }));
  opened.exec(`update calls set snapshot = json_remove(snapshot, '$.rooms', '$.sealedAt', '$.callId', '$.originated', '$.voicemail', '$.forwardedBy', '$.stays', '$.dialCause', '$.legs."17".guest', '$.legs."17".held', '$.legs."17".shown',
      '$.legs."17".recorders', '$.sounds[0].leg', '$.sounds[0].runsSince', '$.sounds[0].endedAt', '$.sounds[0].pauses', '$.sounds[0].voice');
    update facts set body = json_remove(body, '$.source', '$.because', '$.callId', '$.rule')`);
  t.same(journal.openCalls(PBX), [call]);
  t.same(journal.facts(keyOf('17')), [{ ...fact, source: 'live', because: { event: 'leg-seen', leg: null, word: '' }, callId: '', rule: '' }]);
});

t.test('a fact that cannot be read becomes a dead letter and does not stop the lane', async (t) => {
  const opened = database(t);
  const connection = new Connection(opened, DEFAULT_TENANT);
  const deliveries = sqliteDeliveries(connection);
  sqliteJournal(connection).commit(told('17', ['a', 'b']));
  opened.exec("update facts set body = json_set(body, '$.kind', 'gossip') where id = 'main/17#a'");
  const ask = { now: BEGIN, node: 'n' as NodeId, leaseMs: 1, limit: 9, accounts: [B24] };
  t.same(deliveries.claim(ask), []);
  t.same(deliveries.count(), { dead: 1, pending: 1 });
  t.match(deliveries.claim(ask), [{ fact: { id: 'main/17#b' } }]);
  t.throws(() => sqliteJournal(connection).facts(keyOf('17')), { code: 'STORE_CORRUPT', message: /main\/17#a/ });
});

t.test('each claim and each look goes through an index, none reads a table or sorts a backlog', async (t) => {
  const opened = database(t);
  const plan = (sql: string): string => opened.prepare(`explain query plan ${sql}`).all().map((row) => String(row['detail'])).join('; ');
  const { PERISHABLE, FRESH, AGAIN, CLAIM } = claimStatements;
  for (const [name, sql] of Object.entries({ PERISHABLE, FRESH, AGAIN, NEXT_DUE: deliveryStatements.NEXT_DUE })) {
    t.match(plan(sql), /^SEARCH deliveries USING (COVERING )?INDEX deliveries_due \(tenant=\? AND account=\? AND <expr>=\?/, name);
    t.notMatch(plan(sql), /TEMP B-TREE/, name);
  }
  t.match(plan(deliveryStatements.ANY_PERISHED), /USING INDEX deliveries_perishing \(tenant=\? AND deadline/);
  t.match(plan(deliveryStatements.EXPIRE), /USING INDEX deliveries_perishing \(tenant=\? AND deadline/);
  t.match(plan(laneStatements.WINNER), /USING INDEX deliveries_lane \(tenant=\? AND lane=\?\)/);
  t.match(plan(laneStatements.STEP_DOWN), /INDEX deliveries_(lane|due)/);
  for (const sql of [CLAIM, deliveryStatements.SETTLE, laneStatements.STEP_UP]) t.match(plan(sql), /USING INTEGER PRIMARY KEY/);
  t.match(plan(recordingStatements.DUE), /USING INDEX recordings_work/);
  t.match(plan(recordingStatements.NEXT_DUE), /USING (COVERING )?INDEX recordings_work/);
  for (const sql of Object.values({ ...claimStatements, ...deliveryStatements, ...laneStatements, ...recordingStatements })) t.notMatch(plan(sql), /SCAN/, sql);
});

t.test('an id is never given twice, even when the last row was removed', async (t) => {
  const opened = database(t);
  const connection = new Connection(opened, DEFAULT_TENANT);
  const first = ended('17');
  sqliteJournal(connection).commit(commit({ facts: [first], deliveries: [delivery(first)] }));
  const [before] = sqliteDeliveries(connection).list({ limit: 1 });
  opened.exec('delete from deliveries');
  sqliteJournal(connection).commit(told('18', ['a']));
  const [after] = sqliteDeliveries(connection).list({ limit: 1 });
  t.ok(before !== undefined && after !== undefined && Number(after.id) > Number(before.id));
});

t.test('text from outside stays text', async (t) => {
  const nasty = "x'); drop table calls; --\u0000\u2028\ud83d";
  const store = openSqliteStore({ path: ':memory:', tenant: "o'brien" as TenantId });
  t.teardown(() => store.close());
  store.journal.commit(commit({ keep: [openCall('17', { line: nasty })], notes: [{ call: keyOf('17'), at: BEGIN, text: nasty }] }));
  t.equal(store.journal.openCalls(PBX)[0]?.line, nasty);
  t.equal(store.journal.calls({ limit: 9 }).length, 1);
});

t.test('close may be called twice', async (t) => {
  const store = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  store.close();
  store.close();
  t.throws(() => store.journal.calls({ limit: 1 }), { code: 'ERR_INVALID_STATE' });
});
