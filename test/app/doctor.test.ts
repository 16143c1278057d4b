import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hasDebianBug } from '../../app/asterisk-cli.ts';
import { WebServer } from '../../web/server.ts';
import { FakeAmi, response } from '../fakes/ami.ts';
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
  t.match(checked.json(), { lines: [{ id: 'b24', what: /./ }] });
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
