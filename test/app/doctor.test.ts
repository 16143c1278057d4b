import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hasDebianBug } from '../../app/asterisk-cli.ts';
import { CEL_EVENTS, readCelStatus } from '../../app/doctor/cel.ts';
import { WebServer } from '../../web/server.ts';
import { FakeAmi, response } from '../fakes/ami.ts';
import { fakeS3 } from '../fakes/s3.ts';
import { startPortal } from '../fakes/crm/bitrix24.ts';
import { CONFIG, folder, run, writeConfig, type Ran } from './bench.ts';

interface Finding { readonly id: string; readonly state: string; readonly what: string; readonly remedy: string }
interface Site { readonly cwd: string; readonly doctor: (...more: readonly string[]) => Promise<Ran>; readonly finding: (ran: Ran, id: string) => Finding }

interface Wish { readonly ami?: number; readonly config?: string; readonly folders?: boolean }

function site(t: Test, { ami = 1, config = CONFIG, folders = true }: Wish = {}): Site {
  const cwd = folder(t);
  const file = writeConfig(cwd, config.replace('ami: { username', `ami: { port: ${ami}, username`).replace('"ami-secret-1"', '"secret"'));
  if (folders) mkdirSync(join(cwd, 'continuous'));
  mkdirSync(join(cwd, 'etc'));
  writeFileSync(join(cwd, 'etc', 'extensions.conf'), '[general]\n');
  return {
    cwd,
    doctor: (...more) => run(['doctor', '--config', file, '--etc', join(cwd, 'etc'), '--timeout', '1', ...more], { cwd }),
    finding: (ran, id) => {
      const { findings } = ran.json() as { readonly findings: readonly Finding[] };
      const found = findings.find((each) => each.id === id);
      if (found === undefined) throw new Error(`no finding ${id} among ${findings.map((each) => each.id).join(', ')}`);
      return found;
    },
  };
}

async function fakeAmi(t: Test, options: Parameters<typeof FakeAmi.start>[0] = {}): Promise<FakeAmi> {
  const pbx = await FakeAmi.start(options);
  t.teardown(() => pbx.close());
  return pbx;
}

t.test('AMI that cannot be reached: exit code 3, with a remedy', async (t) => {
  const s = site(t);
  const ran = await s.doctor('--json');
  t.equal(ran.code, 3);
  t.match(s.finding(ran, 'ami:main'), { state: 'fail', what: /127\.0\.0\.1:1/, remedy: /manager\.conf/ });
  t.equal(s.finding(ran, 'node').state, 'ok');
  t.equal(s.finding(ran, 'data-dir').state, 'ok');
});

t.test('AMI that lets nobody in: exit code 3, and the password is not shown', async (t) => {
  const pbx = await fakeAmi(t, { secret: 'another' });
  const s = site(t, { ami: pbx.port });
  const ran = await s.doctor('--json');
  t.equal(ran.code, 3);
  t.equal(s.finding(ran, 'ami:main').state, 'fail');
  t.notMatch(ran.out, '"secret"');
});

t.test('AMI that answers: version, rights that are missing, the Debian build', async (t) => {
  const pbx = await fakeAmi(t, { read: ['system', 'call', 'user', 'agent'] });
  pbx.on('CoreSettings', (action) => response(action, 'Success', ['AsteriskVersion', '22.10.1~dfsg+~cs6.15.60671435-1']));
  const s = site(t, { ami: pbx.port });
  const ran = await s.doctor('--json');
  t.match(s.finding(ran, 'ami:main'), { state: 'ok', what: /22\.10\.1~dfsg/ });
  t.match(s.finding(ran, 'asterisk-build:main'), { state: 'warn', what: /2016_opus_plc/ });
  t.equal(ran.code, 1, 'a missing right or folder is a problem, but not a missing connection');
});

t.test('the Debian build is known by its version', async (t) => {
  t.ok(hasDebianBug('Asterisk 22.10.1~dfsg+~cs6.15.60671435-1 built by nobody'));
  t.ok(hasDebianBug('Asterisk 18.10.0~dfsg+~cs6.10.40431411-2'));
  t.notOk(hasDebianBug('Asterisk 16.28.0~dfsg-0+deb11u4'));
  t.notOk(hasDebianBug('Asterisk 22.10.1 built by mockbuild'));
});

