/** The address book over HTTP: the real store and desk behind, a real socket before. */
import t, { type Test } from 'tap';
import { contactTools } from '../../app/address-book/api.ts';
import { createNumbers } from '../../app/phones.ts';
import { type AccountId, DEFAULT_TENANT, type Extension, instant } from '../../core/words.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { contactVerbs, importRoute } from '../../web/api/contacts.ts';
import { CONTACT_PATHS, CONTACT_SCHEMAS } from '../../web/api/openapi-contacts.ts';
import { type Asked, problem, type Route } from '../../web/exchange.ts';
import { ask as send, bench } from './window.ts';

/** As `routes.ts` does it: the first verb whose path and method fit. */
function routesOf(verbs: ReturnType<typeof contactVerbs>): Route {
  return {
    path: '/api/v1/*', methods: ['GET', 'POST', 'PUT', 'DELETE'],
    answer: async (asked: Asked) => {
      const verb = verbs.find(({ method, path }) => method === asked.method && path.test(asked.rest));
      return verb === undefined ? problem(404, { code: 'NOTHING_HERE', message: '', remedy: '' }) : verb.answer(asked, verb.path.exec(asked.rest)?.[1] ?? '');
    },
  };
}

async function api(t: Test) {
  const store = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  const forgotten: unknown[] = [];
  const config = { crm: [{ id: 'book' as AccountId, driver: 'local', settings: undefined as never }], employees: [{ extension: '207' as Extension, name: 'Anna', crm: {} }] };
  const tools = contactTools(store, config, createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }), (keys) => forgotten.push(keys));
  const { address } = await bench(t, { web: { routes: [importRoute(tools.desk, ({ headers }) => (headers.authorization === 'no' ? problem(401, { code: 'NO', message: '', remedy: '' }) : null)), routesOf(contactVerbs(tools))] } });
  const ask = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly json: Readonly<Record<string, unknown>> }> => {
    const [text, type] = typeof body === 'string' ? [body, 'text/plain'] : [JSON.stringify(body), 'application/json'];
    const { status, text: answer } = await send(address, `/api/v1/${path}`, { method, ...(body === undefined ? {} : { body: text, headers: { 'content-type': type, ...headers } }) });
    return { status, json: JSON.parse(answer) as Readonly<Record<string, unknown>> };
  };
  return { ask, store, forgotten };
}

t.test('a contact is made, read, replaced and deleted', async (t) => {
  const { ask, store, forgotten } = await api(t);
  const company = (await ask('POST', 'companies', { name: 'Ромашка', numbers: ['84950000101'] })).json['id'];
  const made = await ask('POST', 'contacts', { name: ' Irina\nOrlova ', numbers: ['8 903 555-01-42', { number: '+79035550143', kind: 'mobile' }], company, email: 'i@example.org', owner: '207', note: 'a\nb' });
  t.match(made, { status: 201, json: { name: 'Irina Orlova', companyName: 'Ромашка', numbers: [{ key: '+79035550142', kind: 'other' }, { kind: 'mobile' }], owner: '207', note: 'a\nb', updatedAt: /^\d{4}-.*Z$/ } });
  const path = `contacts/${String(made.json['id'])}`;
  t.same(await ask('GET', path), { status: 200, json: made.json });
  t.match(await ask('PUT', path, { name: 'Irina' }), { status: 200, json: { name: 'Irina', numbers: [], company: null, email: '', owner: null } }, 'what is not given is empty');
  t.match(await ask('PUT', 'contacts/crm:42', { name: 'By the id of another system', numbers: ['+79035550144'] }), { status: 201, json: { id: 'crm:42' } });
  store.addressBook.keepCall({ call: 'main/1', linkedid: '1', direction: 'inbound', number: '+79035550144', key: '+79035550144', line: '', person: 'crm:42', company: null, extension: null, outcome: 'missed', startedAt: instant(5), talkSeconds: 0, recording: null });
  t.same(await ask('DELETE', 'contacts/crm:42'), { status: 200, json: { id: 'crm:42', deleted: true } });
  t.match(await ask('DELETE', 'contacts/crm:42'), { status: 404, json: { error: { code: 'NO_ENTRY' } } });
  t.match(await ask('GET', 'contacts/crm:42'), { status: 404 });
  t.match(await ask('GET', 'book/calls/main/1'), { status: 200, json: { call: 'main/1', person: null, number: '+79035550144', startedAt: '1970-01-01T00:00:00.005Z' } });
  t.match(await ask('DELETE', `companies/${String(company)}`), { status: 200 });
  t.same(forgotten.at(0), ['+74950000101']);
  t.same(forgotten.slice(1, 5), [['+79035550142', '+79035550143'], ['+79035550142', '+79035550143'], ['+79035550144'], ['+79035550144']], 'caches hear of what is old now: numbers of before and of now');
});

