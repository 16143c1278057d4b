import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { checkAccounts, explainConfig, loadConfig, locateConfig, Secret, secretsOf, showMistake, type Environment, type Loaded } from '../../app/config/index.ts';
import type { DriverKind } from '../../crm/driver.ts';
import { folder } from './bench.ts';

const GOOD = `pbx:
  - id: main
    ami: { username: callme, secret: topsecret1 }
    external: ["^PJSIP/trunk"]
`;

function load(text: string, env: Environment = {}): Loaded {
  const path = folder(t);
  writeFileSync(join(path, 'c.yaml'), text);
  return loadConfig({ file: join(path, 'c.yaml'), env, cwd: path });
}

function good(text: string, env: Environment = {}): Extract<Loaded, { ok: true }> {
  const loaded = load(text, env);
  if (!loaded.ok) throw new Error(loaded.mistakes.map((mistake) => showMistake(mistake)).join('\n'));
  return loaded;
}

/** `line path` of each mistake. */
function places(loaded: Loaded): readonly string[] {
  return loaded.ok ? [] : loaded.mistakes.map(({ line, path }) => `${line ?? '-'} ${path}`);
}

function mistake(loaded: Loaded, path: string): { readonly problem: string; readonly expected: string; readonly remedy: string; readonly source: string } {
  const found = loaded.ok ? undefined : loaded.mistakes.find((each) => each.path === path);
  if (found === undefined) throw new Error(`no mistake at ${path}, but at: ${places(loaded).join('; ')}`);
  return found;
}

t.test('defaults are those of the documentation', async (t) => {
  const { config } = good(GOOD);
  t.equal(config.dataDir, '/var/lib/callme');
  t.equal(config.store.url.reveal(), 'sqlite:callme.db');
  t.same(config.agi, { listen: { host: '127.0.0.1', port: 4573 }, allow: ['127.0.0.1'], deadlineMs: 800 });
  t.same(config.web.listen, { host: '127.0.0.1', port: 8080 });
  t.equal(config.phones.country, 'RU');
  t.ok(config.phones.internal.test('219'));
  t.notOk(config.phones.internal.test('84951234567'));
  t.match(config.recording, { bitrateKbps: 64, channels: 'mono', keepWavDays: 0, keepMp3Days: 90, retention: [], maxGb: 0, purgeUntoldDays: 0, minFreeMb: 500 });
  t.same(config.storage, { kind: 'local' });
  t.same(config.routing, { mode: 'crm_responsible', ringSeconds: 20, fallback: 'default', lines: {} });
  t.equal(config.pbx[0]?.ami.port, 5038);
  t.ok(config.pbx[0]?.external[0]?.test('PJSIP/trunk-00000001'));
});

t.test('all mistakes at once, each with its line, what was expected and what helps', async (t) => {
  const loaded = load(`dataDir: data
log: { levle: info }
pbx:
  - id: main
    ami: { host: 127.0.0.1, port: 99999, username: callme, secret: "\${env:NOPE}", tsl: false }
    external: ["^(PJSIP"]
    port: 5038
  - id: main
    ami: { username: x, secret: "y" }
    external: ["a"]
agi: { deadlineMs: soon }
crm:
  - id: b24
    driver: bitrix24
    url: "http://portal.example.org/rest/1/x/"
employees:
  - { extension: "219", crm: { b42: 7 } }
`);
  t.same(places(loaded), [
    '1 dataDir', '2 log.levle', '5 pbx[0].ami.port', '5 pbx[0].ami.secret', '5 pbx[0].ami.tsl', '6 pbx[0].external[0]', '7 pbx[0].port',
    '8 pbx[1].id', '11 agi.deadlineMs', '15 crm[0].url', '17 employees[0].crm.b42',
  ]);
  t.equal(mistake(loaded, 'log.levle').remedy, 'did you mean "level"?');
  t.equal(mistake(loaded, 'pbx[0].ami.tsl').remedy, 'did you mean "tls"?');
  t.match(mistake(loaded, 'pbx[0].port').remedy, 'pbx[].ami.port');
  t.equal(mistake(loaded, 'pbx[0].ami.port').expected, 'a TCP port, 1 to 65535');
  t.match(mistake(loaded, 'pbx[0].ami.secret').problem, 'NOPE');
  t.equal(mistake(loaded, 'employees[0].crm.b42').remedy, 'did you mean "b24"?');
  t.match(mistake(loaded, 'crm[0].url').expected, 'https://');
  if (!loaded.ok) for (const each of loaded.mistakes) t.not(each.remedy, '', `${each.path} has a remedy`);
});