t.test('folders, dialplan, configuration file', async (t) => {
  const s = site(t, { folders: false });
  const ran = await s.doctor('--offline', '--json');
  t.equal(ran.code, 1);
  t.match(s.finding(ran, 'recordings:main'), { state: 'fail', remedy: /install -d/ });
  t.match(s.finding(ran, 'dialplan'), { state: 'fail', remedy: /callme dialplan install/ });
  mkdirSync(join(s.cwd, 'continuous'));
  t.equal((await run(['dialplan', 'install', '--etc', join(s.cwd, 'etc'), '--config', join(s.cwd, 'callme.yaml')], { cwd: s.cwd })).code, 0);
  const after = await s.doctor('--offline', '--json');
  t.equal(s.finding(after, 'recordings:main').state, 'ok');
  t.match(s.finding(after, 'dialplan'), { state: 'ok', what: /extensions\.conf/ });
  writeFileSync(join(s.cwd, 'etc', 'callme.conf'), '; older\n');
  t.match(s.finding(await s.doctor('--offline', '--json'), 'dialplan'), { state: 'warn', remedy: /diff/ });
});

t.test('ports: free, taken by a stranger, taken by our own server', async (t) => {
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  t.teardown(() => stranger.close());
  const { port } = stranger.address() as AddressInfo;
  const s = site(t, { config: CONFIG.replace('agi: { listen: "127.0.0.1:0" }', `agi: { listen: "127.0.0.1:${port}" }`) });
  const ran = await s.doctor('--offline', '--json');
  t.match(s.finding(ran, 'agi-listen'), { state: 'fail', remedy: /ss -ltnp/ });
  t.equal(s.finding(ran, 'web-listen').state, 'ok');

  const web = new WebServer({ host: '127.0.0.1', port: 0, version: '1', readiness: () => ({ ready: false, checks: { main: 'down' } }) });
  await web.start();
  t.teardown(() => web.stop());
  const ours = site(t, { config: CONFIG.replace('agi: { listen: "127.0.0.1:0" }', `agi: { listen: "127.0.0.1:${port}" }`).replace('web: { listen: "127.0.0.1:0" }', `web: { listen: "${web.address?.replace('http://', '') ?? ''}" }`) });
  const again = await ours.doctor('--offline', '--json');
  t.equal(ours.finding(again, 'agi-listen').state, 'ok');
  t.match(ours.finding(again, 'web-listen'), { state: 'ok', what: /callme serve/ });
  t.match((await run(['status', '--json', '--config', join(ours.cwd, 'callme.yaml')], ours)).json(), { server: { ready: false, checks: { main: 'down' } } });
});

/** `asterisk -rx COMMAND` of this machine, which knows these commands alone. */
function consoleThatSays(t: Test, answers: Readonly<Record<string, string>>): void {
  const bin = folder(t);
  const before = process.env['PATH'] ?? '';
  const cases = Object.entries(answers).map(([command, text], index) => {
    writeFileSync(join(bin, `${index}`), text);
    return `[ "$2" = '${command}' ] && exec cat '${join(bin, String(index))}'`;
  });
  writeFileSync(join(bin, 'asterisk'), ['#!/bin/sh', ...cases, 'exit 1', ''].join('\n'));
  chmodSync(join(bin, 'asterisk'), 0o755);
  process.env['PATH'] = `${bin}:${before}`;
  t.teardown(() => { process.env['PATH'] = before; });
}

/** As 16.28 and 22.10 print it. */
const celStatus = (events: readonly string[], subscribers: readonly string[] = ['CEL Custom CSV Logging', 'Manager Event Logging']): string =>
  ['CEL Logging: Enabled', ...events.map((event) => `CEL Tracking Event: ${event}`), 'CEL Tracking Application: voicemail', ...subscribers.map((name) => `CEL Event Subscriber: ${name}`), ''].join('\n');
const celModule = (status: string): string => `Module                         Description                              Use Count  Status      Support Level
cel_manager.so                 Asterisk Manager Interface CEL Backend   0          ${status.padEnd(12)}core
1 modules loaded
`;

