import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import type { Script } from '../../agi/scripts/script.ts';
import { AgiServer } from '../../agi/server.ts';
import type { AgiServerOptions } from '../../agi/server.ts';
import { call, memoryLog } from '../fakes/agi.ts';

type Options = Partial<Omit<AgiServerOptions, 'scripts' | 'log'>>;

async function serve(t: Test, scripts: Readonly<Record<string, Script>>, options: Options = {}): Promise<{ server: AgiServer; port: number; log: ReturnType<typeof memoryLog> }> {
  const log = memoryLog();
  const server = new AgiServer({ port: 0, deadlineMs: 20_000, ...options, scripts: new Map(Object.entries(scripts)), log });
  await server.start();
  t.teardown(() => server.stop(0));
  return { server, port: server.address?.port ?? 0, log };
}

const hello: Script = async ({ session }) => { await session.command('VERBOSE', ['hello']); };
const never = (): Promise<never> => new Promise(() => { /* a script that forgets everything */ });

t.test('D2 a script that throws: the call goes on, the process lives, the log tells', async (t) => {
  const { port, log } = await serve(t, { route: () => { throw new Error('broken script'); }, hello });
  await (await call(port)).closed;
  t.match(log.lines.find((line) => line.level === 'error'), { fields: { err: { message: 'broken script' }, script: 'route' } });
  const next = await call(port, { script: 'hello' });
  t.equal(await next.command(), 'VERBOSE "hello"');
});

t.test('D2 a script that rejects', async (t) => {
  const { port, log } = await serve(t, { route: () => Promise.reject(new Error('rejected')) });
  await (await call(port)).closed;
  t.match(log.lines.find((line) => line.level === 'error'), { fields: { err: { message: 'rejected' } } });
});

t.test('D3 port taken is a clear error at start, and the next start can succeed', async (t) => {
  const thief = createServer();
  thief.listen(0, '127.0.0.1');
  await once(thief, 'listening');
  const server = new AgiServer({ port: (thief.address() as AddressInfo).port, scripts: new Map(), log: memoryLog() });
  await t.rejects(server.start(), { code: 'AGI_PORT_TAKEN', message: /the port is taken/ });
  t.equal(server.address, null);
  await new Promise((resolve) => thief.close(resolve));
  await server.start();
  t.ok(server.address);
  await server.stop(0);
});

t.test('D4 D5 it listens on loopback, and on any free port when asked to', async (t) => {
  const { server } = await serve(t, {});
  t.equal(server.address?.host, '127.0.0.1');
  t.not(server.address?.port, 3000);
});

t.test('D5 a stranger is shut out before a byte of his is read', async (t) => {
  const { port, log } = await serve(t, { route: hello }, { allow: ['127.0.0.1'] });
  const strangers = await Promise.all(Array.from({ length: 12 }, () => call(port, { localAddress: '127.0.0.2' })));
  await Promise.all(strangers.map((stranger) => stranger.closed));
  t.same(strangers.flatMap((stranger) => stranger.commands), []);
  t.same(log.lines.filter((line) => line.level === 'warn').map((line) => line.fields), [
    { why: 'not in agi.allow', peer: '127.0.0.2', refused: 1 }, { why: 'not in agi.allow', peer: '127.0.0.2', refused: 10 },
  ], 'a flood of strangers is no flood of log lines');
  t.equal(await (await call(port)).command(), 'VERBOSE "hello"');
});

t.test('D5 an IPv4 peer of an IPv6 listener is the same peer', async (t) => {
  const { port } = await serve(t, { route: hello }, { host: '::', allow: ['127.0.0.1'] });
  t.equal(await (await call(port)).command(), 'VERBOSE "hello"');
});

t.test('D5 a network in the list lets its addresses in, and no others', async (t) => {
  const { port } = await serve(t, { route: hello }, { allow: ['127.0.4.0/24', '::1'] });
  t.equal(await (await call(port, { localAddress: '127.0.4.7' })).command(), 'VERBOSE "hello"');
  const stranger = await call(port, { localAddress: '127.0.5.7' });
  await stranger.closed;
  t.same(stranger.commands, []);
});

t.test('D5 nobody in the list, nobody gets in', async (t) => {
  const { port } = await serve(t, { route: hello }, { allow: [] });
  const peer = await call(port);
  await peer.closed;
  t.same(peer.commands, []);
});