t.test('what is missing is named at the section that lacks it', async (t) => {
  const loaded = load('pbx:\n  - id: main\n    ami:\n      username: x\n    external: ["a"]\n');
  t.same(places(loaded), ['3 pbx[0].ami.secret']);
  t.equal(mistake(loaded, 'pbx[0].ami.secret').problem, 'is missing');
  t.same(places(load('{}')), ['- pbx']);
});

t.test('YAML mistakes have lines; a key twice does not hide the others', async (t) => {
  const broken = load('pbx:\n  - id: main\n   ami: {\n');
  t.notOk(broken.ok);
  if (!broken.ok) t.ok(broken.mistakes.every(({ line, path }) => line !== null && path === ''), 'lines, and nothing concluded from a broken tree');
  const twice = load(`${GOOD}dataDir: /a\ndataDir: /b\nprot: 1\n`);
  t.same(places(twice), ['6 ', '7 prot']);
});

t.test('a file that is not there, a folder, and a list are mistakes too', async (t) => {
  const path = folder(t);
  const absent = loadConfig({ file: join(path, 'none.yaml'), env: {}, cwd: path });
  t.match(absent, { ok: false, mistakes: [{ problem: 'there is no such file', remedy: /callme init/ }] });
  t.match(loadConfig({ file: path, env: {}, cwd: path }), { ok: false, mistakes: [{ problem: /EISDIR/ }] });
  t.match(load('- a\n- b\n'), { ok: false, mistakes: [{ line: 1, problem: 'the file is not a section of keys' }] });
});

t.test('anchors cannot blow the file up', async (t) => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 8 }, (_, index) => `${'bcdefghi'[index] ?? ''}: &${'bcdefghi'[index] ?? ''} [${Array(10).fill(`*${'abcdefgh'[index] ?? ''}`).join(',')}]`)].join('\n');
  t.notOk(load(bomb).ok);
  t.notOk(load('pbx: &p\n  - *p\n').ok, 'an anchor inside itself');
});

t.test('references', async (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'ami.secret'), 'from-a-file\n');
  writeFileSync(join(path, 'c.yaml'), GOOD.replace('topsecret1', '"${file:ami.secret}"').concat('store: { url: "postgres://u:${env:PW}@db.example.org/callme" }\nagi: { deadlineMs: "${env:DEADLINE}" }\n'));
  const loaded = loadConfig({ file: join(path, 'c.yaml'), env: { PW: 'p${env:X}w', DEADLINE: '500' }, cwd: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  t.equal(loaded.config.pbx[0]?.ami.secret.reveal(), 'from-a-file', 'relative to the configuration, without the line end');
  t.equal(loaded.config.store.url.reveal(), 'postgres://u:p${env:X}w@db.example.org/callme', 'what came in is not looked at again');
  t.equal(loaded.config.agi.deadlineMs, 500, 'text becomes the number that is expected');
  t.match(mistake(load(GOOD.replace('topsecret1', '"${file:/nowhere/x}"')), 'pbx[0].ami.secret').problem, 'ENOENT');
  t.match(mistake(load(GOOD.replace('topsecret1', '"${vault:x}"')), 'pbx[0].ami.secret').problem, 'vault');
  t.match(mistake(load(GOOD.replace('topsecret1', '"${env:EMPTY}"'), { EMPTY: '' }), 'pbx[0].ami.secret').problem, 'empty');
  t.same(places(load(`${GOOD}agi: { deadlineMs: "\${env:NOPE}" }\n`)), ['5 agi.deadlineMs'], 'one mistake, not two');
});