t.test('CEL: each way in which it may not be heard has its own remedy', async (t) => {
  const silent = celStatus(CEL_EVENTS, ['CEL Custom CSV Logging']);
  const table: [string, Readonly<Record<string, string>>, object][] = [
    ['on and over AMI', { 'cel show status': celStatus(['ALL', 'APP_START', ...CEL_EVENTS]) }, { state: 'ok', what: /goes over AMI/ }],
    ['off', { 'cel show status': 'CEL Logging: Disabled\n' }, { state: 'warn', what: /CEL is off/, remedy: /cel\.conf\.sample.*FreePBX: Advanced Settings.*module reload cel".*restart/ }],
    ['events', { 'cel show status': celStatus(CEL_EVENTS.filter((event) => event !== 'LINKEDID_END' && event !== 'PICKUP')) },
      { state: 'warn', what: /nothing of PICKUP, LINKEDID_END$/, remedy: /cel_general_custom\.conf\): events = CHAN_START,.*LINKEDID_END/ }],
    ['[manager] enabled = no', { 'cel show status': silent, 'module show like cel_manager.so': celModule('Running') },
      { state: 'warn', what: /enabled = yes is not in force/, remedy: /cel_custom_post\.conf.*module reload cel_manager\.so/ }],
    ['module without settings at its start', { 'cel show status': silent, 'module show like cel_manager.so': celModule('Not Running') },
      { state: 'warn', what: /cel_manager\.so does not run/, remedy: /module load cel_manager\.so/ }],
    ['no such module', { 'cel show status': silent, 'module show like cel_manager.so': '0 modules loaded\n' }, { state: 'warn', what: /does not run/ }],
  ];
  for (const [name, answers, expected] of table) {
    await t.test(name, async (t) => {
      const pbx = await fakeAmi(t);
      consoleThatSays(t, answers);
      const s = site(t, { ami: pbx.port });
      t.match(s.finding(await s.doctor('--json'), 'cel:main'), expected);
    });
  }
});

t.test('CEL: nothing is said where nobody knows', async (t) => {
  const pbx = await fakeAmi(t);
  consoleThatSays(t, { 'cel show status': "No such command 'cel show status' (type 'core show help cel show status' for other possible commands)\n" });
  const s = site(t, { ami: pbx.port });
  const none = await s.doctor('--json');
  t.notMatch(none.out, /"cel:/, 'an old Asterisk');
  consoleThatSays(t, { 'cel show status': 'CEL Logging: Disabled\n' });
  t.match((await s.doctor('--json')).out, /"cel:main"/);
  const far = site(t, { config: CONFIG.replace('username: callme', 'host: 192.0.2.1, allowPlain: true, username: callme') });
  t.notMatch((await far.doctor('--json')).out, /"cel:/, 'another machine has another console');
  const second = '  - id: second\n    ami: { username: x, secret: "y" }\n    recordings: DATA/continuous\n    external: ["a"]\n';
  const two = site(t, { config: CONFIG.replace('agi:', `${second}agi:`) });
  t.notMatch((await two.doctor('--json')).out, /"cel:/, 'one console, two Asterisks');
});

t.test('cel show status is read as Asterisk prints it', async (t) => {
  t.equal(readCelStatus(''), null);
  t.match(readCelStatus('CEL Logging: Disabled\n'), { enabled: false });
  const status = readCelStatus(celStatus(['ANSWER', 'LINKEDID_END']));
  t.same([...status?.events ?? []], ['ANSWER', 'LINKEDID_END']);
  t.ok(status?.subscribers.has('Manager Event Logging'));
});

t.test('the books of the PBX: none named, readable, not there, out of reach', async (t) => {
  const pbx = await fakeAmi(t);
  const files = folder(t);
  writeFileSync(join(files, 'Master.csv'), '');
  const withBooks = (books: string): Site => site(t, { ami: pbx.port, config: CONFIG.replace('agi:', `    cdr: { ${books} }\nagi:`) });
  const none = site(t, { ami: pbx.port });
  t.match(none.finding(await none.doctor('--json'), 'books:main'), { state: 'warn', remedy: /pbx\[\]\.cdr/ });
  t.notMatch((await none.doctor('--offline', '--json')).out, /"books:/);
  const fine = withBooks(`source: csv, cdr: "${files}/Master.csv"`);
  t.match(fine.finding(await fine.doctor('--json'), 'books:main'), { state: 'ok', what: /CDR can be read, 0 rows/ });
  const lost = withBooks('source: csv, cdr: /nowhere/Master.csv');
  const ran = await lost.doctor('--json');
  t.match(lost.finding(ran, 'books:main'), { state: 'fail', what: /\/nowhere\/Master\.csv/, remedy: /./ });
  t.equal(ran.code, 1);
  const away = withBooks('source: mysql, url: "mysql://callme:book-password@127.0.0.1:1/asteriskcdrdb"');
  const refused = await away.doctor('--json');
  t.match(away.finding(refused, 'books:main'), { state: 'fail', what: /BOOKS_UNREADABLE/, remedy: /./ });
  t.notMatch(refused.out + refused.err, 'book-password');
});

t.test('the bucket: takes, shows and deletes; may not be written; is not there', async (t) => {
  const pbx = await fakeAmi(t);
  const bucket = await fakeS3();
  t.teardown(() => bucket.kill());
  const s = site(t, { ami: pbx.port, config: `${CONFIG}storage: { kind: s3, endpoint: "${bucket.endpoint}", bucket: recordings, accessKeyId: AKIASECRET0, secretAccessKey: s3-secret-of-the-test }\n` });
  t.match(s.finding(await s.doctor('--json'), 'storage'), { state: 'ok', what: /recordings/ });
  t.equal(bucket.objects.size, 0, 'and nothing of it stays');
  bucket.fault = ({ method }) => (method === 'PUT' ? 403 : null);
  const refused = await s.doctor('--json');
  t.match(s.finding(refused, 'storage'), { state: 'fail', what: /403/, remedy: /rights/ });
  bucket.fault = ({ method }) => (method === 'DELETE' ? 403 : null);
  t.match(s.finding(await s.doctor('--json'), 'storage'), { state: 'fail' });
  bucket.fault = () => null;
  await bucket.kill();
  const away = await s.doctor('--json');
  t.match(s.finding(away, 'storage'), { state: 'fail', remedy: /endpoint/ });
  t.notMatch(refused.out + away.out, /AKIASECRET|s3-secret-of-the-test/);
});

t.test('debug mode is a warning while it is on', async (t) => {
  const on = site(t, { config: `${CONFIG}debug: { processInternalCalls: true, testPhone: "79991234567" }\n` });
  t.match(on.finding(await on.doctor('--offline', '--json'), 'debug'), { state: 'warn', what: /79991234567/, remedy: /processInternalCalls: false/ });
  const off = site(t, { config: `${CONFIG}debug: { testPhone: "79991234567" }\n` });
  t.notMatch((await off.doctor('--offline', '--json')).out, /"debug"/);
});

t.test('people read it in their language', async (t) => {
  const s = site(t);
  t.match((await s.doctor('--offline')).out, /^ok\s+configuration/m);
  t.match((await s.doctor('--offline', '--lang', 'ru')).out, 'настройки');
});

t.test('accounts: crm check, crm lookup, and the doctor ask them', async (t) => {
  const portal = await startPortal();
  t.teardown(() => portal.stop());
  const s = site(t, { config: `${CONFIG}crm:\n  - { id: b24, driver: bitrix24, url: "${portal.url}" }\n` });
  const words = ['--config', join(s.cwd, 'callme.yaml')];
  const checked = await run(['crm', 'check', '--json', ...words], s);
  t.match(checked.json(), { ok: true, lines: [{ id: 'b24', what: /./ }] });
  t.equal(checked.code, 0, 'without click-to-call an account does its work');
  const { lines } = checked.json() as { readonly lines: readonly { readonly code: string; readonly state: string; readonly remedy: string }[] };
  const clicks = lines.filter(({ code }) => code === 'click-to-call');
  t.ok(clicks.length > 0 && clicks.every(({ state, remedy }) => state === 'warn' && remedy !== ''), 'and it is said what lacks');
  const found = await run(['crm', 'lookup', '+79990000000', '--json', ...words], s);
  t.match(found.json(), [{ id: 'b24', state: 'nobody', contact: null }]);
  t.equal(found.code, 0);
  t.equal((await run(['crm', 'check', '--account', 'none', ...words], s)).code, 2);
  t.ok(s.finding(await s.doctor('--json'), 'crm:b24'));
  await portal.stop();
  t.match(await run(['crm', 'lookup', '+79990000000', '--json', ...words], s), { code: 3, out: /unreachable/ });
});

t.test('crm without accounts says so', async (t) => {
  const s = site(t);
  t.match(await run(['crm', 'check', '--config', join(s.cwd, 'callme.yaml')], s), { code: 1, err: /No accounts/ });
});
