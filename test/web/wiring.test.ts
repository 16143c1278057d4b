/** The window as `callme serve` opens it: the real configuration, the real store, keys in dataDir, sound on the disk. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfig, secretsOf, type Config } from '../../app/config/index.ts';
import { KEYS_FILE, LinkKeysError, openRecordingLinks } from '../../app/recording-links.ts';
import { contactTools } from '../../app/address-book/api.ts';
import { numbersOf } from '../../app/surroundings.ts';
import { Detail } from '../../app/detail.ts';
import { openDirectory } from '../../app/directory.ts';
import { createLookup } from '../../crm/lookup.ts';
import { openWindow } from '../../app/window.ts';
import { DEFAULT_TENANT, instant, type RecordingId } from '../../core/words.ts';
import { localStorage } from '../../recordings/storage/storage.ts';
import { openStore } from '../../store/open.ts';
import { folder, writeConfig, CONFIG } from '../app/bench.ts';
import { commit, PBX, recording } from '../fakes/sample-calls.ts';
import { ask, Lines, NOON } from './window.ts';

const now = { now: () => instant(NOON) };
const SECRET = 'a-secret-of-the-configuration-0001';
const OLD_SECRET = 'a-secret-of-the-configuration-0000';
const id = 'main/2026/11/20/call-1.wav' as RecordingId;

function configured(t: Test, web = '') {
  const path = folder(t);
  const loaded = loadConfig({ file: writeConfig(path, CONFIG.replace('web: { listen: "127.0.0.1:0" }', `web: { listen: "127.0.0.1:0"${web} }`)), env: {}, cwd: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return { path, loaded, config: loaded.config, lines: new Lines() };
}
/** With no account: what the store and the configuration know. */
const directoryOf = (config: Config, { log }: Lines) => openDirectory({ config, checked: [], accounts: [], lookup: createLookup({ accounts: [], clock: now, log }), numbers: numbersOf(config), clock: now, log });
const opened = (config: Config, lines: Lines) => openRecordingLinks({ config, clock: now, log: lines.log });

t.test('a key is made once, and only the user of CallMe can read it', async (t) => {
  const { path, config, lines } = configured(t);
  const first = opened(config, lines);
  const file = join(path, KEYS_FILE);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.match(first.keys, [/^[0-9A-Za-z_-]{43}$/]);
  t.same(opened(config, lines).keys, first.keys);
  t.notOk(existsSync(`${file}.part`));
  const other = configured(t);
  t.notSame(opened(other.config, other.lines).keys, first.keys);
  writeFileSync(file, `# changed in November\n${SECRET}\n\n${first.keys[0] ?? ''}\n`, { mode: 0o644 });
  t.same(opened(config, lines).keys, [SECRET, ...first.keys], 'a new first line signs, the old key opens');
});

t.test('a file of keys that others could read is closed to them, and said', async (t) => {
  const { path, config, lines } = configured(t);
  const file = join(path, KEYS_FILE);
  writeFileSync(file, `${SECRET}\n`, { mode: 0o644 });
  t.same(opened(config, lines).keys, [SECRET]);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.match(lines.all, [{ level: 'warn', message: /others could read/ }]);
});

t.test('a damaged file of keys stops the start: making another one would end all links in silence', async (t) => {
  for (const text of ['', '# nothing\n', 'short\n', `${SECRET}\nshort\n`]) {
    const { path, config, lines } = configured(t);
    writeFileSync(join(path, KEYS_FILE), text, { mode: 0o600 });
    t.throws(() => opened(config, lines), { code: 'LINK_KEYS', remedy: /backup/ }, JSON.stringify(text));
    t.equal(readFileSync(join(path, KEYS_FILE), 'utf8'), text);
  }
  const { config, lines, path } = configured(t);
  const impossible = { ...config, dataDir: join(path, 'callme.yaml') };
  t.throws(() => opened(impossible, lines), LinkKeysError);
});

t.test('secrets of the configuration come first, make no file, and are kept out of logs', async (t) => {
  const { path, config, loaded, lines } = configured(t, `, linkSecrets: ["${SECRET}", "${OLD_SECRET}"]`);
  t.same(opened(config, lines).keys, [SECRET, OLD_SECRET]);
  t.notOk(existsSync(join(path, KEYS_FILE)));
  t.ok(secretsOf(loaded).includes(SECRET) && secretsOf(loaded).includes(OLD_SECRET));
});

