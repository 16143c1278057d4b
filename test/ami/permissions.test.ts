/** A missing class in manager.conf is never silent: each one has a diagnosis with the line that repairs it. */
import t from 'tap';
import type { Test } from 'tap';
import { examine } from '../../ami/examine.ts';
import { FakeTimers } from '../fakes/ami-timers.ts';
import type { Class, FakeAmi, FakeAmiOptions } from '../fakes/ami.ts';
import { block } from '../fakes/ami.ts';
import { watch } from './ears.ts';
import type { Watch } from './ears.ts';
import { fakePbx } from './stage.ts';

const ALL: readonly Class[] = ['system', 'call', 'user', 'agent', 'dialplan', 'reporting', 'originate'];
const without = (...classes: readonly Class[]): Class[] => ALL.filter((name) => !classes.includes(name));

/** Up, and every deadline of the self-test passed. */
async function up(t: Test, options: FakeAmiOptions): Promise<Watch & { readonly pbx: FakeAmi; readonly found: () => string[] }> {
  const pbx = await fakePbx(t, options);
  const watched = await watch(t, pbx.settings);
  await watched.ears.hears('is up');
  return { ...watched, pbx, found: () => watched.supervisor.missing.map((each) => `${each.right} ${each.class}`) };
}

t.test('nothing missing: nothing said', async (t) => {
  const pbx = await fakePbx(t, { read: ALL, write: ALL });
  const seen = await examine(pbx.settings);
  t.match(seen, { greeting: 'Asterisk Call Manager/11.0.0', version: '22.10.1', filtered: true, channels: 0, missing: [] });
  t.ok(seen.allowed.has('originate'));
});

t.test('read class system missing: FullyBooted does not come', async (t) => {
  const { ears, timers, found, pbx } = await up(t, { read: without('system'), write: ALL });
  await pbx.next('Command');
  await timers.armed((ms) => ms === 5_000);
  await timers.pass(5_000);
  const fields = await ears.logs(/right missing \(read=system\).*FullyBooted/);
  t.match(fields, { remedy: /manager.conf \[callme\]: read = system,call,user,agent,dialplan .*manager reload/ });
  t.same(found(), ['read system']);
});

t.test('Asterisk was only starting: FullyBooted comes late, and the diagnosis is withdrawn', async (t) => {
  const pbx = await fakePbx(t, { booted: false, read: ALL, write: ALL });
  const { ears, timers, supervisor } = await watch(t, pbx.settings);
  await ears.hears('is up');
  await pbx.next('Command');
  await timers.armed((ms) => ms === 5_000);
  await timers.pass(5_000);
  await ears.logs(/read=system/);
  t.equal(supervisor.missing.length, 1);
  await pbx.event([['Event', 'FullyBooted'], ['Privilege', 'system,all']]);
  await ears.hears('FullyBooted');
  await new Promise((resolve) => setImmediate(resolve));
  t.same(supervisor.missing, []);
});

t.test('write class system missing: no filters, all events come, and it says so', async (t) => {
  const { ears, found } = await up(t, { read: ALL, write: without('system') });
  t.match(await ears.logs(/right missing \(write=system\).*Filter was refused \(Permission denied\)/), { remedy: /write = system,call,agent,originate,user,reporting/ });
  t.same(found(), ['write system']);
});

t.test('write classes system and reporting missing: Status stands in for CoreShowChannels', async (t) => {
  const pbx = await fakePbx(t, { read: ALL, write: without('system', 'reporting'), channels: [[['Uniqueid', '1.1'], ['BridgeID', 'b1'], ['Seconds', '3725']]] });
  const { ears } = await watch(t, pbx.settings);
  await ears.hears('is up');
  t.ok(ears.told.includes('resync [1.1]'));
  await ears.logs(/CoreShowChannels was refused \(Permission denied\): Status stands in/);
});

t.test('nobody tells who lives: no list at all rather than an empty one, and up', async (t) => {
  const { ears } = await up(t, { read: ALL, write: ['user'] });
  await ears.logs(/calls that ended while the link was down are not noticed/);
  t.notOk(ears.told.some((word) => word.startsWith('resync')));
});

t.test('write class user missing', async (t) => {
  const { ears, found } = await up(t, { read: ALL, write: without('user') });
  await ears.logs(/right missing \(write=user\): UserEvent was refused/);
  t.same(found(), ['write user']);
});

t.test('read class user missing: our own UserEvent does not come back', async (t) => {
  const { ears, timers, found } = await up(t, { read: without('user'), write: ALL });
  await timers.armed((ms) => ms === 5_000);
  await timers.pass(5_000);
  await ears.logs(/right missing \(read=user\): our own UserEvent did not come back/);
  t.same(found(), ['read user']);
});

t.test('read class call missing: found where Asterisk may be asked', async (t) => {
  const { ears, found } = await up(t, { read: without('call', 'agent'), write: [...ALL, 'command'] });
  await ears.logs(/read=agent/);
  await ears.logs(/read=call\): class call is not read: no call will be heard at all/);
  t.same(found(), ['read call', 'read agent']);
});

t.test('the self-test is nobody else’s business, not even that of another node', async (t) => {
  const pbx = await fakePbx(t, { read: ALL, write: ALL });
  const { ears } = await watch(t, pbx.settings);
  await ears.hears('is up');
  await pbx.next('UserEvent');
  await pbx.event([['Event', 'UserEvent'], ['UserEvent', 'CallMeSelfTest'], ['Token', 'another']]);
  await pbx.event([['Event', 'UserEvent'], ['UserEvent', 'CallMeRecEnd'], ['Uniqueid', '1']]);
  await ears.hears('UserEvent 1');
  t.equal(ears.told.filter((word) => word.startsWith('UserEvent')).length, 1);
});

t.test('doctor sees the same', async (t) => {
  const pbx = await fakePbx(t, { read: without('user', 'system'), write: ['call', 'command'] });
  pbx.on('ListCommands', (action) => block([['Response', 'Success'], ['ActionID', action.text('actionid')], ['Redirect', 'Redirect (Priv: call,all)']]));
  const timers = new FakeTimers();
  const examination = examine(pbx.settings, { timers });
  await pbx.next('UserEvent');
  await timers.armed((ms) => ms === 5_000);
  await timers.pass(5_000);
  const seen = await examination;
  t.same(seen.missing.map((each) => `${each.right} ${each.class}`).sort(), ['read system', 'read user', 'write system', 'write system', 'write user']);
  t.match(seen, { version: '22.10.1', filtered: false, channels: 0 });
  t.same([...seen.allowed], ['redirect']);
});
