/** Drivers that are none of CallMe's: by path beside the configuration, or as a package; and what is said of those that cannot be used. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import { checkAccounts, loadConfig, type CheckedAccount, type Mistake } from '../../app/config/index.ts';
import { driverShelf } from '../../app/driver-shelf.ts';
import { driverNames, loadDriver } from '../../crm/registry.ts';
import { story } from '../contract/driver-stage.ts';
import { startStandIn } from '../fakes/crm/stand-in.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const KIND = (name: string, settings = '{ safeParse: (value) => ({ success: true, data: value }) }'): string =>
  `export default { name: '${name}', settings: ${settings}, pace: { perSecond: 1, burst: 1 }, create: () => ({}) };`;
const EXAMPLE = join(import.meta.dirname, '../../examples/driver');
const { signal } = new AbortController();

interface Checked { readonly accounts: readonly CheckedAccount[]; readonly mistakes: readonly Mistake[] }

/** A configuration in `folder` with these accounts, checked as `callme config check` does it. */
async function checked(folder: string, crm: string): Promise<Checked> {
  const file = join(folder, 'callme.yaml');
  await writeFile(file, `dataDir: ${folder}\npbx:\n  - id: main\n    ami: { username: callme, secret: "ami-secret-1" }\n    recordings: ${folder}\n    external: ["^PJSIP/trunk"]\ncrm:\n${crm}\n`);
  const loaded = loadConfig({ file, env: {}, cwd: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return checkAccounts(loaded, driverShelf);
}

async function mistakeIn(t: Test, crm: string, files: Readonly<Record<string, string>> = {}): Promise<Mistake | undefined> {
  const { accounts, mistakes } = await checked(t.testdir(files), crm);
  t.same(accounts, []);
  t.equal(mistakes.length, 1, JSON.stringify(mistakes));
  return mistakes[0];
}

t.test('by path, relative to the configuration or absolute, in TypeScript or JavaScript; its name is its own business', async (t) => {
  const folder = t.testdir({ 'my.ts': `const name: string = 'mine';\n${KIND('mine')}`, 'drivers': { 'other.mjs': KIND('other') } });
  const { accounts, mistakes } = await checked(folder, `  - { id: a, driver: ./my.ts }\n  - { id: b, driver: ./drivers/other.mjs, any: thing }\n  - { id: c, driver: "${folder}/my.ts" }`);
  t.same(mistakes, []);
  t.same(accounts.map(({ kind }) => kind.name), ['mine', 'other', 'mine']);
  t.same(accounts[1]?.settings.reveal(), { any: 'thing' });
});

t.test('a package, looked for beside the configuration and above; also one that knows import alone', async (t) => {
  const packaged = (name: string, exports: string): Record<string, string> => ({ 'package.json': JSON.stringify({ name, type: 'module', exports: JSON.parse(exports) as unknown }), 'door.js': KIND(name.replace(/.*\//, '')) });
  const folder = t.testdir({
    'etc': {}, 'node_modules': { 'callme-acme': packaged('callme-acme', '"./door.js"'), '@acme': { 'callme-driver': packaged('@acme/callme-driver', '{".":{"import":"./door.js"}}') }, 'rest': packaged('rest', '"./door.js"') },
  });
  const { accounts, mistakes } = await checked(join(folder, 'etc'), '  - { id: a, driver: callme-acme }\n  - { id: b, driver: "@acme/callme-driver" }');
  t.same(mistakes, []);
  t.same(accounts.map(({ kind }) => kind.name), ['callme-acme', 'callme-driver']);
  t.match((await loadDriver('rest', { from: folder })).settings.parse({ url: 'https://x.example.org' }), { lookup: { use: true } }, 'a driver of CallMe\'s own wins over a package');
});

t.test('what cannot be used is a mistake in the configuration, with its line and why', async (t) => {
  const cases: readonly (readonly [driver: string, source: string, problem: RegExp])[] = [
    ['./none.ts', 'export {};', /neither an object nor a function/], ['./text.ts', 'export default "driver";', /neither an object/],
    ['./poor.ts', 'export default { name: "poor", create() {} };', /`settings` has no safeParse/], ['./throws.ts', 'throw new Error("no licence\\nand more");', /throws while loading: Error: no licence$/],
    ['./syntax.ts', 'export default {', /throws while loading: /], ['./pace.ts', KIND('x').replace('perSecond: 1', 'perSecond: "fast"'), /`pace`/],
    ['./maker.ts', 'export default () => null;', /neither an object/], ['./needs.ts', 'import "nosuch-package"; export default {};', /throws while loading: .*nosuch-package/],
    ['./x.txt', 'text', /ends in "\.txt"/], ['./creates.ts', KIND('x').replace('create: () => ({})', 'create: 1'), /`create` is no function/],
  ];
  for (const [driver, source, problem] of cases) {
    const mistake = await mistakeIn(t, `  - { id: a, driver: "${driver}" }`, { [driver.slice(2)]: source });
    t.match(mistake, { line: 8, path: 'crm[0].driver', problem, remedy: /writing-a-driver/ }, driver);
  }
  t.match(await mistakeIn(t, '  - { id: a, driver: ./nowhere.ts }'), { problem: 'there is no file "./nowhere.ts"' });
  t.match(await mistakeIn(t, '  - { id: a, driver: /etc/passwd }'), { problem: /ends in ""/ });
  t.match(await mistakeIn(t, '  - { id: a, driver: my.ts }', { 'my.ts': KIND('my') }), { problem: 'there is no driver "my.ts"', remedy: 'a file beside this one is written "./my.ts"' });
  t.match(await mistakeIn(t, '  - { id: a, driver: "@acme/nosuch" }'), { problem: 'there is no driver "@acme/nosuch"', expected: /or a package/ });
  t.match(await mistakeIn(t, '  - { id: a, driver: bitrix42 }'), { problem: 'there is no driver "bitrix42"', remedy: 'did you mean "bitrix24"?' });
  t.match(await mistakeIn(t, '  - { id: a, driver: yaml }'), { problem: /"yaml" is no driver/ }, 'a package of CallMe\'s that is none');
  t.ok(driverNames().includes('rest'));
});

t.test('settings need a safeParse alone: issues of any make become mistakes with places', async (t) => {
  const settings = `{ safeParse: (value) => (typeof value.url === 'string' ? { success: true, data: { url: value.url } } : { success: false, error: { issues: [
    { path: ['url'], message: 'where is it?' }, { path: ['deep', 0], message: 'no' }, { path: [], keys: ['colour'], message: 'keys' }, 'strange' ] } }) }`;
  const files = { 'own.ts': KIND('own', settings), 'mute.ts': KIND('mute', '{ safeParse: () => ({ success: false, error: { issues: [] } }) }') };
  const { accounts } = await checked(t.testdir(files), '  - { id: a, driver: ./own.ts, url: "https://here.example.org" }');
  t.same(accounts[0]?.settings.reveal(), { url: 'https://here.example.org' });
  const { mistakes } = await checked(t.testdir(files), '  - { id: a, driver: ./own.ts, colour: red }\n  - { id: b, driver: ./mute.ts }');
  t.same(mistakes.map(({ path }) => path).toSorted(), ['crm[0]', 'crm[0].colour', 'crm[0].deep[0]', 'crm[0].url', 'crm[1]']);
  t.match(mistakes.find(({ path }) => path === 'crm[0].url'), { problem: 'is missing', expected: 'where is it?' });
});

t.test('examples/driver, installed as a package, tells a pager of a missed call', async (t) => {
  const folder = t.testdir({ etc: {}, node_modules: {} });
  await mkdir(join(folder, 'node_modules', 'callme-driver-pager'));
  await cp(EXAMPLE, join(folder, 'node_modules', 'callme-driver-pager'), { recursive: true });
  const pages = new Map<string, string>();
  const pager = await startStandIn({
    nameOf: ({ verb, url }) => `${verb} ${url.pathname}`, paramsOf: () => null,
    apply: ({ verb, url, headers, body }) => {
      if (headers['authorization'] !== 'Bearer pagertoken') return { status: 401, body: {} };
      if (verb === 'PUT' && !pages.has(url.pathname)) pages.set(url.pathname, body.toString('utf8'));
      return { status: 200, body: { ok: true } };
    },
  });
  t.teardown(() => pager.stop());
  const http = createHttp({ version: '0.0.0' });
  t.teardown(() => http.close());
  const account = `  - { id: pager, driver: callme-driver-pager, url: "${pager.origin}", token: pagertoken }`;
  const { accounts: [account1], mistakes } = await checked(join(folder, 'etc'), account);
  t.same(mistakes, []);
  if (account1 === undefined) throw new Error('no account');
  const driver = account1.kind.create(account1.settings.reveal(), toolsFor(http));
  t.match(await driver.check(signal), [{ ok: true }]);
  for (const fact of [...story('1790.17', '', { outcome: 'missed' }).all, ...story('1790.17', '', { outcome: 'missed' }).all]) t.match(await driver.deliver(fact, signal), { kind: fact.kind === 'call-ended' ? 'delivered' : 'skipped' });
  for (const fact of story('1790.18', '').all) t.match(await driver.deliver(fact, signal), { kind: 'skipped' }, 'an answered call');
  t.same([...pages.values()], ['{"text":"Missed: +79035550142"}']);
  t.match((await checked(join(folder, 'etc'), account.replace('pagertoken', 'short').replace('token:', 'tokne:'))).mistakes.map(({ path, remedy }) => [path, remedy]), [['crm[0].token', ''], ['crm[0].tokne', 'did you mean "token"?']], 'its settings are read as ours are');
});
