/** Who wants in, who wants to keep others out, and who only leaves: over real sockets. */
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { type TenantId } from '../../core/words.ts';
import { CONNECTION_LIMITS, guardConnections } from '../../web/connections.ts';
import { linkTo } from '../../web/links.ts';
import { WebServer } from '../../web/server.ts';
import { recordingRow } from '../fakes/stores.ts';
import { ask, bench, type Bench, dial, FILE, ID, KEY, NOON } from './window.ts';

const SIGNATURE = /signature=([^&]*)/;
const signatureIn = (link: string): string => SIGNATURE.exec(link)?.[1] ?? '';

/** Every refusal is the same answer: nobody learns whether a recording is there, whether a link was ever right, or why it is not. */
async function allAlike(t: Test, { address, lines }: Bench, paths: readonly string[]): Promise<void> {
  const first = await ask(address, '/recordings/main/nothing.mp3?expires=1&signature=x');
  t.equal(first.status, 403);
  t.match(first.text, /not valid[^]*недействительна/);
  const kept = ({ date: _date, ...headers }: typeof first.headers): object => headers;
  for (const path of paths) {
    const answer = await ask(address, path);
    t.equal(answer.status, 403, path.slice(0, 120));
    t.same([answer.text, kept(answer.headers)], [first.text, kept(first.headers)]);
  }
  const logged = JSON.stringify(lines.all);
  for (const path of paths) if (signatureIn(path).length > 20) t.notOk(logged.includes(signatureIn(path)), 'no signature in the log');
}

t.test('a link that was changed in any part opens nothing', async (t) => {
  const house = await bench(t);
  const other = 'main/2026/11/20/call-1790.18.wav';
  house.store.put({ ...recordingRow('main', '2026/11/20/call-1790.18.wav', { state: 'told', mp3: house.path, bytes: house.sound.length, sha256: 'x' }) });
  const good = house.link();
  await allAlike(t, house, [
    // Another recording's signature, another moment, a cut or lengthened signature, an empty one, none, both twice.
    good.replace('1790.17', '1790.18'), house.link({ id: other }).replace('1790.18', '1790.17'),
    good.replace(/expires=\d+/, `expires=${NOON / 1000 + 61}`), good.replace(/expires=\d+/, 'expires=99999999999'), good.replace(/expires=\d+/, 'expires=NaN'), good.replace(/expires=\d+/, 'expires='),
    good.replace(/expires=\d+/, 'expires=-1'), good.replace(/expires=(\d+)/, 'expires=0$1'), good.replace(/expires=(\d+)/, 'expires=$1.0'),
    good.slice(0, -1), `${good}A`, `${good}%00`, good.replace(SIGNATURE, 'signature='), good.replace(/&signature=.*/, ''), good.replace(/\?.*/, ''), `${good}&signature=${signatureIn(good)}`, `${good}&expires=1`,
    good.replace(SIGNATURE, (_all, signature: string) => `signature=${signature.toLowerCase()}`), good.replace(SIGNATURE, `signature=${'A'.repeat(43)}`), good.replace('signature', 'Signature'),
    // Expired, and signed by somebody else.
    house.link({ seconds: 0 }), house.link({ seconds: -86_400 }), house.link({ key: 'a key of somebody else, of forty letters' }), house.link({ key: '' }),
    // Signed rightly: for another tenant, with our key and with his; for what is not there.
    house.link({ tenant: 'other' }), house.link({ tenant: 'other', key: 'the key of the other tenant, of 32 letters' }), house.link({ id: 'main/2026/11/20/call-nobody.wav' }), house.link({ id: 'main' }),
  ]);
  t.equal((await ask(house.address, good)).status, 200);
});

t.test("another tenant's recording stays shut though the store would give it out", async (t) => {
  const house = await bench(t, { row: { tenant: 'other' as TenantId } });
  await allAlike(t, house, [house.link(), house.link({ tenant: 'other' })]);
});