t.test('the environment overrides every kind of key', async (t) => {
  const { config } = good(`${GOOD}crm:\n  - { id: b24, driver: bitrix24 }\n`, {
    CALLME__WEB__LISTEN: '127.0.0.1:9000', CALLME__AGI__DEADLINE_MS: '400', CALLME__AGI__ALLOW: '["10.0.0.0/8"]', CALLME__PBX__0__AMI__SECRET: '12345',
    CALLME__PBX__0__AMI__TLS: 'true', CALLME__PBX__0__LINES__0: '74951234567', CALLME__PBX__1: '{ id: second, ami: { username: a, secret: b }, external: ["x"] }',
    CALLME__CRM__0__APPLICATION_TOKEN: 'tok', CALLME__PHONES__COUNTRY: '', CALLME_CONFIG: '/ignored', CALLME_NODE: 'ignored',
  });
  t.same(config.web.listen, { host: '127.0.0.1', port: 9000 });
  t.equal(config.agi.deadlineMs, 400);
  t.same(config.agi.allow, ['10.0.0.0/8']);
  t.equal(config.pbx[0]?.ami.secret.reveal(), '12345', 'text stays text where text is expected');
  t.equal(config.pbx[0]?.ami.tls, true);
  t.same(config.pbx[0]?.lines, ['74951234567']);
  t.equal(config.pbx[1]?.id, 'second');
  t.same(config.crm[0]?.settings.reveal(), { applicationToken: 'tok' });
  t.equal(config.phones.country, 'RU', 'an empty variable is none');
});

t.test('a mistake in the environment names the variable', async (t) => {
  const loaded = load(GOOD, { CALLME__WEB__LISTN: 'x', CALLME__PBX__3__ID: 'x', CALLME__AGI__DEADLINEMS: 'soon', CALLME__DATADIR__X: '1' });
  t.equal(mistake(loaded, 'web.listn').source, 'environment CALLME__WEB__LISTN');
  t.equal(mistake(loaded, 'web.listn').remedy, 'did you mean "listen"?');
  t.match(mistake(loaded, 'pbx[3].id').problem, 'no entry 3');
  t.equal(mistake(loaded, 'agi.deadlineMs').source, 'environment CALLME__AGI__DEADLINEMS');
});

t.test('numbers without quotes keep their zeros', async (t) => {
  const { config } = good(`${GOOD.replace('topsecret1', '0123')}employees:\n  - { extension: 0219 }\n`);
  t.equal(config.pbx[0]?.ami.secret.reveal(), '0123');
  t.equal(config.employees[0]?.extension, '0219');
});

t.test('addresses of accounts and of the AMI are encrypted, except on this machine', async (t) => {
  const account = (url: string): Loaded => load(`${GOOD}crm:\n  - { id: a, driver: rest, url: "${url}" }\n`);
  for (const fine of ['https://x.example.org', 'http://127.0.0.1:8000/x', 'http://localhost/', 'http://[::1]:1/']) t.ok(account(fine).ok, fine);
  for (const bad of ['http://10.0.0.1/', 'http://127.0.0.1.evil.example.org/', 'ftp://x.example.org/', 'x', 'file:///etc/passwd']) t.same(places(account(bad)), ['6 crm[0].url'], bad);
  const far = (more: string): Loaded => load(GOOD.replace('{ username', `{ host: 10.0.0.5, ${more}username`));
  t.same(places(far('')), ['3 pbx[0].ami.host']);
  t.ok(far('tls: true, ').ok);
  t.ok(far('allowPlain: true, ').ok);
  t.ok(far('tls: { servername: pbx.example.org }, ').ok);
});

t.test('ids that would break keys, ports that cannot be, countries that are none', async (t) => {
  for (const id of ['a/b', 'a|b', 'a#b', '', 'ä']) t.same(places(load(GOOD.replace('id: main', `id: ${JSON.stringify(id)}`))), ['2 pbx[0].id'], id);
  for (const listen of ['127.0.0.1', ':80', '127.0.0.1:70000', '127.0.0.1:x']) t.same(places(load(`${GOOD}agi: { listen: "${listen}" }\n`)), ['5 agi.listen'], listen);
  t.same(good(`${GOOD}agi: { listen: "[::1]:4573" }\n`).config.agi.listen, { host: '::1', port: 4573 });
  t.same(places(load(`${GOOD}phones: { country: ru }\n`)), ['5 phones.country']);
  t.same(places(load(`${GOOD}agi: { allow: ["10.0.0.0/33", "x", "::1/128"] }\n`)), ['5 agi.allow[0]', '5 agi.allow[1]']);
  t.same(places(load(`${GOOD}agi: { listen: "127.0.0.1:5000" }\nweb: { listen: "127.0.0.1:5000" }\n`)), ['6 web.listen']);
});

