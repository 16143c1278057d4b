/** The shield around asterisk-manager: every defect M… of the package that a link must contain, against a peer that lies. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import t from 'tap';
import { AmiError } from '../../ami/errors.ts';
import { openLink } from '../../ami/link.ts';
import type { Link } from '../../ami/link.ts';
import { refusePlainText } from '../../ami/settings.ts';
import type { LinkSettings } from '../../ami/settings.ts';
import { block, response } from '../fakes/ami.ts';
import { FakeTimers } from '../fakes/ami-timers.ts';
import { failsWith, fakePbx, Heard, stage } from './stage.ts';

const open = (settings: LinkSettings, timers = new FakeTimers()): Promise<Link> => openLink(settings, { onEvent: () => undefined, timers });
const down = new AmiError('AMI_DOWN', 'closed by the test');

t.test('M1 a silent action is rejected at its deadline, once, and its late answer disturbs nobody', async (t) => {
  const timers = new FakeTimers();
  const { pbx, link, heard } = await stage(t, {}, { timers });
  pbx.ignore('CoreStatus');
  const answer = link.action({ Action: 'CoreStatus' }, 700);
  const sent = await pbx.next('CoreStatus');
  await Promise.all([failsWith(t, answer, 'AMI_TIMEOUT', /CoreStatus within 700 ms/), timers.pass(700)]);
  await pbx.send(response(sent, 'Success'));
  t.equal((await link.action({ Action: 'Ping' })).text('Ping'), 'Pong');
  t.equal(heard.events.some((event) => event.has('response')), false);
});

t.test('M2 the socket dies with an action pending: it is rejected at once', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.ignore('CoreStatus');
  const failed = failsWith(t, link.action({ Action: 'CoreStatus' }), 'AMI_DOWN');
  await pbx.next('CoreStatus');
  pbx.reset();
  await failed;
  t.equal((await link.closed).code, 'AMI_DOWN');
});

t.test('M2 Asterisk stops: the end of the connection is the end of the link', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.hangUp();
  t.match(await link.closed, { code: 'AMI_DOWN', message: /closed the connection/ });
});

t.test('M3 M4 an action while down is rejected, and is not sent by the next link', async (t) => {
  const { pbx, link } = await stage(t);
  link.close(down);
  await failsWith(t, link.action({ Action: 'Originate', Channel: 'PJSIP/219' }), 'AMI_DOWN', /closed by the test/);
  const next = await open(pbx.settings);
  await next.action({ Action: 'Ping' });
  t.same(pbx.received('Originate'), []);
  next.close(down);
});

t.test('M5 M6 header injection: nothing of it reaches the wire', async (t) => {
  const { pbx, link } = await stage(t);
  const before = pbx.actions.length;
  await failsWith(t, link.action({ Action: 'Setvar', Variable: { A: 'x\r\n\r\nAction: Command\r\nCommand: core stop now' } }), 'AMI_ACTION');
  await failsWith(t, link.action({ Action: 'Setvar', Value: 'x'.repeat(1023) }), 'AMI_ACTION');
  await link.action({ Action: 'Ping' });
  t.same(pbx.actions.slice(before).map((action) => action.text('Action')), ['Ping']);
});

t.test('M7 variables go as one header each', async (t) => {
  const { pbx, link } = await stage(t);
  await link.action({ Action: 'Originate', Variable: { CallMeCALL_ID: '1', __IS_CALLME_ORIGINATE: '2=3' } });
  t.same((await pbx.next('Originate')).all('Variable'), ['CallMeCALL_ID=1', '__IS_CALLME_ORIGINATE=2=3']);
});

t.test('M8 several variables of one action all arrive, whatever order the library sorts them into', async (t) => {
  const { pbx, link } = await stage(t);
  await link.action({ Action: 'Ping', Variable: { second: '2', first: '1' } });
  t.same((await pbx.next('Ping')).all('Variable').toSorted(), ['first=1', 'second=2']);
});

t.test('M13 the library’s own reconnect is never asked for: a link that is gone stays gone', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.reset();
  await link.closed;
  await failsWith(t, link.action({ Action: 'Ping' }), 'AMI_DOWN');
  t.equal(pbx.connections, 1);
  t.notMatch(readFileSync(new URL('../../ami/link.ts', import.meta.url), 'utf8'), /\.(keepConnected|reconnect|disconnect)\(/);
});

t.test('M29 an error of the socket, which the library swallows, is the reason of the end', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.reset();
  const reason = await link.closed;
  t.match(reason, { code: 'AMI_DOWN', message: /ECONNRESET|closed|ended/ });
});

t.test('M9 the event classes are asked for after the login', async (t) => {
  const { pbx } = await stage(t);
  t.equal((await pbx.next('Events')).text('EventMask'), 'system,call,user,agent,dialplan');
});

t.test('M10 wrong password: AMI_DENIED with a remedy, without the password', async (t) => {
  const pbx = await fakePbx(t);
  const error: unknown = await open({ ...pbx.settings, secret: 'hunter2' }).catch((cause: unknown) => cause);
  t.match(error, { code: 'AMI_DENIED', message: /denied the login of callme: Authentication failed/, remedy: /manager.conf/ });
  t.notMatch(inspect(error, { depth: 9, showHidden: true }), /hunter2/);
});

t.test('M11 refused: AMI_REFUSED with a remedy', async (t) => {
  const pbx = await fakePbx(t);
  const { settings } = pbx;
  await pbx.close();
  t.match(await open(settings).catch((cause: unknown) => cause), { code: 'AMI_REFUSED', remedy: /enabled = yes/ });
});

t.test('M14 reconnect after half an event: nothing of it is glued to the new greeting', async (t) => {
  const { pbx, link } = await stage(t);
  await pbx.send('Event: Half\r\nCallerIDName: Asteri');
  pbx.hangUp();
  await link.closed;
  const second = await openLink(pbx.settings, { onEvent: (headers) => t.notOk(headers.has('calleridname'), headers.event) });
  t.equal((await second.action({ Action: 'Ping' })).text('Ping'), 'Pong');
  second.close(down);
});

t.test('M15 M16 every step of opening has its deadline', async (t) => {
  await t.test('connect', async (t) => {
    const pbx = await fakePbx(t);
    const timers = new FakeTimers();
    const opening = failsWith(t, open(pbx.settings, timers), 'AMI_TIMEOUT', /the connection took longer than 5000 ms/);
    await timers.pass(5_000);
    await opening;
  });
  await t.test('no greeting', async (t) => {
    const pbx = await fakePbx(t, { greeting: null });
    const timers = new FakeTimers();
    const opening = failsWith(t, open(pbx.settings, timers), 'AMI_TIMEOUT', /the greeting took longer/);
    await timers.set(2);
    await timers.pass(5_000);
    await opening;
    t.same(pbx.actions, [], 'no password to somebody who did not greet');
  });
  await t.test('login', async (t) => {
    const pbx = await fakePbx(t);
    pbx.ignore('Login');
    const timers = new FakeTimers();
    const opening = failsWith(t, open(pbx.settings, timers), 'AMI_TIMEOUT', /the login took longer/);
    await pbx.next('Login');
    await timers.pass(5_000);
    await opening;
  });
});

t.test('no greeting but another protocol: AMI_GREETING, and no password is sent', async (t) => {
  for (const greeting of ['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'x'.repeat(300)]) {
    const pbx = await fakePbx(t, { greeting });
    await failsWith(t, open(pbx.settings), 'AMI_GREETING', /no Asterisk manager/);
    t.same(pbx.actions, []);
  }
});

t.test('a greeting byte by byte is a greeting', async (t) => {
  const { link } = await stage(t, { packetBytes: 1, greeting: 'Asterisk Call Manager/5.0.4\r\n' });
  t.equal(link.greeting, 'Asterisk Call Manager/5.0.4');
});

t.test('Asterisk closes instead of answering the login: AMI_DOWN that names permit/deny', async (t) => {
  const pbx = await fakePbx(t);
  pbx.on('Login', (_action, client) => {
    client.socket.end();
    return '';
  });
  t.match(await open(pbx.settings).catch((cause: unknown) => cause), { code: 'AMI_DOWN', remedy: /permit/ });
});

t.test('a stop while opening ends it at once', async (t) => {
  const pbx = await fakePbx(t, { greeting: null });
  const stop = new AbortController();
  const opening = failsWith(t, openLink(pbx.settings, { onEvent: () => undefined, signal: stop.signal }), 'AMI_DOWN', /closed by CallMe/);
  while (pbx.connections === 0) await pbx.changed();
  stop.abort();
  await opening;
  await failsWith(t, openLink(pbx.settings, { onEvent: () => undefined, signal: stop.signal }), 'AMI_DOWN');
});

t.test('a link that ended leaves nothing behind on the signal that outlives it', async (t) => {
  const pbx = await fakePbx(t);
  const { signal } = new AbortController();
  const link = await openLink(pbx.settings, { onEvent: () => undefined, signal });
  t.equal(getEventListeners(signal, 'abort').length, 1);
  link.close(down);
  t.equal(getEventListeners(signal, 'abort').length, 0);
});

t.test('M16 a half-open connection is found by the ping', async (t) => {
  const timers = new FakeTimers();
  const { pbx, link } = await stage(t, {}, { timers });
  await timers.pass(15_000);
  await pbx.next('Ping');
  await timers.armed((ms) => ms === 15_000);
  pbx.freeze();
  await timers.pass(15_000);
  await timers.pass(10_000);
  t.match(await link.closed, { code: 'AMI_TIMEOUT', message: /did not answer a ping/ });
});

t.test('M17 close destroys the socket, also of a peer that does not read', async (t) => {
  const made: Socket[] = [];
  const note = (message: unknown): void => void made.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', note);
  const { pbx, link } = await stage(t);
  unsubscribe('net.client.socket', note);
  pbx.freeze();
  link.close(down);
  t.equal(made[0]?.destroyed, true);
});

t.test('M18 a repeated UserEvent header is two values, and no crash', async (t) => {
  const { pbx, heard } = await stage(t);
  await pbx.event([['Event', 'UserEvent'], ['UserEvent', 'CallMeRecEnd'], ['UserEvent', 'twice']]);
  t.same((await heard.first('UserEvent')).all('UserEvent'), ['CallMeRecEnd', 'twice']);
});

t.test('M19 a listener throws: the link closes with AMI_LISTENER, the process lives, later events are not told', async (t) => {
  let told = 0;
  const { pbx, link } = await stage(t, { booted: false }, {
    onEvent() {
      told++;
      throw new Error('poison');
    },
  });
  await pbx.send(block([['Event', 'Hangup']]).repeat(3));
  t.match(await link.closed, { code: 'AMI_LISTENER', message: /failed at Hangup: poison/ });
  t.equal(told, 1);
});

t.test('M20 answers and events named like the library’s own signals reach nobody but us', async (t) => {
  const { pbx, link, heard } = await stage(t);
  for (const name of ['close', 'end', 'error', 'connect', 'rawevent', 'managerevent']) {
    await pbx.send(block([['Response', 'Error'], ['ActionID', name], ['Message', 'x']]));
    await pbx.event([['Event', name], ['ActionID', 'error']]);
  }
  t.equal((await link.action({ Action: 'Ping' })).text('Ping'), 'Pong');
  t.same(heard.events.map((event) => event.event), ['FullyBooted', 'close', 'end', 'error', 'connect', 'rawevent', 'managerevent']);
});

t.test('M20 a login answered under a foreign id is no login', async (t) => {
  const pbx = await fakePbx(t);
  pbx.on('Login', () => block([['Response', 'Success'], ['ActionID', 'rawevent']]) + block([['Response', 'Success']]) + block([['Event', 'Marker']]));
  const timers = new FakeTimers();
  const heard = new Heard();
  const opening = failsWith(t, openLink(pbx.settings, { timers, onEvent: (headers) => heard.add(headers) }), 'AMI_TIMEOUT', /the login/);
  await heard.first('Marker');
  await timers.pass(5_000);
  await opening;
});

t.test('M21 OriginateResponse is an event, though it has a Response header and our ActionID', async (t) => {
  const { pbx, link, heard } = await stage(t);
  pbx.on('Originate', (action) => {
    const id = ['ActionID', action.text('actionid')] as const;
    return block([['Event', 'OriginateResponse'], id, ['Response', 'Failure'], ['Uniqueid', '<unknown>']]) + response(action, 'Success', ['Message', 'queued']);
  });
  t.equal((await link.action({ Action: 'Originate', Async: 'true' })).text('Message'), 'queued');
  t.equal((await heard.first('OriginateResponse')).text('Response'), 'Failure');
});

t.test('M22 a "Follows" answer settles its own action, and without ActionID none', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.on('Command', (action) => 'Response: Follows\r\nPrivilege: Command\r\nstray\r\n--END COMMAND--\r\n\r\n'
    + `Response: Follows\r\nActionID: ${action.text('actionid')}\r\nours\r\n--END COMMAND--\r\n\r\n`);
  t.match((await link.action({ Action: 'Command', Command: 'core show uptime' })).text('content'), /ours/);
});

t.test('M23 shapes through the library’s parser: VarSet, ChanVariable, DestChanVariable, repeated keys', async (t) => {
  const { pbx, heard } = await stage(t);
  await pbx.event([['Event', 'VarSet'], ['Variable', '__CallMeLINKEDID'], ['Value', '1795.2']]);
  t.same([...await heard.first('VarSet')], [['event', 'VarSet'], ['variable', '__CallMeLINKEDID'], ['value', '1795.2']]);
  await pbx.event([['Event', 'DialBegin'], ['ChanVariable', 'A=1'], ['ChanVariable', 'B=x=y'], ['DestChanVariable', 'C=3'], ['DestChanVariable', 'D=']]);
  const dial = await heard.first('DialBegin');
  t.same(dial.all('ChanVariable'), ['A=1', 'B=x=y']);
  t.same(dial.all('DestChanVariable'), ['C=3', 'D=']);
  await pbx.event([['Event', 'Hangup'], ['DestChanVariable', 'C=3'], ['Cause', '16'], ['Cause', '17']]);
  const hangup = await heard.first('Hangup');
  t.same(hangup.all('DestChanVariable'), ['C=3']);
  t.same([hangup.first('Cause'), hangup.all('Cause')], ['16', ['16', '17']]);
});

t.test('M24 headers named __proto__ and constructor harm nobody', async (t) => {
  const { pbx, heard } = await stage(t);
  await pbx.event([['Event', 'UserEvent'], ['__proto__', 'x'], ['__proto__', 'y'], ['constructor', 'z'], ['length', '5'], ['Channel', 'PJSIP/219']]);
  const event = await heard.first('UserEvent');
  t.same([event.all('constructor'), event.all('length'), event.text('Channel')], [['z'], ['5'], 'PJSIP/219']);
  t.equal(event.has('push'), false);
  t.equal(({} as Record<string, unknown>)['x'], undefined);
});

t.test('M25 a header without the space', async (t) => {
  const { pbx, heard } = await stage(t);
  await pbx.send('Event: Hangup\r\nCallerIDName:\r\nChannel: PJSIP/219\r\n\r\n');
  const hangup = await heard.first('Hangup');
  t.same([hangup.first('CallerIDName'), hangup.text('Channel')], ['', 'PJSIP/219']);
});

t.test('M26 an item beyond the cap ends the link; a flood of small ones does not', async (t) => {
  const { pbx, link, heard } = await stage(t, {}, { limits: { itemChars: 100_000 } });
  await pbx.send(block([['Event', 'VarSet'], ['Value', 'x'.repeat(900)]]).repeat(400));
  await pbx.event([['Event', 'Hangup']]);
  await heard.first('Hangup');
  await pbx.send(`Event: VarSet\r\nValue: ${'x'.repeat(200_000)}`);
  t.match(await link.closed, { code: 'AMI_OVERFLOW', message: /more than 100000 characters/ });
});

t.test('M27 a list is collected whole, foreign events between its items go their way', async (t) => {
  const { pbx, link, heard } = await stage(t);
  pbx.on('CoreShowChannels', (action) => {
    const id = ['ActionID', action.text('actionid')] as const;
    const item = (n: string): string => block([['Event', 'CoreShowChannel'], id, ['Uniqueid', n]]);
    return response(action, 'Success', ['EventList', 'start']) + item('1') + block([['Event', 'Newchannel'], ['Uniqueid', '3']]) + item('2')
      + block([['Event', 'CoreShowChannelsComplete'], id, ['EventList', 'Complete'], ['ListItems', '2']]);
  });
  const list = await link.list({ Action: 'CoreShowChannels' });
  t.same(list.kind === 'list' && list.items.map((item) => item.text('Uniqueid')), ['1', '2']);
  t.equal((await heard.first('Newchannel')).text('Uniqueid'), '3');
  t.same(heard.events.map((event) => event.event), ['FullyBooted', 'Newchannel']);
});

t.test('M27 a list: empty, refused, too long, never finished', async (t) => {
  const timers = new FakeTimers();
  const { pbx, link } = await stage(t, {}, { timers });
  t.same(await link.list({ Action: 'CoreShowChannels' }), { kind: 'list', items: [] });
  pbx.on('Status', (action) => response(action, 'Error', ['Message', 'Permission denied']));
  t.same(await link.list({ Action: 'Status' }), { kind: 'refused', message: 'Permission denied' });
  pbx.on('Status', (action) => response(action, 'Success') + block([['Event', 'Status'], ['ActionID', action.text('actionid')]]).repeat(3));
  await failsWith(t, link.list({ Action: 'Status' }, 1_000, 2), 'AMI_OVERFLOW');
  const endless = failsWith(t, link.list({ Action: 'Status' }, 1_000), 'AMI_TIMEOUT');
  while (pbx.received('Status').length < 3) await pbx.changed();
  await timers.pass(1_000);
  await endless;
  t.equal((await link.action({ Action: 'Ping' })).text('Ping'), 'Pong', 'the link itself is none the worse');
});

t.test('M28 ids are our own and never alike; the caller’s object stays as it is', async (t) => {
  const { pbx, link } = await stage(t);
  const action = Object.freeze({ Action: 'Ping' });
  await Promise.all([link.action(action), link.action(action), link.action(action)]);
  const ids = pbx.received('Ping').map((ping) => ping.text('ActionID'));
  t.equal(new Set(ids).size, 3);
  t.match(ids[0], /^[0-9a-f-]{36}-\d+$/);
});

t.test('M30 plain text to another machine is refused before a byte is sent', async (t) => {
  const there = { host: '192.0.2.1', port: 5038, username: 'callme', secret: 'hunter2' };
  await failsWith(t, open(there), 'AMI_INSECURE', /plain text/);
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1']) refusePlainText({ ...there, host });
  refusePlainText({ ...there, allowPlain: true });
  refusePlainText({ ...there, tls: true });
  refusePlainText({ ...there, tls: {} });
  for (const host of ['127.0.0.1.example.org', 'localhost.evil', '128.0.0.1', '10.0.0.1']) t.throws(() => refusePlainText({ ...there, host }), { code: 'AMI_INSECURE' });
});

t.test('M30 the password is not to be seen in the link, nor in a refusal of it', async (t) => {
  const { link } = await stage(t, { secret: 'hunter2' });
  t.notMatch(inspect(link, { depth: 12, showHidden: true }), /hunter2/);
  await failsWith(t, open({ host: '127.0.0.1', port: 1, username: 'callme', secret: 'hunter2\r\nAction: Ping' }), 'AMI_ACTION', /^((?!hunter2).)*$/);
});

t.test('M31 a refusal is an answer, not an exception', async (t) => {
  const { link } = await stage(t);
  t.match([...await link.action({ Action: 'NoSuchThing' })], [['response', 'Error']]);
});

t.test('M32 empty blocks are nothing', async (t) => {
  const { pbx, heard } = await stage(t, { booted: false });
  await pbx.send(`\r\n\r\n\r\n${block([['Event', 'Hangup']])}\r\n\r\n`);
  await heard.first('Hangup');
  t.equal(heard.events.length, 1);
});

t.test('M33 the package is the one that the shield was made for', async (t) => {
  const text = readFileSync(new URL('../../node_modules/asterisk-manager/package.json', import.meta.url), 'utf8');
  t.equal((JSON.parse(text) as { version: string }).version, '0.2.0');
});

t.test('a peer that accepts and closes at once: AMI_DOWN', async (t) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  await failsWith(t, open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, username: 'a', secret: 'b' }), 'AMI_DOWN');
});

t.test('bytes cut inside a letter come together again', async (t) => {
  const { pbx, heard } = await stage(t, { packetBytes: 1 });
  await pbx.event([['Event', 'NewCallerid'], ['CallerIDName', 'Иван Ёж']]);
  t.equal((await heard.first('NewCallerid')).text('CallerIDName'), 'Иван Ёж');
});
