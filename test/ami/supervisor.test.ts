import t from 'tap';
import { FILTERS } from '../../ami/filters.ts';
import { block, FakeAmi, response } from '../fakes/ami.ts';
import type { Handler, Pairs } from '../fakes/ami.ts';
import { Ears, watch } from './ears.ts';
import { failsWith, fakePbx } from './stage.ts';

const channel = (uniqueid: string): Pairs => [['Channel', `PJSIP/219-${uniqueid}`], ['Uniqueid', uniqueid], ['Linkedid', uniqueid]];
const event = (name: string, uniqueid: string): string => block([['Event', name], ['Uniqueid', uniqueid]]);

t.test('a link is told as: catching up, who lives, what came meanwhile, live', async (t) => {
  const pbx = await fakePbx(t, { booted: false });
  const list: Handler = (action) => {
    const id = ['ActionID', action.text('actionid')] as const;
    return event('Newchannel', '7.1') + response(action, 'Success') + event('Newstate', '7.1')
      + block([['Event', 'CoreShowChannel'], id, ['Uniqueid', '7.1']]) + event('Hangup', '7.0')
      + block([['Event', 'CoreShowChannelsComplete'], id, ['EventList', 'Complete']]) + event('DialEnd', '7.1');
  };
  pbx.on('CoreShowChannels', list);
  const { ears, supervisor } = await watch(t, pbx.settings);
  await ears.hears('DialEnd 7.1');
  await ears.hears('is up');
  await pbx.send(event('Hangup', '7.1'));
  await ears.hears('Hangup 7.1');
  t.same(ears.told.filter((word) => word !== 'is up'), ['is catching-up', 'resync [7.1]', 'Newchannel 7.1', 'Newstate 7.1', 'Hangup 7.0', 'DialEnd 7.1', 'Hangup 7.1']);
  t.same(pbx.actions.slice(0, 3 + FILTERS.length).map((action) => action.text('Action').toLowerCase()), ['login', 'events', ...FILTERS.map(() => 'filter'), 'coreshowchannels'], 'filters before the list');
  t.match(supervisor.state, { name: 'up', reason: 'Asterisk Call Manager/11.0.0' });
});

t.test('the connection dies: lost, down, and after the back-off a new resync', async (t) => {
  const pbx = await fakePbx(t, { booted: false, channels: [channel('1.1')] });
  const { ears, supervisor, timers } = await watch(t, pbx.settings);
  await ears.hears('is up');
  pbx.reset();
  await ears.hears('is down');
  t.equal(supervisor.state.name, 'down');
  await timers.armed((ms) => ms === 500);
  await timers.pass(500);
  await ears.hears('is up', 2);
  t.same(ears.told, ['is catching-up', 'resync [1.1]', 'is up', 'lost', 'is down', 'is catching-up', 'resync [1.1]', 'is up']);
  t.match(await ears.logs(/AMI link: connection to|closed the connection/), { code: 'AMI_DOWN', retryMs: 500 });
});

t.test('wrong password: a minute and more between tries, a log line with the remedy, no gap told', async (t) => {
  const pbx = await fakePbx(t);
  const { ears, timers } = await watch(t, { ...pbx.settings, secret: 'hunter2' }, { random: () => 0.5 });
  const fields = await ears.logs(/denied the login of callme/);
  t.match(fields, { code: 'AMI_DENIED', retryMs: 90_000, remedy: /manager.conf/ });
  await timers.armed((ms) => ms === 90_000);
  await timers.pass(89_999);
  t.equal(pbx.connections, 1);
  await timers.pass(1);
  await pbx.next('Login');
  await pbx.next('Login');
  t.notOk(ears.told.includes('lost'));
  t.notMatch(JSON.stringify(ears.logged), /hunter2/);
});

t.test('refused port: it goes on trying, with longer waits, until somebody listens', async (t) => {
  const gone = await FakeAmi.start();
  const { settings, port } = gone;
  await gone.close();
  const { ears, timers } = await watch(t, settings, { random: () => 0.999_999 });
  for (const ms of [1_000, 2_000, 4_000]) {
    await timers.armed((left) => left === ms);
    await timers.pass(ms);
  }
  await timers.armed((left) => left === 8_000);
  t.match(await ears.logs(/refused the connection/), { code: 'AMI_REFUSED', remedy: /enabled = yes/ });
  const back = await FakeAmi.start({ port });
  t.teardown(() => back.close());
  await timers.pass(8_000);
  await ears.hears('is up');
});

t.test('M11 the back-off begins anew only after a link that lasted 30 seconds', async (t) => {
  const pbx = await fakePbx(t, { booted: false });
  const { ears, timers } = await watch(t, pbx.settings, { random: () => 0.999_999 });
  const dieAfter = async (ups: number, ms: number): Promise<void> => {
    await ears.hears('is up', ups);
    await timers.pass(ms);
    pbx.reset();
    await ears.hears('is down', ups);
  };
  await dieAfter(1, 0);
  await timers.armed((left) => left === 1_000);
  await timers.pass(1_000);
  await dieAfter(2, 10_000);
  await timers.armed((left) => left === 2_000);
  await timers.pass(2_000);
  await dieAfter(3, 30_000);
  t.same(ears.logged.map((line) => line.fields['retryMs']).filter((ms) => ms !== undefined), [1_000, 2_000, 1_000]);
});