t.test('secrets do not show', async (t) => {
  const loaded = good(`${GOOD}store: { url: "postgres://u:dbpassword@h/db" }\nweb: { tokens: ["0123456789abcdef0"] }\ncrm:\n  - { id: b24, driver: bitrix24, url: "https://p.example.org/rest/1/hookcode/", applicationToken: apptoken1 }\n`);
  const seen = [JSON.stringify(loaded.config), inspect(loaded.config, { depth: 9 }), JSON.stringify(explainConfig(loaded)), String(loaded.config.pbx[0]?.ami.secret)].join('\n');
  for (const secret of ['topsecret1', 'dbpassword', '0123456789abcdef0', 'hookcode', 'apptoken1']) {
    t.notMatch(seen, secret);
    t.ok(secretsOf(loaded).some((each) => each.includes(secret)), `${secret} is known to the log`);
  }
  t.match(seen, 'https://p.example.org/***', 'which portal is meant is no secret');
  t.equal(String(new Secret('x')), '***');
  const wrong = load(`${GOOD}web: { tokens: ["short-one"] }\n`);
  t.notMatch(JSON.stringify(wrong), 'short-one', 'nor does a wrong one');
});

t.test('explain names the origin of every value', async (t) => {
  const loaded = good(`${GOOD}agi:\n  deadlineMs: "\${env:D}"\n`, { D: '300', CALLME__WEB__LISTEN: '127.0.0.1:1' });
  const origin = (path: string): string | undefined => explainConfig(loaded).find((row) => row.path === path)?.origin;
  t.equal(origin('log.level'), 'default');
  t.equal(origin('pbx[0].ami.username'), 'c.yaml:3');
  t.equal(origin('pbx[0].ami.port'), 'default');
  t.equal(origin('agi.deadlineMs'), 'c.yaml:6 ${env:D}');
  t.equal(origin('web.listen'), 'env CALLME__WEB__LISTEN');
});

const EMPLOYEES = (...lines: readonly string[]): string => `${GOOD}employees:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`;

t.test('one mobile number belongs to one employee, however it is spelt', async (t) => {
  const shared = load(EMPLOYEES('extension: 219, mobile: ["+7 916 123-45-67", "89037654321"]', 'extension: 220, mobile: [89161234567]'));
  t.same(places(shared), ['7 employees[1].mobile[0]']);
  t.match(mistake(shared, 'employees[1].mobile[0]'), { problem: /employees\[0\]\.mobile\[0\]/, remedy: /whose telephone/ });
  const { config } = good(EMPLOYEES('extension: 219, mobile: [+79161234567, "8 916 123-45-67"]', 'extension: 220, mobile: ["+79169999999"]'));
  t.same(config.employees.map(({ mobile }) => mobile), [['+79161234567', '8 916 123-45-67'], ['+79169999999']], 'twice with one employee is no conflict');
  t.same(places(load(EMPLOYEES('extension: 219, mobile: ["219"]'))), ['6 employees[0].mobile[0]'], 'an extension is no number outside');
});

t.test('cards: modes, and a wish that the list would hide', async (t) => {
  t.same(good(GOOD).config.cards, { mode: 'ringing', extensions: [] });
  const wish = EMPLOYEES('extension: "219", card: answer', 'extension: 220, card: never');
  t.ok(load(wish).ok);
  t.ok(load(`${wish}cards: { mode: never, extensions: [219] }\n`).ok, 'never needs no leave');
  const hidden = load(`${wish}cards: { extensions: ["220"] }\n`);
  t.same(places(hidden), ['6 employees[0].card']);
  t.match(mistake(hidden, 'employees[0].card'), { problem: /does not name 219/, remedy: /cards\.extensions/ });
  t.match(mistake(load(EMPLOYEES('extension: 219, card: sometimes')), 'employees[0].card').expected, 'ringing, answer, never');
});

