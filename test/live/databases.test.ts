/**
 * The books in a real MariaDB with FreePBX's tables and a real PostgreSQL with Asterisk's: the same calls as out of the CSV files. Skipped with
 * its reason where the servers cannot be installed.
 */
import { createConnection } from 'mysql2/promise';
import { inspect } from 'node:util';
import { Client } from 'pg';
import t, { type Test } from 'tap';
import { BooksError } from '../../cdr/errors.ts';
import { openBooks } from '../../cdr/open.ts';
import type { DatabaseSettings } from '../../cdr/settings.ts';
import { createZone } from '../../cdr/zone.ts';
import { stories } from '../core/stories.ts';
import { celText, cdrText, DAY, endings, never, OWNER, pastOf } from '../cdr/story.ts';
import { CEL_COLUMNS, cdrOf, celOf, type Fields, streamOf } from '../fakes/books-of-ami.ts';
import { mariadb, PASSWORD, postgres } from '../fakes/books-servers.ts';

/** The packages may have to be installed; the test itself takes seconds. */
t.setTimeout(5 * 60_000);

const MOSCOW = createZone('Europe/Moscow');
/** The captures' PBX kept UTC; FreePBX writes the wall clock of its own zone. */
const inMoscow = (stamp: string | undefined): string | null => (stamp === undefined || stamp === '' ? null : MOSCOW.stamp(Date.parse(`${stamp.replace(' ', 'T')}Z`)));

const celStories = stories.filter(({ name }) => name.startsWith('22.10.1-cel/'));
const cel = celStories.flatMap(({ file }) => celOf(streamOf(file)));
const cdr = stories.filter(({ name }) => name.startsWith('22.10.1/')).flatMap(({ file }) => cdrOf(streamOf(file)));
const CEL = CEL_COLUMNS.filter((column) => column !== 'amaflags' && column !== 'userdeftype');

/** FreePBX/cdr install.php and the tables of FreePBX 17: `cel` with `extra`, no index on the time; `cdr` with an index on `calldate`. */
const FREEPBX = [
  `CREATE TABLE cel (id int NOT NULL AUTO_INCREMENT, eventtype varchar(30) NOT NULL, eventtime datetime NOT NULL, cid_name varchar(80) NOT NULL, cid_num varchar(80) NOT NULL,
    cid_ani varchar(80) NOT NULL, cid_rdnis varchar(80) NOT NULL, cid_dnid varchar(80) NOT NULL, exten varchar(80) NOT NULL, context varchar(80) NOT NULL, channame varchar(80) NOT NULL,
    appname varchar(80) NOT NULL, appdata varchar(80) NOT NULL, amaflags int NOT NULL DEFAULT 0, accountcode varchar(20) NOT NULL, uniqueid varchar(32) NOT NULL,
    linkedid varchar(32) NOT NULL, peer varchar(80) NOT NULL, userdeftype varchar(255) NOT NULL DEFAULT '', extra varchar(512) NOT NULL, userfield varchar(255) NOT NULL,
    PRIMARY KEY (id), KEY uniqueid_index (uniqueid), KEY linkedid_index (linkedid)) DEFAULT CHARSET=utf8mb4`,
  `CREATE TABLE cdr (calldate datetime NOT NULL DEFAULT '0000-00-00 00:00:00', clid varchar(80) NOT NULL, src varchar(80) NOT NULL, dst varchar(80) NOT NULL, dcontext varchar(80) NOT NULL,
    channel varchar(80) NOT NULL, dstchannel varchar(80) NOT NULL, lastapp varchar(80) NOT NULL, lastdata varchar(80) NOT NULL, duration int NOT NULL, billsec int NOT NULL,
    disposition varchar(45) NOT NULL, amaflags int NOT NULL DEFAULT 0, accountcode varchar(20) NOT NULL DEFAULT '', uniqueid varchar(32) NOT NULL, userfield varchar(255) NOT NULL DEFAULT '',
    did varchar(50) NOT NULL DEFAULT '', recordingfile varchar(255) NOT NULL DEFAULT '', cnum varchar(40) NOT NULL DEFAULT '', cnam varchar(40) NOT NULL DEFAULT '',
    outbound_cnum varchar(40) NOT NULL DEFAULT '', outbound_cnam varchar(40) NOT NULL DEFAULT '', dst_cnam varchar(40) NOT NULL DEFAULT '', linkedid varchar(32) NOT NULL DEFAULT '',
    peeraccount varchar(80) NOT NULL DEFAULT '', sequence int NOT NULL DEFAULT 0, KEY calldate (calldate), KEY uniqueid (uniqueid)) DEFAULT CHARSET=utf8mb4`,
];
const CDR = ['clid', 'src', 'dst', 'dcontext', 'channel', 'dstchannel', 'lastapp', 'lastdata', 'duration', 'billsec', 'disposition', 'uniqueid', 'linkedid'] as const;
const valuesOf = (row: Fields, columns: readonly string[]): readonly (string | null)[] => columns.map((column) => (column === 'eventtime' ? inMoscow(row[column]) : row[column] ?? ''));