t.test('D3 more sessions than allowed: the caller goes on at once', async (t) => {
  const { port, log } = await serve(t, { route: never }, { maxSessions: 1 });
  const first = await call(port);
  const second = await call(port);
  await second.closed;
  t.notOk(first.socket.destroyed);
  t.match(log.lines.find((line) => line.level === 'warn'), { fields: { why: 'too many sessions at once' } });
});

t.test('D15 whatever the script does, the deadline ends the session', async (t) => {
  const signalled: unknown[] = [];
  const deaf: Script = ({ session }) => {
    session.signal.addEventListener('abort', () => signalled.push((session.signal.reason as { code: string }).code));
    return never();
  };
  const { port, server } = await serve(t, { route: deaf }, { deadlineMs: 20 });
  await (await call(port)).closed;
  t.same(signalled, ['AGI_TIMEOUT']);
  await t.resolves(server.stop(20_000), 'a script that never ends does not keep the server');
});

t.test('D15 silence before the environment ends at the deadline too', async (t) => {
  const { port, log } = await serve(t, { route: hello }, { deadlineMs: 20 });
  await (await call(port, { raw: 'agi_network: yes\n' })).closed;
  t.match(log.lines.find((line) => line.level === 'warn'), { fields: { code: 'AGI_TIMEOUT' } });
});

t.test('D14 a caller who hangs up is no failure', async (t) => {
  const { port, log } = await serve(t, { route: async ({ session }) => { await session.command('NOOP'); await session.command('NOOP'); } });
  const caller = await call(port, { answer: () => 'HANGUP' });
  await caller.closed;
  t.match(log.lines.filter((line) => line.level !== 'info'), [{ level: 'debug', message: /hung up/ }]);
});

t.test('an unknown script leaves a hint on the console of Asterisk', async (t) => {
  const { port, log } = await serve(t, { route: hello, record: hello });
  const caller = await call(port, { script: 'ruote"\\x?a=b' });
  t.equal(await caller.command(), 'VERBOSE "CallMe has no script \\"ruote??x\\"; it has route, record" "1"');
  await caller.closed;
  t.match(log.lines.find((line) => line.level === 'warn'), { fields: { script: 'ruote??x' } });
});

t.test('a script is found with a query, with slashes, and by the URL alone', async (t) => {
  const { port } = await serve(t, { route: hello });
  for (const request of [
    { agi_network_script: 'route?did=100&x=1' }, { agi_network_script: '/route/' },
    { agi_network_script: 'route', agi_request: 'agi://127.0.0.1/else' },
  ]) t.equal(await (await call(port, { request })).command(), 'VERBOSE "hello"');
  const raw = 'agi_network: yes\nagi_request: agi://127.0.0.1:4573/route?x=y\n\n';
  t.equal(await (await call(port, { raw })).command(), 'VERBOSE "hello"');
});

t.test('no script is found under a name that objects have by themselves', async (t) => {
  const { port } = await serve(t, { route: hello });
  t.match(await (await call(port, { script: 'constructor' })).command(), /no script "constructor\\"|no script \\"constructor\\"/);
});

t.test('D25 stop drains: the open session finishes, new ones are refused', async (t) => {
  const gate = Promise.withResolvers<undefined>();
  const { server, port } = await serve(t, { route: async ({ session }) => { await gate.promise; await session.command('VERBOSE', ['last word']); } });
  const caller = await call(port);
  await new Promise<void>((resolve) => {
    const look = (): void => { if (server.sessions === 1) resolve(); else setImmediate(look); };
    look();
  });
  const stopped = server.stop(20_000);
  await t.rejects(call(port), { code: 'ECONNREFUSED' });
  gate.resolve(undefined);
  t.equal(await caller.command(), 'VERBOSE "last word"');
  await stopped;
  t.equal(server.sessions, 0);
});

t.test('D25 stop has a deadline', async (t) => {
  const { server, port } = await serve(t, { route: async ({ session }) => { await session.command('NOOP'); } });
  const caller = await call(port, { answer: () => null, stubborn: true });
  await caller.command();
  await server.stop(5);
  await caller.ended;
  await t.resolves(server.stop(5), 'twice is fine');
});

t.test('start twice is fine', async (t) => {
  const { server, port } = await serve(t, {});
  await server.start();
  t.equal(server.address?.port, port);
});