t.test('no path leads out: the id is looked up, and nothing of it is opened', async (t) => {
  const opened: string[] = [];
  const house = await bench(t, { tools: { open: async (row) => { opened.push(row.id); return null; } } });
  const query = house.link().replace(/^[^?]*/, '');
  const paths = [
    '/recordings/../../../etc/passwd', '/recordings/..%2f..%2f..%2fetc%2fpasswd', '/recordings/%2e%2e/%2e%2e/etc/passwd', '/recordings/..%252f..%252fetc%252fpasswd', '/recordings//etc/passwd', '/recordings/%2Fetc%2Fpasswd',
    '/recordings/main/2026/11/20/../20/call-1790.17.mp3', '/recordings/main/./2026/11/20/call-1790.17.mp3', '/recordings/main//2026/11/20/call-1790.17.mp3', '/recordings/main%252F2026%252F11%252F20%252Fcall-1790.17.mp3',
    '/recordings/main/2026/11/20/call-1790.17.mp3%00', '/recordings/main/2026/11/20/call-1790.17.mp3%00.wav', '/recordings/main/2026/11/20/call-1790.17.mp3/', '/recordings/main\\2026\\11\\20\\call-1790.17.mp3',
    '/recordings/MAIN/2026/11/20/call-1790.17.mp3', '/recordings/file:///etc/passwd', '/recordings/%0d%0aset-cookie:x=1', `/recordings/${'a/'.repeat(5000)}`, '/recordings/%F0%9F%93%9E', '/recordings/C:%5Cwindows', '/recordings/main/2026/11/20/call-1790.17.mp3;/..',
  ];
  await allAlike(t, house, paths.map((path) => `${path}${query}`));
  // Signed rightly, too: somebody who has the key still reads recordings alone.
  await allAlike(t, house, ['../../../etc/passwd', '/etc/passwd', 'main/../main/x', 'main/2026/11/20/call-1790.17.wav\0'].map((id) => house.link({ id })));
  t.same(opened, []);
  t.equal((await ask(house.address, `/recordings/${encodeURIComponent(ID)}${query}`)).status, 404, 'the same id in another spelling is the same id');
  t.same(opened, [ID]);
  const outside = await ask(house.address, '/../etc/passwd');
  t.equal(outside.status, 404);
  t.notMatch(outside.text, /passwd/, 'what was asked is not said back');
});

t.test('what is not well-formed is the asker\'s mistake, and told in one form', async (t) => {
  const { address, link } = await bench(t);
  for (const path of ['/recordings/%', '/recordings/%zz', '/recordings/%c0%ae%c0%ae/x']) {
    const { status, text } = await ask(address, path);
    t.ok(status === 400 || status === 403, `${path}: ${status}`);
    t.notMatch(text, /%zz|%c0/);
  }
  const long = await ask(address, `/recordings/x?expires=1&signature=${'A'.repeat(100_000)}`);
  t.equal(long.status, 431);
  const header = await ask(address, link(), { headers: { range: `bytes=${'0-1,'.repeat(25_000)}` } });
  t.equal(header.status, 431);
  const list = await ask(address, link(), { headers: { range: `bytes=${'0-,'.repeat(5000)}0-` } });
  t.match({ status: list.status, short: list.body.length < 1000 }, { status: 416, short: true });
  const socket = await dial(t, address);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n');
  t.match(String((await once(socket, 'data') as Buffer[])[0]), /^HTTP\/1\.1 400 /, 'two lengths are two requests to somebody');
});

t.test('thousands who connect and say nothing keep nobody out', async (t) => {
  const { address, link } = await bench(t, { web: { connections: { ...CONNECTION_LIMITS, total: 5_000, silent: 20, perAddress: 10 } } });
  const cut: Promise<unknown>[] = [];
  for (let each = 0; each < 2000; each += 1) {
    const socket = await dial(t, address);
    cut.push(once(socket, 'close'));
    // Half of them begin a request and never end it.
    if (each % 2 === 0) socket.write('GET /health HTTP/1.1\r\nHost: x\r\n');
  }
  await Promise.all(cut.slice(0, 1980));
  t.equal((await ask(address, link())).status, 200);
  t.equal((await ask(address, '/health')).status, 200);
});