const brief = (past: Parameters<typeof endings>[0]) => endings(past).map(({ call, direction, client, outcome, owner, talked, talkSeconds, startedAt }) => ({ call, direction, client, outcome, owner, talked, talkSeconds, startedAt }));
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no error', (error: unknown) => error);
const code = async (promise: Promise<unknown>): Promise<unknown> => { const error = await failure(promise); return error instanceof BooksError ? error.code : error; };
const read = (settings: DatabaseSettings) => openBooks(settings, OWNER).read(DAY, never);

/** What both servers must hold to: refusals have codes, no message shows the password, and a reading that waits can be broken off. */
async function refusals(t: Test, good: DatabaseSettings, lock: () => Promise<() => Promise<void>>): Promise<void> {
  const wrong = { ...good, url: good.url.replace(encodeURIComponent(PASSWORD), 'wr0ng-s3cret') };
  const denied = await failure(read(wrong));
  t.match(denied, { code: 'BOOKS_DENIED' });
  t.notMatch(inspect(denied, { depth: 9 }), /wr0ng-s3cret/);
  t.equal(await code(read({ ...good, cel: 'nothing', cdr: 'neither' })), 'BOOKS_SHAPE', 'no such tables');
  t.equal(await code(read({ ...good, cel: 'cdr', cdr: '' })), 'BOOKS_SHAPE', 'another table');
  t.equal((await read({ ...good, cel: 'nothing' })).kind, 'cdr', 'where there is no CEL there is CDR');
  t.equal(await code(read({ ...good, timezone: 'Asia/Tokyo' })), 'BOOKS_SHAPE', 'times of another zone');
  const unlock = await lock();
  const abort = new AbortController();
  const waiting = failure(openBooks(good, OWNER).read(DAY, abort.signal));
  setImmediate(() => { abort.abort(new Error('enough')); });
  t.match(await waiting, { message: 'enough' }, 'a reading that waits obeys the signal');
  await unlock();
}

t.test('MariaDB with the tables of FreePBX', async (t) => {
  const server = await mariadb(t);
  if (typeof server === 'string') { t.pass('needs a MariaDB', { skip: server }); return; }
  const root = await createConnection({ socketPath: `${server.socketFolder}/mariadb.sock`, user: 'root', multipleStatements: false });
  t.teardown(() => root.end());
  for (const sql of ['CREATE DATABASE asteriskcdrdb', 'USE asteriskcdrdb', ...FREEPBX]) await root.query(sql);
  await root.query('CREATE USER callme@127.0.0.1 IDENTIFIED BY ?', [PASSWORD]);
  await root.query('GRANT SELECT ON asteriskcdrdb.* TO callme@127.0.0.1');
  for (const row of cel) await root.query(`INSERT INTO cel (${CEL.join(', ')}) VALUES (?)`, [valuesOf(row, CEL)]);
  for (const row of cdr) await root.query(`INSERT INTO cdr (calldate, ${CDR.join(', ')}) VALUES (?)`, [[inMoscow(row['start']), ...valuesOf(row, CDR)]]);
  const good: DatabaseSettings = {
    source: 'mysql', url: `mysql://callme:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/asteriskcdrdb`, cel: 'cel', cdr: 'cdr', timezone: 'Europe/Moscow',
  };

  await t.test('CEL', async (t) => {
    const past = await read(good);
    t.equal(past.kind, 'cel');
    t.equal(past.rows, cel.length);
    t.same(brief(past), brief(await pastOf(t, { cel: celText(cel) })));
  });
  await t.test('CDR, whose end and answer are counted from the durations', async (t) => {
    const past = await read({ ...good, cel: '' });
    t.equal(past.kind, 'cdr');
    t.equal(past.rows, cdr.length);
    const seconds = (all: ReturnType<typeof brief>) => all.map(({ talkSeconds, ...rest }) => { t.ok(talkSeconds >= 0); return rest; });
    const ends = (all: ReturnType<typeof brief>) => seconds(all).toSorted((one, other) => one.call.localeCompare(other.call));
    t.same(ends(brief(past)), ends(brief(await pastOf(t, { cdr: cdrText(cdr) }))));
  });
  await t.test('years of other rows, no index on the time, and a table without the extra data', async (t) => {
    await root.query('CREATE TABLE old LIKE cel');
    await root.query(`INSERT INTO old (eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context, channame, appname, appdata, accountcode, uniqueid, linkedid, peer, extra, userfield)
      SELECT 'ANSWER', '2025-01-01' + INTERVAL seq * 60 SECOND, '', '', '', '', '', '', '', 'PJSIP/219-1', '', '', '', concat('17', seq), concat('17', seq), '', '', '' FROM seq_1_to_200000`);
    await root.query(`INSERT INTO old (${CEL.join(', ')}) SELECT ${CEL.join(', ')} FROM cel ORDER BY id`);
    await root.query('ALTER TABLE old DROP COLUMN extra');
    const past = await read({ ...good, cel: 'old', cdr: '' });
    t.equal(past.rows, cel.length, 'the others are left where they are');
    const ours = (all: ReturnType<typeof brief>) => all.map(({ call, direction, client, outcome, owner, talked }) => ({ call, direction, client, outcome, owner, talked }));
    t.same(ours(brief(past)), ours(brief(await read(good))));
  });
  await t.test('refusals', (t) => refusals(t, good, async () => {
    await root.query('LOCK TABLES cel WRITE');
    return async () => { await root.query('UNLOCK TABLES'); };
  }));
  await server.stop();
  t.equal(await code(read(good)), 'BOOKS_UNREADABLE', 'nobody there');
});

