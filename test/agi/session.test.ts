import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import { AgiSession } from '../../agi/session.ts';
import { call, requestBlock } from '../fakes/agi.ts';
import type { AgiCall, Setup } from '../fakes/agi.ts';

const PATIENT_MS = 20_000;
const hungUp = { code: 'AGI_HANGUP' };
const closed = { code: 'AGI_CLOSED' };
const late = { code: 'AGI_TIMEOUT' };
const refused = { code: 'AGI_REFUSED' };

/** One session and the Asterisk at its other end. */
async function talk(t: Test, setup: Setup = {}, deadlineMs = PATIENT_MS): Promise<{ session: AgiSession; asterisk: AgiCall }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection').then(([socket]) => new AgiSession(socket as never, deadlineMs));
  const asterisk = await call((server.address() as AddressInfo).port, setup);
  const session = await accepted;
  t.teardown(() => {
    asterisk.socket.destroy();
    session.destroy();
    server.close();
  });
  return { session, asterisk };
}

t.test('D6 colon values reach the script', async (t) => {
  const { session } = await talk(t, { request: { agi_arg_1: 't=12:30:00' } });
  const request = await session.request;
  t.equal(request.get('agi_request'), 'agi://127.0.0.1:4573/route');
  t.equal(request.get('agi_arg_1'), 't=12:30:00');
});

t.test('environment byte by byte', async (t) => {
  const { session } = await talk(t, { byteByByte: true, request: { agi_calleridname: 'Ёлкин' } });
  t.equal((await session.request).get('agi_calleridname'), 'Ёлкин');
  t.match(await session.command('NOOP'), { result: '1' });
});

t.test('D7 HANGUP glued to the environment ends the session', async (t) => {
  const { session, asterisk } = await talk(t, { glue: 'HANGUP\n' });
  t.equal((await session.request).get('agi_callerid'), '+79035550142');
  await t.rejects(session.command('NOOP'), hungUp);
  t.match(session.signal, { aborted: true, reason: hungUp });
  await asterisk.closed;
  t.same(asterisk.commands, [], 'nothing is written to a dead channel; Asterisk keeps it until we close');
});

t.test('D8 a reply in pieces, and two replies of which the second is cut', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null });
  const first = session.command('GET VARIABLE', ['A']);
  const second = session.command('GET VARIABLE', ['B']);
  await asterisk.command(1);
  asterisk.send('200 resu');
  await new Promise((resolve) => asterisk.socket.write('lt=1 (o', resolve));
  asterisk.send('ne)\n');
  t.equal((await first).value, 'one');
  await asterisk.command(2);
  asterisk.send('200 result=1 (two)\n');
  t.equal((await second).value, 'two');
  t.equal(session.over, null, 'no false hangup');
});

t.test('D9 510 rejects, the session goes on', async (t) => {
  const { session } = await talk(t);
  await t.rejects(session.command('NONSENSE'), refused);
  t.match(await session.command('NOOP'), { code: 200 });
});

t.test('D9 511 is a hangup', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => '511 Command Not Permitted on a dead channel or intercept routine' });
  await t.rejects(session.command('ANSWER'), hungUp);
  await t.rejects(session.command('NOOP'), hungUp);
  t.ok(session.signal.aborted);
  await asterisk.closed;
});

t.test('D9 520 with usage, then a good command', async (t) => {
  const usage = '520-Invalid command syntax.  Proper usage follows:\n Usage: SET VARIABLE <variablename> <value>\n\n200 result=1 is what you get\n520 End of proper usage.';
  const { session } = await talk(t, { answer: (line) => (line === 'BAD' ? usage : undefined) });
  await t.rejects(session.command('BAD'), refused);
  t.match(await session.command('GET VARIABLE', ['CHANNEL(linkedid)']), { value: '1790000000.17' });
});

t.test('D10 a multi-line value', async (t) => {
  const { session } = await talk(t, { answer: (line) => (line.startsWith('GET') ? '200 result=1 (one\ntwo\nHANGUP\nthree)' : undefined) });
  t.equal((await session.command('GET VARIABLE', ['X'])).value, 'one\ntwo\nHANGUP\nthree');
  t.match(await session.command('NOOP'), { result: '1' });
});

t.test('D11 D12 endpos, speech, an empty value and none', async (t) => {
  const replies = ['200 result=0 endpos=1234', '200 result=1 (speech) endpos=0 results=1', '200 result=1 ()', '200 result=0'];
  const { session } = await talk(t, { answer: () => replies.shift() });
  t.match(await session.command('STREAM FILE', ['x', '#']), { result: '0', attributes: { endpos: '1234' } });
  t.match(await session.command('SPEECH RECOGNIZE', ['x']), { value: 'speech', attributes: { results: '1' } });
  t.equal((await session.command('GET VARIABLE', ['EMPTY'])).value, '');
  t.equal((await session.command('GET VARIABLE', ['UNSET'])).value, null);
});

t.test('D13 two commands at once: one round trip at a time, each its own answer', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null });
  const answers = Promise.all([session.command('GET VARIABLE', ['A']), session.command('GET VARIABLE', ['B'])]);
  t.equal(await asterisk.command(1), 'GET VARIABLE A');
  t.equal(asterisk.commands.length, 1, 'the second waits for the reply to the first');
  asterisk.send('200 result=1 (a)\n');
  t.equal(await asterisk.command(2), 'GET VARIABLE B');
  asterisk.send('200 result=1 (b)\n');
  t.same((await answers).map((reply) => reply.value), ['a', 'b']);
});