t.test('those that rest between two requests make room for whoever asks', async (t) => {
  const { address } = await bench(t, { web: { connections: { ...CONNECTION_LIMITS, total: 5, restMs: 2 ** 30 } } });
  const resting = await Promise.all(Array.from({ length: 4 }, async () => {
    const socket = await dial(t, address);
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    return socket;
  }));
  const closed = Promise.all(resting.map(async (socket) => once(socket, 'close')));
  t.equal((await ask(address, '/health')).status, 200);
  await closed;
});

t.test('connections are capped, all together and for each address', async (t) => {
  for (const limits of [{ total: 3, perAddress: 100 }, { total: 100, perAddress: 3 }]) {
    const server = createServer((_request, response) => { response.end('here'); });
    guardConnections(server, { ...CONNECTION_LIMITS, ...limits }, () => false);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => { server.close(); server.closeAllConnections(); });
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [first] = await Promise.all([dial(t, address), dial(t, address), dial(t, address)]);
    const fourth = await dial(t, address);
    await once(fourth, 'close');
    t.equal(first.destroyed, false);
    first.destroy();
    for (;;) {
      const answer = await ask(address, '/').catch(() => null);
      if (answer !== null) { t.equal(answer.text, 'here', 'one left: the next one is let in'); break; }
    }
  }
});

/** Files of this process that lie in the bench's folder. */
const openFiles = (path: string): number => readdirSync('/proc/self/fd').filter((fd) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === path;
  } catch {
    return false;
  }
}).length;

/** More than the kernel keeps in its buffers between two sockets. */
const BIG = 64 * 1024 * 1024;

async function beginReading(t: Test, { address, link }: Bench) {
  const socket = await dial(t, address);
  socket.write(`GET ${link()} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

t.test('a reader that goes away frees the file, and the log says how far he came', { skip: process.platform === 'linux' ? false : 'looks into /proc' }, async (t) => {
  const house = await bench(t, { bytes: BIG });
  const socket = await beginReading(t, house);
  t.equal(openFiles(house.path), 1);
  socket.destroy();
  const { fields } = await house.lines.next((line) => 'ending' in line.fields);
  t.equal(fields['ending'], 'left');
  t.ok(Number(fields['bytes']) < BIG);
  while (openFiles(house.path) > 0) await new Promise((resolve) => { setImmediate(resolve); });
  t.pass('the file is closed');
});

t.test('a reader that hangs up with the last byte has heard everything', async (t) => {
  const house = await bench(t, { bytes: 10_000_000 });
  const times = 30;
  for (let each = 0; each < times; each += 1) {
    const socket = await dial(t, house.address);
    let got = 0;
    let begins = 0;
    socket.on('data', (part: Buffer) => {
      if (got === 0) begins = part.indexOf('\r\n\r\n') + 4;
      got += part.length;
      if (got >= begins + house.sound.length) socket.resetAndDestroy();
    });
    socket.write(`GET ${house.link()} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'close');
  }
  await house.lines.next(() => house.lines.all.length === times);
  t.same([...new Set(house.lines.all.map(({ fields }) => fields['ending']))], ['whole']);
});

t.test('a reader that takes nothing any more is cut off', { skip: process.platform === 'linux' ? false : 'looks into /proc' }, async (t) => {
  const house = await bench(t, { bytes: BIG, web: { reader: { idleMs: 50, slowest: 0 } } });
  const socket = await beginReading(t, house);
  const { fields } = await house.lines.next((line) => 'ending' in line.fields);
  t.equal(fields['ending'], 'slow');
  while (openFiles(house.path) > 0) await new Promise((resolve) => { setImmediate(resolve); });
  socket.resume();
  await once(socket, 'close');
});

t.test('a reader that takes a byte now and then only holds a connection: cut off, too', async (t) => {
  const source = new PassThrough();
  const house = await bench(t, { tools: { open: async () => ({ stream: source, bytes: 100_000, total: 100_000 }) }, web: { reader: { idleMs: 20, slowest: 1_000_000 } } });
  const drip = setInterval(() => { source.write('x'); }, 1);
  t.teardown(() => { clearInterval(drip); });
  const socket = await beginReading(t, house);
  socket.resume();
  await once(socket, 'close');
  t.equal((await house.lines.next((line) => 'ending' in line.fields)).fields['ending'], 'slow');
});

