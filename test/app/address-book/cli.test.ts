/** `callme contacts` beside a running server, in both languages. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { BookCall } from '../../../core/address-book.ts';
import type { Store } from '../../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, type Extension, instant } from '../../../core/words.ts';
import { openStore } from '../../../store/open.ts';
import { CONFIG, folder, run, writeConfig } from '../bench.ts';

const CONFIGURED = `${CONFIG}crm:
  - { id: book, driver: local }
employees:
  - { extension: "207", name: "Анна" }
`;

interface House { readonly cwd: string; readonly store: Store; readonly contacts: (...words: readonly string[]) => ReturnType<typeof run>; readonly file: (name: string, text: string) => string }

function house(t: Parameters<typeof folder>[0], config = CONFIGURED): House {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd, config)];
  const store = openStore({ url: 'sqlite:callme.db', dataDir: cwd, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  return { cwd, store, contacts: (...more) => run(['contacts', ...more, ...words], { cwd }), file: (name, text) => { writeFileSync(join(cwd, name), text); return name; } };
}

const call: BookCall = {
  call: 'main/1', linkedid: '1', direction: 'inbound', number: '89035550142', key: '+79035550142', line: '', person: null, company: null, extension: '207' as Extension, outcome: 'answered',
  startedAt: instant(0), talkSeconds: 42, recording: 'main/x.wav',
};

t.test('without a store: lists are empty, nothing else makes one', async (t) => {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd, CONFIGURED)];
  for (const verb of ['list', 'calls']) t.same((await run(['contacts', verb, '--json', ...words], { cwd })).json(), []);
  t.match(await run(['contacts', 'list', ...words], { cwd }), { code: 0, out: 'Nobody is found.\n' });
  for (const verb of [['add', 'A', '--phone', '+79035550142'], ['show', 'x'], ['import', 'x.csv'], ['reindex']]) t.match(await run(['contacts', ...verb, ...words], { cwd }), { code: 1, err: /no store yet/ }, verb.join(' '));
  t.notOk(existsSync(join(cwd, 'callme.db')));
});

t.test('add, show, list, change, remove', async (t) => {
  const { store, contacts } = house(t);
  const wanted = ['add', 'Ирина Орлова', '--phone', 'mobile: 8 903 555-01-42; work: +7 495 000-01-01, доб. 12', '--company', 'Ромашка', '--email', 'i@example.org', '--owner', 'анна', '--note', 'x'];
  t.match(await contacts(...wanted, '--dry-run'), { code: 0, out: 'Would add: Ирина Орлова.\n' });
  t.same(store.addressBook.persons({ limit: 9 }), []);
  store.contacts.set('book' as AccountId, '+79035550142', { contact: null, at: instant(1) });
  t.match((await contacts(...wanted, '--json')).json(), { ok: true, state: 'added', id: /^[0-9a-f-]{36}$/ });
  t.equal(store.contacts.count('book' as AccountId), 0, 'a lookup that found nobody is forgotten');
  t.match(await contacts(...wanted), { out: /^Nothing to change: Ирина Орлова/ });
  t.match(await contacts('add', 'Ирина Орлова', '--phone', '+79035550142', '--note', 'new', '--lang', 'ru'), { out: /^Изменено: Ирина Орлова/ });
  store.addressBook.keepCall(call);
  t.match(await contacts('list', '--search', 'ОРЛОВА'), { out: /id +name +company +numbers +owner\n.*Ирина Орлова +Ромашка +\+79035550142, \+7 495 000-01-01, доб\. 12 +207/ });
  t.match((await contacts('list', '--companies', '--json')).json(), [{ name: 'Ромашка' }]);
  const shown = await contacts('show', '8 (903) 555-01-42', '--lang', 'ru');
  for (const line of ['Ирина Орлова (', '  рабочий: +7 495 000-01-01, доб. 12', '  компания: Ромашка', '  почта: i@example.org', '  ответственный: 207', '  заметка: new', 'inbound']) t.ok(shown.out.includes(line), line);
  t.match((await contacts('show', '+79035550142', '--json')).json(), { type: 'person', name: 'Ирина Орлова', calls: [{ call: 'main/1' }] });
  t.match(await contacts('remove', '+79035550142', '--dry-run'), { out: 'Would delete: Ирина Орлова.\n' });
  t.match(await contacts('remove', '+79035550142'), { code: 0, out: /^Deleted: Ирина Орлова/ });
  t.equal(store.addressBook.find('+79035550142'), null);
  t.match(await contacts('remove', '+79035550142', '--lang', 'ru'), { code: 1, err: /никого нет/ });
  t.match((await contacts('calls', '--number', '8 903 5550142', '--json')).json(), [{ call: 'main/1', person: null }]);
  t.match(await contacts('calls', '--number', '+79990000000'), { out: 'There are no calls.\n' });
});

t.test('what cannot be added, and a number that several have', async (t) => {
  const { contacts } = house(t);
  t.match(await contacts('add', 'A'), { code: 2, err: /there is no number/ });
  t.match(await contacts('add', 'A', '--phone', 'call me'), { code: 2, err: /number: a number is no telephone number/ });
  t.match(await contacts('add', 'A', '--phone', '+79035550142', '--owner', '999', '--lang', 'ru'), { code: 2, err: /ответственный: такого сотрудника/ });
  t.match(await contacts('add', 'x'.repeat(201), '--phone', '+79035550142'), { code: 2, err: /name: too long/ });
  await contacts('add', 'A', '--phone', '+79035550142');
  t.match((await contacts('add', 'Firm', '--phone', '+79035550142', '--as-company', '--json')).json(), { state: 'added' });
  t.match(await contacts('show', '+79035550142'), { code: 2, err: /several have this number: \S+, \S+/ });
});

t.test('import tells what it did, what it would do, and each bad row with its line', async (t) => {
  const { store, contacts, file } = house(t);
  const good = file('good.csv', 'ФИО;Телефон\nИрина;8 903 555-01-42\nБез номера;\n');
  t.match(await contacts('import', good, '--dry-run'), { code: 0, out: /New: 1, changed: 0, as before: 0\.\nWithout a number, left out: 1\.\nNothing was written/ });
  t.same(store.addressBook.persons({ limit: 9 }), []);
  t.match(await contacts('import', good), { code: 0, out: /New: 1.*Imported\.\n$/s });
  t.match((await contacts('import', good, '--json')).json(), { ok: true, unchanged: 1, applied: true, encoding: 'utf-8', format: 'csv' });
  const bad = file('bad.csv', `name,phone\n${Array.from({ length: 25 }, (_, at) => `N${at},ask\n`).join('')}Boris,+79035550143\n`);
  const refused = await contacts('import', bad, '--lang', 'ru');
  t.match(refused, { code: 1, out: /строка 2: номер: это не телефонный номер.*… и ещё 5\nНичего не загружено/s });
  t.equal(store.addressBook.find('+79035550143'), null);
  t.match(await contacts('import', bad, '--partial'), { code: 1, out: /Bad rows: 25\..*Imported\./s });
  t.ok(store.addressBook.find('+79035550143'));
  t.match((await contacts('import', bad, '--json', '--dry-run')).json(), { ok: false, bad: { length: 25 } });
});

t.test('files that cannot be imported: what is wrong and what to do', async (t) => {
  const { contacts, file } = house(t);
  for (const [name, text, said] of [['empty.csv', '', /is empty.*header/s], ['no.csv', 'a;b\n1;2\n', /telephone number.*call a column/s]] as const) t.match(await contacts('import', file(name, text)), { code: 1, err: said }, name);
  t.match(await contacts('import', 'missing.csv'), { code: 1, err: /cannot read .*missing\.csv: ENOENT.*check the path/s });
  t.match(await contacts('import', '.'), { code: 1, err: /EISDIR/ });
  t.match(await contacts('import', 'x.csv', '--format', 'xml'), { code: 2 });
});

t.test('export writes a file for its owner alone, and over nothing', async (t) => {
  const { cwd, contacts } = house(t);
  await contacts('add', 'Irina', '--phone', '+79035550142', '--company', 'Romashka');
  t.match(await contacts('export', 'x.vcf', '--dry-run'), { code: 0, out: /Would write 2 entries/ });
  t.notOk(existsSync(join(cwd, 'x.vcf')));
  t.match(await contacts('export', 'x.vcf'), { code: 0, out: /Wrote 2 entries/ });
  t.match(readFileSync(join(cwd, 'x.vcf'), 'utf8'), /^BEGIN:VCARD\r\n[\s\S]*TEL;TYPE=VOICE:\+79035550142\r\n/);
  t.equal(statSync(join(cwd, 'x.vcf')).mode & 0o777, 0o600);
  t.match(await contacts('export', 'x.vcf'), { code: 2, err: /already there.*--force/s });
  t.match((await contacts('export', 'x.vcf', '--force', '--format', 'csv', '--separator', ';', '--json')).json(), { ok: true, format: 'csv', entries: 2 });
  t.match(readFileSync(join(cwd, 'x.vcf'), 'utf8'), /^\ufefftype;name;/);
  t.match(await contacts('export'), { code: 0, out: /^\ufefftype,name,.*Irina/s });
  t.match((await contacts('export', '--json', '--format', 'vcard')).json(), { format: 'vcard', content: /^BEGIN:VCARD/ });
  t.match(await contacts('export', 'nowhere/x.csv'), { code: 1, err: /cannot write .*ENOENT/ });
  t.match(await contacts('import', 'x.vcf'), { code: 0, out: /as before: 1/ }, 'what was written is read');
});

t.test('reindex reads numbers by the rules of now', async (t) => {
  const { store, contacts } = house(t);
  const number = (key: string) => ({ number: '8 903 555-01-42', key, kind: 'mobile' as const });
  store.addressBook.keep({ persons: [{ id: 'p1', name: 'A', company: null, numbers: [number('+380')], email: '', note: '', owner: null, updatedAt: instant(5) }], companies: [{ id: 'c1', name: 'C', numbers: [number('+79035550142')], note: '', updatedAt: instant(5) }] });
  t.match(await contacts('reindex', '--dry-run'), { code: 0, out: 'Numbers that would be read otherwise: 1.\n' });
  t.match(store.addressBook.find('+79035550142'), { person: null });
  t.match((await contacts('reindex', '--json')).json(), { ok: true, numbers: 1 });
  t.match(store.addressBook.find('+79035550142'), { person: { id: 'p1', updatedAt: 5 } });
  t.match(await contacts('reindex', '--lang', 'ru'), { out: 'Номеров, которые теперь читаются иначе: 0.\n' });
});
