/** Who is who, over a lookup with CRMs that the test plays and a configuration as an operator writes it. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { openDirectory } from '../../app/directory.ts';
import { createNumbers } from '../../app/phones.ts';
import { type CheckedAccount, type Config, loadConfig, Secret } from '../../app/config/index.ts';
import type { AddressBook } from '../../core/address-book.ts';
import type { AccountId, Contact, Extension } from '../../core/words.ts';
import type { CrmUser, Driver } from '../../crm/driver.ts';
import { createLookup } from '../../crm/lookup.ts';
import type { Directory } from '../../web/contacts/directory.ts';
import { memoryLog } from '../fakes/agi.ts';
import { FakeTime } from '../fakes/time.ts';

const YAML = `
pbx:
  - { id: main, ami: { username: callme, secret: ami-secret-of-the-test }, external: ["^PJSIP/trunk"] }
lines:
  - { number: "+7 495 123-45-67", name: "Sales", rules: ["+375{9}"] }
  - { number: "gsm-1", name: "Отдел продаж" }
crm:
  - { id: b24, driver: bitrix24, url: "https://portal.example.org/rest/1/webhook-secret/" }
  - { id: shop, driver: retailcrm }
employees:
  - { extension: "219", name: "Anna", crm: { b24: 7 } }
  - { extension: "220", name: "", crm: { b24: 8 } }
`;
const NUMBER = '+79035550142';
const irina: Contact = { id: '318', type: 'contact', name: 'Irina Orlova', owner: { crmUser: '7', extension: null } };
const user = (id: string, name: string, extension: string, active = true): CrmUser => ({ id, name, extensions: extension === '' ? [] : [extension as Extension], active });

interface World {
  readonly directory: Directory; readonly time: FakeTime; readonly asked: string[];
  says: (number: string) => Contact | null | Promise<Contact | null>;
  users: () => readonly CrmUser[] | Promise<readonly CrmUser[]>;
}

function world(t: Test, yaml = YAML, book?: Pick<AddressBook, 'persons' | 'companies'>): World {
  const file = join(t.testdir(), 'callme.yaml');
  writeFileSync(file, yaml);
  const loaded = loadConfig({ file, env: {}, cwd: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const config: Config = loaded.config;
  const [time, log, asked] = [new FakeTime(), memoryLog(), [] as string[]];
  const played: Omit<World, 'directory'> = { time, asked, says: (number) => (number.replace(/\D/g, '').endsWith('0142') ? irina : null), users: () => [user('7', 'Anna Ivanova', '219'), user('8', 'Boris', '220', false), user('9', 'Carl', '')] };
  const driver: Pick<Driver, 'lookup' | 'users'> = { lookup: async (number) => { asked.push(number); return made.says(number); }, users: async () => { asked.push('users'); return made.users(); } };
  const quiet: Pick<Driver, 'lookup'> = { lookup: () => Promise.resolve(null) };
  const accounts = [{ id: 'b24' as AccountId, driverName: 'bitrix24', driver: driver as Driver }, { id: 'shop' as AccountId, driverName: 'retailcrm', driver: quiet as Driver }];
  const numbers = createNumbers({ country: config.phones.country, internal: config.phones.internal, lines: config.lines });
  const lookup = createLookup({ accounts, clock: time, timers: time, log, numbers });
  t.teardown(() => lookup.stop());
  const kind = { name: 'x', settings: z.unknown(), pace: { perSecond: 1, burst: 1 }, create: () => driver as Driver };
  const checked: CheckedAccount[] = config.crm.map((account, place) => ({ config: account, kind, settings: new Secret(place === 0
    ? { url: 'https://portal.example.org/rest/1/webhook-secret/', applicationToken: 'app-token-of-the-test', lead: true, sources: { '7495': 'WEB' }, chats: [1, 2], deep: { a: { b: { c: { d: { e: 'x' } } } } } } : { apiKey: new Secret('api-key-of-the-test'), clientId: 3, none: undefined }) }));
  const directory = openDirectory({ config, checked, accounts, lookup, numbers, clock: time, log, ...(book && { book }) });
  const made: World = Object.assign(played, { directory });
  return made;
}
const patient = (): AbortSignal => new AbortController().signal;

t.test('a customer, with the owner as routing would ring him', async (t) => {
  const { directory, asked } = world(t);
  const answer = await directory.customer('8 903 555-01-42', { fresh: false, signal: patient() });
  t.same(answer, { kind: 'found', customer: { phone: NUMBER, account: 'b24', id: '318', type: 'contact', name: 'Irina Orlova', owner: { extension: '219', name: 'Anna', crmUser: '7' }, source: 'live' } });
  t.match(await directory.customer(NUMBER, { fresh: false, signal: patient() }), { customer: { source: 'cache' } });
  t.same(await directory.customer('+79990000000', { fresh: false, signal: patient() }), { kind: 'unknown' });
  t.same(await directory.customer('anonymous', { fresh: false, signal: patient() }), { kind: 'unknown' });
  t.equal(asked.filter((what) => what === '8 903 555-01-42').length, 1);
});

t.test('past the cache when asked for, and a CRM that cannot tell is not one that knows nobody', async (t) => {
  const made = world(t);
  const ask = (fresh: boolean, signal = patient()) => made.directory.customer(NUMBER, { fresh, signal });
  await ask(false);
  made.says = () => ({ ...irina, name: 'Married', owner: { crmUser: '8', extension: null } });
  t.match(await ask(false), { customer: { name: 'Irina Orlova' } });
  t.match(await ask(true), { customer: { name: 'Married', owner: { extension: '220', name: 'Boris' } } });
  made.directory.invalidate();
  made.says = () => { throw new Error('HTTP 500'); };
  t.same(await ask(false), { kind: 'silent', why: 'HTTP 500' });
  made.says = () => new Promise(() => undefined);
  t.match(await ask(false, AbortSignal.abort()), { kind: 'silent', why: /not answer in time/ });
});

t.test('an owner who is not ours has no extension', async (t) => {
  const made = world(t);
  made.says = () => ({ ...irina, owner: { crmUser: '99', extension: '999' as Extension } });
  t.match(await made.directory.customer(NUMBER, { fresh: false, signal: patient() }), { customer: { owner: { extension: null, name: null, crmUser: '99' } } });
  made.says = () => ({ ...irina, owner: null });
  t.match(await made.directory.customer(NUMBER, { fresh: true, signal: patient() }), { customer: { owner: null } });
});

t.test('managers by extension and by name: the configuration first, then what the CRM says', async (t) => {
  const { directory, asked, time } = world(t);
  t.same(await directory.manager('219', patient()), { extension: '219', name: 'Anna', accounts: [{ account: 'b24', user: '7', name: 'Anna Ivanova', active: true }] });
  t.match(await directory.manager('220', patient()), { extension: '220', name: 'Boris', accounts: [{ active: false }] }, 'the CRM names whom the configuration does not');
  t.match(await directory.manager('bor', patient()), { extension: '220' });
  t.match(await directory.manager('carl', patient()), { extension: null, name: 'Carl' }, 'somebody whom the configuration does not know');
  for (const wanted of ['221', '', ' ', 'b', '2', 'nobody']) t.equal(await directory.manager(wanted, patient()), null, `<${wanted}>`);
  t.equal(asked.filter((what) => what === 'users').length, 1, 'kept');
  t.equal(directory.stats().configCacheSize, 1);
  time.jump(5 * 60_000);
  await directory.manager('219', patient());
  await directory.manager('219', patient());
  t.equal(asked.filter((what) => what === 'users').length, 2, 'asked for again, once, behind the back');
});

t.test('people of a CRM that fails or hangs are known by the configuration alone, and kept as they were', async (t) => {
  const made = world(t);
  made.users = () => { throw new Error('HTTP 500'); };
  t.same(await made.directory.manager('219', patient()), { extension: '219', name: 'Anna', accounts: [] });
  made.users = () => new Promise(() => undefined);
  t.same(await made.directory.manager('219', AbortSignal.abort()), { extension: '219', name: 'Anna', accounts: [] });
  const other = world(t);
  await other.directory.manager('219', patient());
  other.users = () => { throw new Error('HTTP 500'); };
  other.time.jump(3_600_000);
  t.match(await other.directory.manager('219', patient()), { accounts: [{ name: 'Anna Ivanova' }] });
});

t.test('lines by number in any spelling, and by name', async (t) => {
  const { directory } = world(t);
  for (const wanted of ['74951234567', '84951234567', '+7 (495) 123-45-67', 'sales', 'GSM-1', 'продаж']) t.ok(directory.line(wanted), wanted);
  t.same(directory.line('74951234567'), { line: '+7 495 123-45-67', name: 'Sales', rules: ['+375{9}'] });
  t.match(directory.line('продаж'), { line: 'gsm-1' });
  for (const wanted of ['', 'x', '74951234568', 'nobody']) t.equal(directory.line(wanted), null, `<${wanted}>`);
  t.equal(directory.lines().length, 2);
});

t.test('found by number and by name, in all that there is', async (t) => {
  const person = { id: 'p1', name: 'Irma', company: null, numbers: [{ number: '8 903 1', key: '', kind: 'work' as const }], email: '', note: '', owner: null, updatedAt: 0 as never };
  const made = world(t, YAML, { persons: () => [person], companies: () => [] });
  const found = async (text: string) => made.directory.search(text, patient());
  t.match((await found('8 903 555-01-42')).contacts, [{ account: 'b24', id: '318', name: 'Irina Orlova', phone: NUMBER }, { id: 'p1' }], 'a whole number is looked up');
  t.match((await found('orlo')).contacts, [{ name: 'Irina Orlova', phone: NUMBER }, { account: 'local', name: 'Irma', phone: '8 903 1' }]);
  t.match((await found('0142')).contacts, [{ name: 'Irina Orlova' }, {}]);
  t.match((await found('ann')).managers, [{ extension: '219' }]);
  t.match((await found('sal')).lines, [{ name: 'Sales' }]);
  t.match((await found('12345')).lines, [{ name: 'Sales' }]);
  for (const text of ['', 'a', ' ']) t.same(await found(text), { contacts: [], managers: [], lines: [] }, `<${text}>`);
});

t.test('the settings without a secret', async (t) => {
  const { directory } = world(t);
  const all = JSON.stringify(directory.config(null));
  t.match(directory.config(null), { phones: { country: 'RU' }, lines: [{ name: 'Sales' }, {}], employees: [{ extension: '219' }, {}], accounts: [{ id: 'b24', driver: 'bitrix24' }, { id: 'shop' }] });
  t.same(directory.config('bitrix24'), directory.config('b24'));
  t.match(directory.config('b24'), { accounts: [{ settings: { url: 'https://portal.example.org/***', applicationToken: '***', lead: true, sources: { 7495: '***' }, chats: '***', deep: { a: { b: {} } } } }] });
  t.match(directory.config('shop'), { accounts: [{ settings: { apiKey: '***', clientId: 3, none: null } }] });
  t.notMatch(all, /of-the-test|webhook-secret/);
  t.equal(directory.config('amocrm'), null);
});

t.test('counters, accounts, refreshing and forgetting', async (t) => {
  const { directory, asked } = world(t);
  await directory.customer(NUMBER, { fresh: false, signal: patient() });
  await directory.customer(NUMBER, { fresh: false, signal: patient() });
  t.match(directory.stats(), { hits: 1, misses: 1, hitRatePercent: 50, cacheSize: 2, lastFullRefresh: null, accounts: [{ id: 'b24', driver: 'bitrix24' }, { id: 'shop', driver: 'retailcrm' }] });
  t.equal(directory.refresh(), 1);
  await new Promise((resolve) => setImmediate(resolve));
  t.match(directory.stats().lastFullRefresh, /^\d{4}-\d\d-\d\dT.*Z$/);
  t.equal(asked.filter((what) => what === NUMBER).length, 2);
  t.equal(directory.invalidate(), 2, 'the shop knows that it is nobody of its own');
  t.match(directory.stats(), { cacheSize: 0, configCacheSize: 0 });
});