t.test('who left before the disk answered costs nothing: what was opened is closed', async (t) => {
  const source = new PassThrough();
  const opening = Promise.withResolvers<AbortSignal>();
  const answering = Promise.withResolvers<undefined>();
  const house = await bench(t, { tools: { atOnce: 1, open: async (_row, _range, signal) => {
    opening.resolve(signal);
    await answering.promise;
    return { stream: source, bytes: 100_000, total: 100_000 };
  } } });
  const socket = await dial(t, house.address);
  socket.write(`GET ${house.link()} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const signal = await opening.promise;
  const busy = await ask(house.address, house.link());
  t.match({ status: busy.status, retry: busy.headers['retry-after'] }, { status: 503, retry: '5' }, 'all places are taken');
  socket.destroy();
  if (!signal.aborted) await once(signal, 'abort');
  answering.resolve(undefined);
  if (!source.closed) await new Promise((resolve) => { source.once('close', resolve); });
  t.match((await house.lines.next(({ fields }) => fields['ending'] === 'left')).fields, { bytes: 0 });
  t.equal((await ask(house.address, house.link(), { method: 'HEAD' })).status, 200, 'his place is free again');
});

t.test('a disk that never answers holds no listener, and what it brings too late is closed', async (t) => {
  const source = new PassThrough();
  const answering = Promise.withResolvers<undefined>();
  const house = await bench(t, { tools: { openMs: 20, open: async () => {
    await answering.promise;
    return { stream: source, bytes: 100_000, total: 100_000 };
  } } });
  const { status, headers } = await ask(house.address, house.link());
  t.match({ status, retry: headers['retry-after'] }, { status: 503, retry: '30' });
  t.equal(house.lines.all[0]?.fields['ending'], 'WEB_SOUND_LATE');
  answering.resolve(undefined);
  await once(source, 'close');
});

t.test('a flood of bad links fills no log', async (t) => {
  const house = await bench(t);
  for (let each = 0; each < 100; each += 1) t.equal((await ask(house.address, house.link({ key: `${each}` }))).status, 403);
  t.equal(house.lines.all.length, 30);
  t.match(house.lines.all[0], { level: 'warn', fields: { address: '127.0.0.1', why: 'signature', asked: ID.replace('.wav', '.mp3') } });
  house.clock.at += 30_000;
  await ask(house.address, house.link({ seconds: 1 }));
  t.match(house.lines.all[30], { fields: { why: 'expired' } });
  t.equal((await ask(house.address, house.link({ seconds: 600 }))).status, 200, 'a right link always opens');
});

t.test('a log line cannot be forged, whatever is asked for', async (t) => {
  const house = await bench(t);
  await ask(house.address, `/recordings/%1b%5b2J%0a%7b%22level%22%3a%22info%22%7d${'x'.repeat(3000)}?expires=1&signature=x`);
  t.match(String(house.lines.all[0]?.fields['asked']), /^\?\[2J\?\{"level":"info"\}x{1,200}$/);
});

t.test('stopping cuts readers off instead of waiting for them', async (t) => {
  const source = new PassThrough();
  const house = await bench(t, { tools: { open: async () => ({ stream: source, bytes: 100_000, total: 100_000 }) } });
  source.write('x');
  const socket = await beginReading(t, house);
  const closed = once(socket, 'close');
  socket.resume();
  await house.web.stop();
  await closed;
  t.equal(house.web.address, null);
});

t.test('a link is of no use elsewhere: nothing else takes its signature', async (t) => {
  const { address, link } = await bench(t);
  t.equal((await ask(address, link().replace('/recordings/', '/api/v1/recordings/'))).status, 404);
  t.equal(linkTo({ tenant: 'default' as TenantId, recording: `main/${FILE}` as never, expires: 1 }, KEY).includes('signature='), true);
  t.equal(new WebServer({ host: '127.0.0.1', port: 0, version: '', readiness: () => ({ ready: true, checks: {} }) }).address, null);
});