t.test('what is wrong is said with its field, and nothing is written', async (t) => {
  const { ask, store } = await api(t);
  for (const [body, said] of [
    [[], /object/], [{}, /"name"/], [{ name: '' }, /"name"/], [{ name: 7 }, /"name"/], [{ name: 'x'.repeat(201) }, /"name"/], [{ name: 'A', numbers: 'x' }, /"numbers"/], [{ name: 'A', numbers: ['call me'] }, /"numbers"/],
    [{ name: 'A', numbers: [7] }, /"numbers"/], [{ name: 'A', numbers: [{ number: '+79035550142', kind: 'car' }] }, /"numbers"/], [{ name: 'A', numbers: Array.from({ length: 21 }, (_, at) => `+790355500${10 + at}`) }, /"numbers"/],
    [{ name: 'A', company: 'nowhere' }, /"company"/], [{ name: 'A', owner: '999' }, /"owner"/], [{ name: 'A', email: {} }, /"email"/], [{ name: 'A', colour: 'red' }, /"colour"/], [{ name: 'A', note: 'x'.repeat(2_001) }, /"note"/],
  ] as const) t.match(await ask('POST', 'contacts', body), { status: 400, json: { error: { message: said, remedy: /./ } } }, JSON.stringify(body).slice(0, 60));
  t.match(await ask('PUT', 'contacts/a%20b', { name: 'A' }), { status: 400, json: { error: { message: /"id"/ } } });
  t.match(await ask('POST', 'companies', { name: 'A', email: 'x' }), { status: 400, json: { error: { message: /"email"/ } } });
  t.same([store.addressBook.persons({ limit: 9 }), store.addressBook.companies({ limit: 9 })], [[], []]);
});

t.test('lists are searched and come page by page', async (t) => {
  const { ask } = await api(t);
  for (const name of ['Вера', 'анна', 'Борис', 'Яна']) await ask('POST', 'contacts', { name, numbers: [`+7903555014${name.length}`] });
  const names = (json: Readonly<Record<string, unknown>>): readonly string[] => (json['contacts'] as readonly { readonly name: string }[]).map(({ name }) => name);
  const first = await ask('GET', 'contacts?limit=3');
  t.same(names(first.json), ['анна', 'Борис', 'Вера']);
  const second = await ask('GET', `contacts?limit=3&after=${String(first.json['next'])}`);
  t.same([names(second.json), second.json['next']], [['Яна'], null]);
  t.same(names((await ask('GET', `contacts?search=${encodeURIComponent('ЯН')}`)).json), ['Яна']);
  t.match(await ask('GET', 'companies/'), { status: 200, json: { companies: [], next: null } });
  for (const query of ['limit=0', 'limit=501', 'after=x', `after=${Buffer.from('[1]').toString('base64url')}`, 'colour=red', `search=${'x'.repeat(201)}`, 'limit=1&limit=2']) t.match(await ask('GET', `contacts?${query}`), { status: 400, json: { error: { code: 'BAD_QUERY' } } }, query);
});

t.test('calls: by number however it is written, by contact, page by page', async (t) => {
  const { ask, store } = await api(t);
  for (const [at, key] of ['+79035550142', '+79035550143', '+79035550142'].entries()) {
    store.addressBook.keepCall({ call: `main/${at}`, linkedid: String(at), direction: 'inbound', number: key, key, line: '', person: key.endsWith('3') ? 'p1' : null, company: null, extension: null, outcome: 'missed', startedAt: instant(7), talkSeconds: 0, recording: null });
  }
  const calls = (json: Readonly<Record<string, unknown>>): readonly string[] => (json['calls'] as readonly { readonly call: string }[]).map(({ call }) => call);
  t.same(calls((await ask('GET', `book/calls?number=${encodeURIComponent('8 (903) 555-01-42')}`)).json), ['main/2', 'main/0']);
  t.same(calls((await ask('GET', 'book/calls?contact=p1')).json), ['main/1']);
  const first = await ask('GET', 'book/calls?limit=2');
  t.same(calls((await ask('GET', `book/calls?limit=2&after=${String(first.json['next'])}`)).json), ['main/0']);
  for (const query of ['number=x', 'limit=x', 'after=x', `after=${Buffer.from('["x","y"]').toString('base64url')}`, 'person=p1']) t.match(await ask('GET', `book/calls?${query}`), { status: 400 }, query);
  t.match(await ask('GET', 'book/calls/main/9'), { status: 404, json: { error: { code: 'NO_CALL' } } });
  t.match(await ask('GET', 'book/calls/main/1?x=1'), { status: 400 });
});