t.test('lines with their rules, the pace of an account, the account that names come from', async (t) => {
  const base = `${GOOD}lines: [{ number: 74951234567, name: Sales, rules: ["+375{9}", { match: "^80(29)(.*)$", replace: "+375$1$2" }] }]\n`;
  t.match(good(base).config.lines, [{ number: '74951234567', name: 'Sales', rules: ['+375{9}', { match: '^80(29)(.*)$' }] }]);
  t.match(mistake(load(`${GOOD}lines: [{ number: "1", rules: ["+375{x}"] }]\n`), 'lines[0].rules[0]').expected, /a prefix/);
  t.match(mistake(load(`${GOOD}lines: [{ number: "1", rules: [{ match: "(", replace: "" }] }]\n`), 'lines[0].rules[0]').expected, /regular expression/);
  t.match(places(load(`${GOOD}lines: [{ number: "1" }, { number: "1" }]\n`)), [/lines\[1\]\.number/]);
  t.match(mistake(load(`${GOOD}routing: { namesFrom: b25 }\n`), 'routing.namesFrom').problem, /there is no account "b25"/);
});

t.test('how a click is carried out: a channel that names the employee, and nothing that could become another dial string', async (t) => {
  const originate = (keys: string): string => GOOD.replace(/(\n {4}ami:)/, `\n    originate: { ${keys} }$1`);
  t.match(good(GOOD).config.pbx[0]?.originate, { channel: 'PJSIP/{extension}', context: 'from-internal', number: 'digits', prefix: '', ringSeconds: 30 });
  t.ok(load(originate('channel: "Local/{extension}@from-internal/n"')).ok);
  for (const channel of ['PJSIP/219', 'PJSIP/{extension}&PJSIP/trunk', 'PJSIP/{extension},20,tT', '{extension}']) {
    t.match(mistake(load(originate(`channel: "${channel}"`)), 'pbx[0].originate.channel').expected, /\{extension\}/, channel);
  }
});

t.test('debug mode needs a number', async (t) => {
  t.same(good(GOOD).config.debug, { processInternalCalls: false });
  t.same(good(`${GOOD}debug: { testPhone: 79991234567 }\n`).config.debug, { processInternalCalls: false, testPhone: '79991234567' });
  t.ok(load(`${GOOD}debug: { processInternalCalls: true, testPhone: "79991234567" }\n`).ok);
  for (const env of [{}, { CALLME__DEBUG__PROCESS_INTERNAL_CALLS: 'true' }]) {
    const without = load(`${GOOD}${Object.keys(env).length === 0 ? 'debug: { processInternalCalls: true }\n' : ''}`, env);
    t.match(mistake(without, 'debug.processInternalCalls'), { problem: /needs debug\.testPhone/, remedy: /testPhone: "79991234567"/ });
  }
});

const BOOKS = (cdr: string): string => `${GOOD}    cdr: { ${cdr} }\n`;