t.test('D13 a reply that nobody asked for ends the session', async (t) => {
  const { session, asterisk } = await talk(t, { glue: '200 result=1\n' });
  await asterisk.closed;
  await t.rejects(session.command('NOOP'), closed);
});

for (const [how, kill] of [['close', (peer: AgiCall) => { peer.close(); }], ['RST', (peer: AgiCall) => { peer.reset(); }]] as const) {
  t.test(`D1 D14 ${how} while commands are pending rejects them all`, async (t) => {
    const { session, asterisk } = await talk(t, { answer: () => null });
    const pending = [session.command('NOOP'), session.command('NOOP')].map((promise) => t.rejects(promise, closed));
    await asterisk.command();
    kill(asterisk);
    await Promise.all(pending);
    await session.closed;
    t.ok(session.signal.aborted);
    await t.rejects(session.command('NOOP'), closed);
  });
}

t.test('D14 HANGUP while a command is pending', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null });
  const pending = t.rejects(session.command('NOOP'), hungUp);
  const aborted = once(session.signal, 'abort');
  await asterisk.command();
  asterisk.hangup();
  await Promise.all([pending, aborted, asterisk.closed]);
});

t.test('D15 silence while a command is pending', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null });
  await t.rejects(session.command('NOOP', [], 5), late);
  await asterisk.closed;
  await t.rejects(session.command('NOOP'), late, 'the late reply must not answer another command');
});

t.test('D15 silence before the environment', async (t) => {
  const { session, asterisk } = await talk(t, { raw: 'agi_network: yes\n' }, 5);
  await t.rejects(session.request, late);
  await asterisk.closed;
});

t.test('D15 silence while a command is pending ends at the deadline of the session', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null }, 50);
  await t.rejects(session.command('NOOP'), late);
  await asterisk.closed;
});

t.test('D15 the clock of a command ends with its reply', async (t) => {
  const { session } = await talk(t);
  await session.command('NOOP', [], 250);
  // Timers of one duration fire in the order in which they were set: this one comes after the command's.
  await new Promise((resolve) => setTimeout(resolve, 250));
  t.equal(session.over, null);
});

t.test('D16 3 MB without newline are not kept', async (t) => {
  const { session, asterisk } = await talk(t, { raw: Buffer.alloc(3_000_000, 'x') });
  await t.rejects(session.request, closed);
  await asterisk.closed;
});

t.test('D17 CR/LF in an argument and in a verb: nothing is written, the session goes on', async (t) => {
  const { session, asterisk } = await talk(t);
  const unsafe = { code: 'AGI_UNSAFE' };
  await t.rejects(session.command('SET VARIABLE', ['NAME', 'Bob"\nEXEC System "touch /tmp/x"']), unsafe);
  await t.rejects(session.command('NOOP\nEXEC System x'), unsafe);
  await t.rejects(session.command('SET VARIABLE', ['NAME', 'x'.repeat(2_000)]), unsafe);
  await session.command('SET VARIABLE', ['NAME', 'Bob" \\']);
  t.equal(asterisk.variables.get('NAME'), 'Bob" \\');
  t.equal(asterisk.commands.length, 1);
});

t.test('D23 the request is a promise: it can be asked late and often', async (t) => {
  const { session } = await talk(t);
  await session.command('NOOP');
  t.equal(await session.request, await session.request);
});

t.test('D24 a listener that throws cannot spoil the state: the request is not an event', async (t) => {
  const { session } = await talk(t);
  await t.rejects(session.request.then(() => { throw new Error('script'); }), { message: 'script' });
  t.match(await session.command('NOOP'), { result: '1' });
});

t.test('D25 end rejects what waits, closes our side, and a stubborn peer is destroyed', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null, stubborn: true }, 500);
  const pending = t.rejects(session.command('NOOP'), closed);
  await asterisk.command();
  session.end();
  await pending;
  await asterisk.ended;
  t.notOk(asterisk.socket.writableEnded, 'the peer keeps its side open');
  await session.closed;
  t.match(session.signal, { aborted: true, reason: closed });
});

t.test('D25 destroy closes at once', async (t) => {
  const { session, asterisk } = await talk(t, { stubborn: true });
  await session.request;
  session.destroy();
  await session.closed;
  await asterisk.ended;
});

t.test('D26 nothing is printed', async (t) => {
  const printed = t.capture(console, 'log');
  const { session } = await talk(t);
  await session.command('SET VARIABLE', ['CALLERID(name)', 'secret']);
  t.same(printed(), []);
});

t.test('D2 a command that nobody awaits does not end the process', async (t) => {
  const { session, asterisk } = await talk(t, { answer: () => null });
  void session.command('NOOP');
  void session.command('BAD\n');
  await asterisk.command();
  asterisk.reset();
  await session.closed;
  t.pass('still here');
});

t.test('a script that runs away is stopped by the queue', async (t) => {
  const { session } = await talk(t, { answer: () => null });
  const many = Array.from({ length: 300 }, () => session.command('NOOP').catch((error: unknown) => (error as { code: string }).code));
  session.end();
  const codes = await Promise.all(many);
  t.ok(codes.includes('AGI_UNSAFE'));
  t.ok(codes.includes('AGI_CLOSED'));
});

t.test('the fake itself: its request block is what Asterisk sends', async (t) => {
  t.match(requestBlock('route?x=1'), /^agi_network: yes\nagi_network_script: route\?x=1\n[^]*\n\n$/);
});
