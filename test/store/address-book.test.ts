/** What is special about SQLite's address book and account shelves: plans, old files, spoiled rows, and what a deletion leaves on the disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import type { Person } from '../../core/address-book.ts';
import { DEFAULT_TENANT, instant } from '../../core/words.ts';
import { accountStatements } from '../../store/sqlite/accounts.ts';
import { bookStatements } from '../../store/sqlite/address-book.ts';
import { bookCallStatements } from '../../store/sqlite/book-calls.ts';
import { Connection } from '../../store/sqlite/connection.ts';
import { contactStatements } from '../../store/sqlite/contacts.ts';
import { migrate, MIGRATIONS, SCHEMA_VERSION, version } from '../../store/sqlite/migrations.ts';
import { openDatabase, openSqliteStore } from '../../store/sqlite/open.ts';
import { B24, BEGIN, recording, commit } from '../fakes/sample-calls.ts';

function opened(t: Test, path = join(t.testdir(), 'callme.db')) {
  const store = openSqliteStore({ path, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  return { store, path, folder: join(path, '..') };
}
const irina: Person = { id: 'p1', name: 'Ирина Тайная', company: null, numbers: [{ number: '8 903 555-01-42', key: '+79035550142', kind: 'mobile' }], email: 'hidden@example.org',
  note: 'confidential', owner: null, updatedAt: BEGIN };

t.test('every question goes through an index that begins with its tenant, and no list is sorted', async (t) => {
  const database = openDatabase(join(t.testdir(), 'callme.db'), 5_000);
  t.teardown(() => database.close());
  const plan = (sql: string): string => database.prepare(`explain query plan ${sql}`).all().map((row) => String(row['detail'])).join('; ');
  for (const [name, sql] of Object.entries({ ...accountStatements, ...contactStatements, ...bookStatements, ...bookCallStatements })) t.notMatch(plan(sql), /SCAN/, name);
  for (const name of ['persons', 'searchPersons'] as const) t.match(plan(bookStatements[name]), /^SEARCH h USING INDEX book_persons_by_name \(tenant=\? AND .*sort.*>/, name);
  for (const name of ['companies', 'searchCompanies'] as const) t.match(plan(bookStatements[name]), /^SEARCH h USING INDEX book_companies_by_name \(tenant=\? AND .*sort.*>/, name);
  t.match(plan(bookStatements.companyNamed), /USING INDEX book_companies_by_name \(tenant=\? AND sort=\?\)/);
  for (const name of ['personByKey', 'companyByKey'] as const) t.match(plan(bookStatements[name]), /USING (COVERING )?INDEX book_numbers_by_key \(tenant=\? AND holder=\? AND key=\?\)/, name);
  t.match(plan(bookStatements.LEAVE_COMPANY), /USING (COVERING )?INDEX book_persons_of_company/);
  t.match(plan(contactStatements.PRUNE), /USING (COVERING )?INDEX known_contacts_by_age/);
  t.match(plan(bookCallStatements.CALLS), /USING INDEX book_calls_recent \(tenant=\? AND .*started_at/);
  for (const name of ['OF_NUMBER', 'OF_BOTH'] as const) t.match(plan(bookCallStatements[name]), /USING INDEX book_calls_of_number \(tenant=\? AND key=\? AND .*started_at/, name);
  t.match(plan(bookCallStatements.OF_PERSON), /USING INDEX book_calls_of_person \(tenant=\? AND person=\? AND .*started_at/);
  for (const name of ['persons', 'companies', 'searchPersons', 'searchCompanies', 'companyNamed'] as const) t.notMatch(plan(bookStatements[name]), /TEMP B-TREE FOR (?!json_group_array)/, name);
  for (const sql of Object.values(bookCallStatements)) t.notMatch(plan(sql), /TEMP B-TREE/, sql);
});

t.test('a file of the schema before gets the new shelves, and keeps what it has', async (t) => {
  const path = join(t.testdir(), 'callme.db');
  const old = new DatabaseSync(path);
  migrate(old, MIGRATIONS.slice(0, 2));
  old.exec("insert into call_memory values ('default', 'b24', 'main/17', 'k', 'v')");
  t.equal(version(old), 2);
  old.close();
  const { store } = opened(t, path);
  t.equal(store.memory.get(B24, 'main/17' as never, 'k'), 'v');
  store.addressBook.keep({ persons: [irina], companies: [] });
  store.accounts.set(B24, 'k', 'v');
  t.same(store.addressBook.find('+79035550142')?.person, irina);
  const again = new DatabaseSync(path);
  t.teardown(() => again.close());
  t.equal(version(again), SCHEMA_VERSION);
});

t.test('who is removed leaves no bytes on the disk: not in the file, not in its log', async (t) => {
  const { store, folder } = opened(t);
  const traces = (): readonly string[] => {
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    return ['Ирина Тайная', 'ирина тайная', '903 555-01-42', '79035550142', 'hidden@example.org', 'confidential'].filter((text) => files.some((bytes) => bytes.includes(text)));
  };
  store.addressBook.keep({ persons: [irina, { ...irina, id: 'p2', name: 'Other', numbers: [], email: '', note: '' }], companies: [{ id: 'c1', name: 'Ирина Тайная', numbers: [], note: '', updatedAt: BEGIN }] });
  t.ok(traces().length > 4, 'they are there before');
  store.addressBook.removePerson('p1');
  store.addressBook.removeCompany('c1');
  t.same(traces(), []);
  store.journal.commit(commit({ recordings: [recording('17')] }));
  t.same(store.addressBook.persons({ limit: 9 }).map(({ name }) => name), ['Other'], 'and the store goes on working');
});

t.test('a reader in the way does not keep a person from being removed; once he is gone, the next removal leaves nothing', async (t) => {
  const { store, path, folder } = opened(t);
  store.addressBook.keep({ persons: [irina, { ...irina, id: 'p2', name: 'Other' }], companies: [] });
  const reader = new DatabaseSync(path);
  t.teardown(() => { if (reader.isOpen) reader.close(); });
  reader.exec('begin; select * from book_persons');
  t.ok(reader.prepare('select 1 from book_persons').get());
  t.ok(store.addressBook.removePerson('p1'));
  t.equal(store.addressBook.person('p1'), null);
  reader.exec('commit');
  t.ok(store.addressBook.removePerson('p2'));
  t.notOk(readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes('Тайная')));
});

t.test('after a removal the connection is as patient as before', async (t) => {
  const database = openDatabase(join(t.testdir(), 'callme.db'), 4_321);
  t.teardown(() => database.close());
  const connection = new Connection(database, DEFAULT_TENANT);
  connection.erasing(() => undefined);
  t.match(database.prepare('pragma busy_timeout').get(), { timeout: 4_321 });
  t.match(database.prepare('pragma secure_delete').get(), { secure_delete: 0 });
});

t.test('a removal that fails removes nothing', async (t) => {
  const { store, path } = opened(t);
  store.addressBook.keep({ persons: [irina], companies: [] });
  const raw = new DatabaseSync(path);
  t.teardown(() => raw.close());
  raw.exec("create trigger no before delete on book_persons begin select raise(abort, 'no'); end");
  t.throws(() => store.addressBook.removePerson('p1'));
  t.same(store.addressBook.find('+79035550142')?.person, irina);
});

t.test('what was spoiled by hand in the cache is as good as not there', async (t) => {
  const { store, path } = opened(t);
  const raw = new DatabaseSync(path);
  t.teardown(() => raw.close());
  for (const spoiled of ['7', '{}', '[]', '"x"', '{"id":"1","type":"friend","name":"x","owner":null}', '{"id":"1","type":"lead","name":"x","owner":{"crmUser":7,"extension":null}}']) {
    store.contacts.set(B24, '+7', { contact: null, at: instant(1) });
    raw.prepare('update known_contacts set contact = ?').run(spoiled);
    t.equal(store.contacts.get(B24, '+7'), null, spoiled);
  }
  t.throws(() => raw.exec("update known_contacts set contact = 'no json'"));
});