t.test('M12 stop during the back-off stays stopped', async (t) => {
  const pbx = await fakePbx(t);
  const { ears, supervisor, timers } = await watch(t, pbx.settings);
  await ears.hears('is up');
  pbx.reset();
  await ears.hears('is down');
  await timers.armed((ms) => ms === 500);
  const { connections } = pbx;
  await supervisor.stop(1_000);
  await supervisor.stop(1_000);
  await timers.pass(600_000);
  t.equal(pbx.connections, connections);
  t.same(timers.waiting, [], 'no timer is left');
  t.match(supervisor.state, { name: 'down', reason: 'stopped' });
});

t.test('stop while up ends the connection and is no gap', async (t) => {
  const pbx = await fakePbx(t);
  const { ears, supervisor, timers } = await watch(t, pbx.settings);
  await ears.hears('is up');
  await supervisor.stop(1_000);
  while (pbx.clients.size > 0) await pbx.changed();
  t.notOk(ears.told.includes('lost'));
  t.same(timers.waiting, []);
});

t.test('M3 M4 an action while down or catching up is rejected and never sent later', async (t) => {
  const pbx = await fakePbx(t);
  pbx.ignore('CoreShowChannels');
  const { ears, supervisor } = await watch(t, pbx.settings);
  await failsWith(t, supervisor.action({ Action: 'Originate' }), 'AMI_DOWN', /PBX main is down: not started/);
  await pbx.next('CoreShowChannels');
  await failsWith(t, supervisor.action({ Action: 'Originate' }), 'AMI_DOWN', /PBX main is catching-up/);
  await failsWith(t, supervisor.list({ Action: 'Status' }), 'AMI_DOWN');
  pbx.on('CoreShowChannels', (action) => response(action, 'Success') + block([['Event', 'CoreShowChannelsComplete'], ['ActionID', action.text('actionid')]]));
  pbx.reset();
  await ears.hears('is down');
  await failsWith(t, supervisor.action({ Action: 'Originate' }), 'AMI_DOWN');
  t.same(pbx.received('Originate'), []);
});

t.test('while up actions and lists go through', async (t) => {
  const pbx = await fakePbx(t, { channels: [channel('1.1'), channel('1.2')] });
  const { ears, supervisor } = await watch(t, pbx.settings);
  await ears.hears('is up');
  t.equal((await supervisor.action({ Action: 'Ping' })).text('Ping'), 'Pong');
  const list = await supervisor.list({ Action: 'Status' });
  t.equal(list.kind === 'list' && list.items.length, 2);
});

t.test('the list of channels does not come: the link starts again, and no gap is told', async (t) => {
  const pbx = await fakePbx(t);
  pbx.ignore('CoreShowChannels');
  const { ears, timers } = await watch(t, pbx.settings);
  await pbx.next('CoreShowChannels');
  await timers.armed((ms) => ms === 30_000);
  await timers.pass(30_000);
  t.match(await ears.logs(/no answer to CoreShowChannels/), { code: 'AMI_TIMEOUT' });
  t.same(ears.told, ['is catching-up', 'is down']);
});

t.test('too many events before the list: the link starts again', async (t) => {
  const pbx = await fakePbx(t, { booted: false });
  pbx.ignore('CoreShowChannels');
  const { ears } = await watch(t, pbx.settings, { bufferCap: 3 });
  await pbx.next('CoreShowChannels');
  await pbx.send(event('Newstate', '1').repeat(4));
  t.match(await ears.logs(/more than 3 events/), { code: 'AMI_OVERFLOW' });
});

t.test('M19 a listener that throws: the link starts again, and the resync repairs it', async (t) => {
  const pbx = await fakePbx(t, { booted: false });
  const { ears, timers } = await watch(t, pbx.settings);
  ears.poison = 'Hangup';
  await ears.hears('is up');
  await pbx.send(event('Hangup', '1') + event('Newstate', '2'));
  t.match(await ears.logs(/listener failed at Hangup: poison/), { code: 'AMI_LISTENER' });
  await timers.armed((ms) => ms === 500);
  ears.poison = '';
  await timers.pass(500);
  await ears.hears('is up', 2);
  t.same(ears.told, ['is catching-up', 'resync []', 'is up', 'lost', 'is down', 'is catching-up', 'resync []', 'is up']);
});

t.test('M19 a listener that throws at an event that was kept back: likewise', async (t) => {
  const pbx = await fakePbx(t, { booted: false });
  pbx.on('Filter', (action) => event('Hangup', '1') + response(action, 'Success'));
  const ears = new Ears();
  ears.poison = 'Hangup';
  await watch(t, pbx.settings, { listener: ears, log: ears });
  t.match(await ears.logs(/listener failed: poison/), { code: 'AMI_LISTENER' });
  t.same(ears.told, ['is catching-up', 'resync []', 'lost', 'is down']);
});
