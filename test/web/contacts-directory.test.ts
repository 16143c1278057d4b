/** The addresses of the old gateway: who may ask, what they say, and that nothing but questions comes through. */
import t, { type Test } from 'tap';
import { instant } from '../../core/words.ts';
import type { CustomerAnswer, Directory } from '../../web/contacts/directory.ts';
import { directoryRoutes } from '../../web/contacts/routes.ts';
import { type AskOptions, ask as send, bench, Lines, NOON } from './window.ts';

const TOKEN = 'token-of-the-test-0001';
const customer = { phone: '+79035550142', account: 'b24', id: '318', type: 'contact', name: 'Ирина "Б" <b>', owner: { extension: '219', name: 'Anna', crmUser: '7' }, source: 'cache' as const };

async function gateway(t: Test, over: Partial<Directory> = {}, tokens: readonly string[] = [TOKEN]) {
  const asked: unknown[] = [];
  const directory: Directory = {
    stats: () => ({ hits: 2, misses: 1, hitRatePercent: 66.7, cacheSize: 1, configCacheSize: 2, lastFullRefresh: null, accounts: [{ id: 'b24', driver: 'bitrix24' }, { id: 'shop', driver: 'retailcrm' }] }),
    refresh: () => 5, invalidate: () => 7,
    customer: async (phone, { fresh }): Promise<CustomerAnswer> => { asked.push([phone, fresh]); return phone.endsWith('42') ? { kind: 'found', customer } : { kind: 'unknown' }; },
    manager: async (wanted) => (wanted === '219' || wanted === 'Анна' ? { extension: '219', name: 'Anna', accounts: [] } : null),
    line: (wanted) => (wanted === '74951234567' ? { line: '74951234567', name: 'Sales', rules: ['+375{9}'] } : null),
    lines: () => [{ line: '74951234567', name: 'Sales', rules: ['+375{9}'] }, { line: '74950000001', name: '', rules: [] }],
    search: async (text) => { asked.push(text); return { contacts: [], managers: [], lines: [] }; },
    config: (type) => (type === null || type === 'bitrix24' ? { type } : null), ...over,
  };
  const lines = new Lines();
  const clock = { at: NOON };
  const routes = directoryRoutes({ directory, tokens, clock: { now: () => instant(clock.at) }, log: lines.log, askMs: 2_000 });
  const { address } = await bench(t, { web: { routes } });
  const ask = async (path: string, options: AskOptions = {}) => {
    const { status, headers, text } = await send(address, path, { ...options, headers: { authorization: `Bearer ${TOKEN}`, ...options.headers } });
    return { status, headers, text, json: text === '' ? null : JSON.parse(text) as unknown };
  };
  return { ask, address, asked, lines, clock };
}
const PATHS = ['/stats', '/customer-name/default/79035550142', '/customer-profile/default/79035550142', '/metadata/default/manager/219', '/metadata/default/line/74951234567', '/responsible-extension/default/79035550142',
  '/integrations/default', '/config/default', '/config/default/bitrix24', '/incoming-transform/default', '/search/default?query=x'];

t.test('nothing without a token, from this machine neither', async (t) => {
  const { address, lines, asked } = await gateway(t);
  for (const path of PATHS) {
    t.match(await send(address, path), { status: 401, headers: { 'www-authenticate': 'Bearer realm="CallMe"' } }, path);
    if (path === PATHS[0]) t.match(await send(address, path, { headers: { authorization: 'Bearer wrong' } }), { status: 401, text: /not known/ }, path);
  }
  for (const path of ['/cache/refresh', '/cache/invalidate/default']) t.equal((await send(address, path, { method: 'POST' })).status, 401, path);
  t.same(asked, []);
  t.notMatch(JSON.stringify(lines.all), /wrong"|token-of/);
});

t.test('without tokens in the configuration it is shut, and who guesses waits', async (t) => {
  t.match(await (await gateway(t, {}, [])).ask('/stats'), { status: 403, json: { error: { code: 'API_OFF' } } });
  const { ask, clock } = await gateway(t);
  for (let each = 0; each < 20; each += 1) await ask('/stats', { headers: { authorization: 'Bearer guess' } });
  t.match(await ask('/stats'), { status: 429, headers: { 'retry-after': '6' } });
  clock.at += 6_000;
  t.equal((await ask('/stats')).status, 200);
});

t.test('counters by the names that dashboards know', async (t) => {
  const { ask } = await gateway(t);
  t.same((await ask('/stats')).json, { hits: 2, misses: 1, hit_rate_percent: 66.7, cache_size: 1, config_cache_size: 2, last_full_refresh: null, accounts: 2 });
  t.match(await ask('/cache/refresh', { method: 'POST' }), { status: 202, json: { refreshing: 5 } });
  t.match(await ask('/cache/refresh', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }), { status: 202 });
  t.match(await ask('/cache/invalidate/default', { method: 'POST' }), { status: 200, json: { invalidated: 7 } });
  t.match(await ask('/cache/refresh'), { status: 405, headers: { allow: 'POST' } });
  t.match(await ask('/stats', { method: 'POST' }), { status: 405 });
});