t.test('PostgreSQL with the tables of cel_pgsql and cdr_pgsql', async (t) => {
  const server = await postgres(t);
  if (typeof server === 'string') { t.pass('needs a PostgreSQL', { skip: server }); return; }
  const owner = new Client({ host: '127.0.0.1', port: server.port, user: 'owner', password: PASSWORD, database: 'postgres' });
  owner.on('error', () => undefined);
  await owner.connect();
  t.teardown(() => owner.end().catch(() => undefined));
  await owner.query(`CREATE TABLE cel (id serial, ${CEL.map((column) => `${column} ${column === 'eventtime' ? 'timestamp' : 'varchar(512)'} NOT NULL`).join(', ')})`);
  await owner.query(`CREATE TABLE cdr (calldate timestamptz, answer timestamptz, "end" timestamptz, ${CDR.map((column) => `${column} ${/duration|billsec/.test(column) ? 'integer' : 'varchar(80)'} NOT NULL`).join(', ')})`);
  await owner.query(`CREATE ROLE callme LOGIN PASSWORD '${PASSWORD}'`);
  await owner.query('GRANT SELECT ON cel, cdr TO callme');
  const marks = (columns: readonly string[]): string => columns.map((_column, index) => `$${index + 1}`).join(', ');
  for (const row of cel) await owner.query(`INSERT INTO cel (${CEL.join(', ')}) VALUES (${marks(CEL)})`, [...valuesOf(row, CEL)]);
  const utc = (stamp = ''): string | null => (stamp === '' ? null : `${stamp}Z`);
  const times = ['calldate', 'answer', '"end"'];
  for (const row of cdr) await owner.query(`INSERT INTO cdr (${[...times, ...CDR].join(', ')}) VALUES (${marks([...times, ...CDR])})`, [utc(row['start']), utc(row['answer']), utc(row['end']), ...valuesOf(row, CDR)]);
  const good: DatabaseSettings = {
    source: 'postgres', url: `postgres://callme:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/postgres`, cel: 'cel', cdr: 'cdr', timezone: 'Europe/Moscow',
  };

  await t.test('CEL, local times', async (t) => {
    const past = await read(good);
    t.equal(past.kind, 'cel');
    t.equal(past.rows, cel.length);
    t.same(brief(past), brief(await pastOf(t, { cel: celText(cel) })));
  });
  await t.test('CDR, absolute times', async (t) => {
    const past = await read({ ...good, cel: '' });
    t.equal(past.rows, cdr.length);
    const ends = (all: ReturnType<typeof brief>) => all.toSorted((one, other) => one.call.localeCompare(other.call));
    t.same(ends(brief(past)), ends(brief(await pastOf(t, { cdr: cdrText(cdr) }))));
  });
  await t.test('refusals', (t) => refusals(t, good, async () => {
    await owner.query('BEGIN');
    await owner.query('LOCK TABLE cel IN ACCESS EXCLUSIVE MODE');
    return async () => { await owner.query('ROLLBACK'); };
  }));
  await server.stop();
  t.equal(await code(read(good)), 'BOOKS_UNREADABLE', 'nobody there');
});