t.test('the books of a PBX: each source with its own keys', async (t) => {
  t.equal(good(GOOD).config.pbx[0]?.cdr, undefined);
  t.match(good(BOOKS('source: csv, cdr: /var/log/asterisk/cdr-csv/Master.csv, timezone: Europe/Moscow')).config.pbx[0]?.cdr,
    { source: 'csv', cdr: '/var/log/asterisk/cdr-csv/Master.csv', timezone: 'Europe/Moscow' });
  t.match(good(BOOKS('source: mysql, url: "mysql://u:bookpassword@127.0.0.1/asteriskcdrdb"')).config.pbx[0]?.cdr, { source: 'mysql', cel: 'cel', cdr: 'cdr' });
  t.match(good(BOOKS('source: postgres, url: "postgres://u:p@h/db", cel: ""')).config.pbx[0]?.cdr, { cel: '', cdr: 'cdr' });
  const bad: [string, string, RegExp][] = [
    ['source: excel', 'pbx[0].cdr.source', /csv, mysql or postgres/],
    ['cdr: /x', 'pbx[0].cdr.source', /csv, mysql or postgres/],
    ['source: csv', 'pbx[0].cdr', /the file with CEL/],
    ['source: csv, cdr: Master.csv', 'pbx[0].cdr.cdr', /absolute path/],
    ['source: csv, cdr: /x, url: "mysql://u:p@h/db"', 'pbx[0].cdr.url', /keys of one kind/],
    ['source: csv, cdr: /x, timezon: UTC', 'pbx[0].cdr.timezon', /timezone/],
    ['source: csv, cdr: /x, timezone: Mars/Olympus', 'pbx[0].cdr.timezone', /time zone/],
    ['source: mysql', 'pbx[0].cdr.url', /address of the database/],
    ['source: mysql, url: "postgres://u:p@h/db"', 'pbx[0].cdr.url', /begins with mysql/],
    ['source: postgres, url: "mysql://u:p@h/db"', 'pbx[0].cdr.url', /begins with postgres/],
    ['source: mysql, url: "mysql://u:p@h/db", cel: "cel; drop table cel"', 'pbx[0].cdr.cel', /name of a table/],
    ['source: mysql, url: "mysql://u:p@h/db", cel: "", cdr: ""', 'pbx[0].cdr', /the table with CEL/],
  ];
  for (const [text, path, expected] of bad) {
    const found = mistake(load(BOOKS(text)), path);
    t.match(found.expected, expected, text);
    t.not(found.remedy, '', text);
    t.notMatch(JSON.stringify(found), 'u:p@', 'no password in a mistake');
  }
});

t.test('the password of the books does not show', async (t) => {
  const loaded = good(BOOKS('source: mysql, url: "mysql://callme:book%20pass%zz@db.example.org/asteriskcdrdb"'));
  t.notMatch([JSON.stringify(loaded.config), inspect(loaded.config, { depth: 9 }), JSON.stringify(explainConfig(loaded))].join('\n'), 'book%20pass');
  t.match(JSON.stringify(explainConfig(loaded)), 'db.example.org/asteriskcdrdb', 'which database is meant does');
  t.ok(secretsOf(loaded).includes('book%20pass%zz'));
  t.ok(secretsOf(good(BOOKS('source: mysql, url: "mysql://callme:book%20pass@h/db"'))).includes('book pass'));
});

t.test('which file', async (t) => {
  t.equal(locateConfig({ file: 'a.yaml', env: { CALLME_CONFIG: '/b.yaml' }, cwd: '/x' }), '/x/a.yaml');
  t.equal(locateConfig({ env: { CALLME_CONFIG: '/b.yaml' }, cwd: '/x' }), '/b.yaml');
  t.equal(locateConfig({ env: {}, cwd: '/x' }), '/etc/callme/callme.yaml');
});

t.test('an account is checked by its driver, with lines', async (t) => {
  const settings = z.strictObject({ url: z.string(), seconds: z.int().default(3) });
  const kind: DriverKind<z.output<typeof settings>> = { name: 'demo', settings, pace: { perSecond: 1, burst: 1 }, create: () => { throw new Error('not here'); } };
  const shelf = { load: async (name: string) => (name === 'demo' ? kind as DriverKind : null), names: async () => ['demo', 'rest'] };
  const loaded = good(`${GOOD}crm:\n  - { id: a, driver: demo, url: "https://x.example.org", seconds: "\${env:S}" }\n  - id: b\n    driver: deom\n  - id: c\n    driver: demo\n    ulr: x\n`, { S: '7' });
  const { accounts, mistakes } = await checkAccounts(loaded, shelf);
  t.same(accounts.map((account) => [account.config.id, account.settings.reveal()]), [['a', { url: 'https://x.example.org', seconds: 7 }]]);
  t.same(mistakes.map(({ line, path, remedy }) => [line, path, remedy]), [
    [8, 'crm[1].driver', 'did you mean "demo"?'], [9, 'crm[2].url', ''], [11, 'crm[2].ulr', 'did you mean "url"?'],
  ]);
});