t.test('customers: name, profile, responsible extension', async (t) => {
  const { ask, asked } = await gateway(t);
  t.same((await ask('/customer-name/default/+79035550142')).json, { name: 'Ирина "Б" <b>' });
  t.same((await ask('/customer-name/default/79990000000')).json, { name: null });
  t.same((await ask('/customer-profile/default/79035550142')).json, customer);
  t.same((await ask('/customer-profile/default/79990000000')).json, { name: null });
  t.same((await ask('/responsible-extension/default/79035550142')).json, { extension: '219' });
  t.same((await ask('/responsible-extension/default/79035550142?nocache')).json, { extension: '219' });
  t.same((await ask('/responsible-extension/default/79035550142?nocache=0')).json, { extension: '219' });
  t.same((await ask('/responsible-extension/default/79990000000')).json, { extension: null });
  t.same(asked.slice(4).map((each) => (each as unknown[])[1]), [false, true, false, false]);
  t.equal((asked[0] as unknown[])[0], '+79035550142', 'a plus stays a plus');
  await ask(`/customer-name/default/${encodeURIComponent('8 (903) 555-01-42')}`);
  t.same(asked.at(-1), ['8 (903) 555-01-42', false]);
});

t.test('a contact without a name, or without an owner', async (t) => {
  const { ask } = await gateway(t, { customer: async () => ({ kind: 'found', customer: { ...customer, name: '', owner: null } }) });
  t.same((await ask('/customer-name/default/1')).json, { name: null });
  t.same((await ask('/responsible-extension/default/1')).json, { extension: null });
});

t.test('a CRM that cannot tell is said so', async (t) => {
  const { ask } = await gateway(t, { customer: async () => ({ kind: 'silent', why: 'HTTP 500\r\nx' }) });
  t.match(await ask('/customer-name/default/1'), { status: 503, headers: { 'retry-after': '5' }, json: { error: { code: 'CRM_SILENT', message: /HTTP 500\?\?x/, remedy: /crm check/ } } });
});

t.test('managers and lines, by number and by name', async (t) => {
  const { ask } = await gateway(t);
  t.match((await ask('/metadata/default/manager/219')).json, { extension: '219', name: 'Anna' });
  t.match((await ask(`/metadata/default/manager/${encodeURIComponent('Анна')}`)).json, { extension: '219' });
  t.same((await ask('/metadata/default/manager/221')).json, { extension: '221', name: null, accounts: [] });
  t.match((await ask('/metadata/default/line/74951234567')).json, { line: '74951234567', name: 'Sales' });
  t.same((await ask('/metadata/default/line/1')).json, { line: '1', name: null, rules: [] });
  t.match(await ask('/metadata/default/queue/1'), { status: 404, json: { error: { remedy: /manager/ } } });
});

t.test('integrations, settings, rules', async (t) => {
  const { ask } = await gateway(t);
  t.same((await ask('/integrations/default')).json, { integrations: { bitrix24: true, retailcrm: true }, accounts: [{ id: 'b24', driver: 'bitrix24' }, { id: 'shop', driver: 'retailcrm' }] });
  t.same((await ask('/config/default')).json, { type: null });
  t.same((await ask('/config/default/bitrix24')).json, { type: 'bitrix24' });
  t.match(await ask('/config/default/amocrm'), { status: 404, json: { error: { code: 'NO_ACCOUNT' } } });
  t.same((await ask('/incoming-transform/default')).json, { rules: { 74951234567: ['+375{9}'] } });
});

t.test('another tenant, another address, another question', async (t) => {
  const { ask, asked } = await gateway(t);
  for (const path of ['/integrations/acme', '/customer-name/acme/1', '/config/..%2fdefault', '/metadata/acme/manager/219', '/search/x?query=1', '/customer-name/Default/1']) t.match(await ask(path), { status: 404, json: { detail: 'Enterprise not found' } }, path);
  for (const path of ['/customer-name/default', '/customer-name/default/', '/metadata/default', `/customer-name/default/${'9'.repeat(101)}`]) t.match(await ask(path), { status: 400, json: { error: { code: 'BAD_ADDRESS' } } }, path);
  t.match(await ask('/stats?x=1'), { status: 400, json: { error: { code: 'BAD_QUERY' } } });
  t.match(await ask('/customer-name/default/1?nocache'), { status: 400 });
  t.match(await ask('/search/default?query=a&query=b'), { status: 400 });
  t.same(asked, []);
  await ask(`/search/default?query=${'x'.repeat(500)}`);
  t.equal((asked[0] as string).length, 100);
});

t.test('the log says who asked for what kind of thing, and no number', async (t) => {
  const { ask, lines } = await gateway(t);
  await ask('/customer-name/default/79035550142');
  t.match(lines.all.at(-1), { level: 'info', message: 'the directory was asked', fields: { address: '127.0.0.1', method: 'GET', asked: '/customer-name', status: 200 } });
  t.notMatch(JSON.stringify(lines.all), /5550142/);
});