t.test('a file is imported as it is: reported, refused, or only looked at', async (t) => {
  const { ask, store, forgotten } = await api(t);
  const file = 'ФИО;Телефон\nИрина;8 903 555-01-42\n';
  t.match(await ask('POST', 'contacts/import?dryRun=true', file), { status: 200, json: { added: 1, applied: false } });
  t.same([store.addressBook.persons({ limit: 9 }), forgotten], [[], []]);
  t.match(await ask('POST', 'contacts/import', file), { status: 200, json: { format: 'csv', rows: 1, added: 1, useless: 0, bad: [], badRows: 0, applied: true } });
  t.same(forgotten, ['all']);
  const bad = `${file}X;ask\nBoris;+79035550143\n`;
  t.match(await ask('POST', 'contacts/import', bad), { status: 422, json: { applied: false, badRows: 1, bad: [{ line: 3, trouble: 'BAD_NUMBER', why: /no telephone number/ }] } });
  t.match(await ask('POST', 'contacts/import?partial=true', bad), { status: 200, json: { applied: true, added: 1 } });
  t.match(await ask('POST', 'contacts/import', 'BEGIN:VCARD\nFN:A\nTEL:+79035550144\nEND:VCARD\n', { 'content-type': 'text/vcard; charset=utf-8' }), { status: 200, json: { format: 'vcard', added: 1 } });
  t.match(await ask('POST', 'contacts/import?format=vcard', file), { status: 400, json: { error: { code: 'IMPORT_EMPTY' } } });
  for (const [path, body, code] of [['?format=xml', file, 'BAD_QUERY'], ['?partial=maybe', file, 'BAD_QUERY'], ['?x=1', file, 'BAD_QUERY'], ['', 'a;b\n1;2\n', 'IMPORT_NO_NUMBERS'], ['', 'имя;телефон\n\ufffd;+79035550145\n', 'NOT_UTF8']] as const) {
    t.match(await ask('POST', `contacts/import${path}`, body), { status: 400, json: { error: { code, remedy: /./ } } }, code);
  }
  t.equal((await ask('POST', 'contacts/import', 'x'.repeat(4 * 1024 * 1024 + 1))).status, 413);
  t.match(await ask('POST', 'contacts/import', file, { authorization: 'no' }), { status: 401 });
});

t.test('its description names every verb, and every field of an answer', async (t) => {
  const { ask } = await api(t);
  const tools = contactTools(openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT }), { crm: [], employees: [] }, createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }));
  const described = Object.entries(CONTACT_PATHS).flatMap(([path, verbs]) => Object.keys(verbs).map((method) => ({ method: method.toUpperCase(), path: path.replace('/api/v1/', '').replace(/\{.*\}/, 'x') })));
  for (const { method, path } of contactVerbs(tools)) t.ok(described.some((each) => each.method === method && path.test(each.path)), `${method} ${path.source}`);
  t.ok(described.some(({ method, path }) => method === 'POST' && path === 'contacts/import'));
  t.equal(described.length, contactVerbs(tools).length + 1, 'and nothing that is not there');
  const contact = (await ask('POST', 'contacts', { name: 'A' })).json;
  t.same(Object.keys(contact).sort(), Object.keys(CONTACT_SCHEMAS.Contact.properties).sort());
  t.same(Object.keys((await ask('POST', 'companies', { name: 'A' })).json).sort(), Object.keys(CONTACT_SCHEMAS.Company.properties).sort());
  t.same(Object.keys((await ask('POST', 'contacts/import', 'name;phone\nA;+79035550142\n')).json).sort(), Object.keys(CONTACT_SCHEMAS.ImportReport.properties).sort());
});