t.test('links for a CRM open for web.linkDays under web.publicUrl; without it nobody outside could open one', async (t) => {
  const { config, lines } = configured(t, ', publicUrl: "https://pbx.example.org/callme/", linkDays: 2');
  const links = opened(config, lines);
  t.match(links.forCrm(id), new RegExp(`^https://pbx\\.example\\.org/callme/recordings/main/2026/11/20/call-1\\.mp3\\?expires=${NOON / 1000 + 2 * 86_400}&signature=`));
  t.match(links.forPerson(id, 5), { url: /^https:\/\/pbx\.example\.org\/callme\/recordings\//, expiresAt: '2026-11-20T12:05:00.000Z' });
  const inside = configured(t);
  const without = opened(inside.config, inside.lines);
  t.equal(without.forCrm(id), null);
  t.match(without.forPerson(id, 5).url, /^\/recordings\//);
});

t.test('the keys of the section web are checked', async (t) => {
  for (const [web, where] of [['linkSecrets: ["too-short"]', 'web.linkSecrets[0]'], ['linkDays: 0', 'web.linkDays'], ['linkDays: 4000', 'web.linkDays'], ['trustProxy: ["nginx"]', 'web.trustProxy[0]'], ['publicUrl: "pbx.example.org"', 'web.publicUrl']] as const) {
    const path = folder(t);
    const loaded = loadConfig({ file: writeConfig(path, CONFIG.replace('web: { listen: "127.0.0.1:0" }', `web: { ${web} }`)), env: {}, cwd: '/' });
    t.match(loaded, { ok: false, mistakes: [{ path: where }] }, web);
  }
});

t.test('from the store to the ear: a recording is found by the API, and its link plays it', async (t) => {
  const { path, config, lines } = configured(t, ', tokens: ["token-of-the-test-0001"], publicUrl: "https://pbx.example.org/callme", trustProxy: ["127.0.0.1"]');
  const store = openStore({ url: 'sqlite:callme.db', dataDir: path, tenant: DEFAULT_TENANT });
  t.teardown(() => { store.close(); });
  const row = recording('1790.17');
  store.journal.commit(commit({ recordings: [row] }));
  const mp3 = join(path, 'sound.mp3');
  writeFileSync(mp3, 'the sound');
  store.recordings.patch(row.id, { state: 'told', mp3, bytes: 9, sha256: 'ab', seconds: 1 }, instant(NOON));
  const acted: unknown[] = [];
  const recorder = { act: async (call: string, what: string) => { acted.push([call, what]); return { ok: true as const }; } };
  const links = opened(config, lines);
  const window = openWindow({ config, store, clock: now, log: lines.log, version: '1.2.3', readiness: () => ({ ready: true, checks: {} }), recorder, storage: localStorage, links, crm: { hear: () => Promise.resolve(null) }, contacts: contactTools(store, config, numbersOf(config)), directory: directoryOf(config, lines), detail: new Detail({ clock: now }) });
  await window.start();
  t.teardown(() => window.stop());
  const address = window.address ?? '';
  const headers = { authorization: 'Bearer token-of-the-test-0001' };
  const listed = JSON.parse((await ask(address, `/api/v1/recordings?call=${row.call}`, { headers })).text) as { recordings: { id: string }[] };
  t.same(listed.recordings.map((each) => each.id), [row.id]);
  const one = JSON.parse((await ask(address, `/api/v1/recordings/${row.id}`, { headers })).text) as { told: unknown; link: { url: string } };
  t.same(one.told, []);
  const link = new URL(one.link.url);
  for (const way of [`${link.pathname}${link.search}`, `${link.pathname.replace('/callme', '')}${link.search}`]) {
    t.match(await ask(address, way, { headers: { range: 'bytes=4-' } }), { status: 206, text: 'sound', headers: { 'content-range': 'bytes 4-8/9' } });
  }
  t.equal((await ask(address, new URL(links.forCrm(row.id) ?? '').pathname)).status, 403);
  t.equal((await ask(address, `/api/v1/calls/${row.call}/recording`, { method: 'POST', body: '{"action":"pause"}', headers: { ...headers, 'content-type': 'application/json' } })).status, 200);
  t.same(acted, [[row.call, 'pause']]);
  const typed = { ...headers, 'content-type': 'application/json' };
  t.equal((await ask(address, '/api/v1/contacts/c1', { method: 'PUT', body: '{"name":"Irina Orlova","numbers":["+7 916 123-45-67"]}', headers: typed })).status, 201);
  t.match(await ask(address, '/api/v1/contacts/c1', { headers }), { status: 200, text: /Irina Orlova.*\+79161234567/ });
  t.match(await ask(address, '/api/v1/contacts/import', { method: 'POST', body: 'name;phone\nBoris;89162223344\n', headers: { ...headers, 'content-type': 'text/csv' } }), { status: 200 });
  t.match(await ask(address, '/api/v1/contacts?search=boris', { headers }), { status: 200, text: /\+79162223344/ });
  t.equal((await ask(address, '/api/v1/contacts/c1', { method: 'DELETE', headers })).status, 200);
  t.equal((await ask(address, '/api/v1/contacts/import', { method: 'POST', body: 'x' })).status, 401);
  t.match(await ask(address, '/stats', { headers }), { status: 200, text: /hit_rate_percent/ });
  t.match(await ask(address, '/customer-name/default/79161234567', { headers }), { status: 200, text: '{"name":null}' });
  t.match(await ask(address, '/api/v1/debug', { method: 'PUT', body: '{"subsystems":{"crm":"detail"},"minutes":1}', headers: typed }), { status: 200, text: /"crm":"detail"/ });
  for (const path of ['/stats', '/customer-name/default/79161234567', '/api/v1/debug']) t.equal((await ask(address, path)).status, 401, path);
  t.notMatch(JSON.stringify(lines.all), /signature=|token-of-the-test|Irina/);
  t.equal(PBX, row.pbx);
});
