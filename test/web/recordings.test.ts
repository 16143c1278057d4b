/** The sound over real sockets: as players ask for it, and what they are told where there is none. */
import { rmSync, truncateSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { instant } from '../../core/words.ts';
import { recordingOpener } from '../../recordings/storage/open-recording.ts';
import { localStorage } from '../../recordings/storage/storage.ts';
import { ask, bench, dial, ID, NOON, OLD_KEY } from './window.ts';

t.test('the whole recording, with everything that a player needs to know', async (t) => {
  const { address, link, sound, lines } = await bench(t);
  const { status, headers, body } = await ask(address, link());
  t.equal(status, 200);
  t.ok(body.equals(sound));
  t.match(headers, {
    'content-type': 'audio/mpeg', 'content-length': '100000', 'accept-ranges': 'bytes', etag: /^"[0-9a-f]{64}"$/, 'last-modified': 'Fri, 20 Nov 2026 11:00:00 GMT',
    'content-disposition': 'inline; filename="call-1790.17.mp3"', 'x-content-type-options': 'nosniff', 'cache-control': 'private, max-age=60, must-revalidate',
    'referrer-policy': 'no-referrer', 'access-control-allow-origin': '*',
  });
  const line = await lines.next(({ message }) => message === 'a recording was asked for');
  t.same(line.fields, { address: '127.0.0.1', proxy: null, method: 'GET', recording: ID, expires: '2026-11-20T12:01:00.000Z', status: 200, bytes: 100_000, range: null, ending: 'whole' });
});

/** Written after what these players ask for. The last bytes are where an ID3v1 tag and the Xing frame's length are looked for. */
const PLAYERS: Readonly<Record<string, readonly string[]>> = {
  'Chrome, which asks for everything from where it seeks': ['bytes=0-', 'bytes=65536-', 'bytes=98304-'],
  'Firefox, which begins in the middle': ['bytes=0-', 'bytes=32768-', 'bytes=99872-'],
  'Safari, which tries two bytes first and goes on only after 206': ['bytes=0-1', 'bytes=0-99999', 'bytes=65536-99999'],
  'a player that reads the tag at the end': ['bytes=-128', 'bytes=0-1023', 'bytes=1024-4095'],
};

for (const [player, ranges] of Object.entries(PLAYERS)) {
  t.test(player, async (t) => {
    const { address, link, sound } = await bench(t);
    for (const range of ranges) {
      const { status, headers, body } = await ask(address, link(), { headers: { range, 'accept-encoding': 'identity;q=1, *;q=0' } });
      const [, from = '', to = '', total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
      t.equal(status, 206, range);
      t.equal(total, '100000');
      t.equal(headers['content-length'], String(body.length));
      t.ok(body.equals(sound.subarray(Number(from), Number(to) + 1)), `${range}: ${from}-${to}`);
    }
  });
}

t.test('one connection serves many parts, one after the other', async (t) => {
  const { address, link, sound } = await bench(t);
  const socket = await dial(t, address);
  let got = Buffer.alloc(0);
  for (let from = 0; from < 100_000; from += 20_000) {
    socket.write(`GET ${link()} HTTP/1.1\r\nHost: x\r\nRange: bytes=${from}-${from + 19_999}\r\n\r\n`);
    let answer = Buffer.alloc(0);
    for await (const part of socket.iterator({ destroyOnReturn: false })) {
      answer = Buffer.concat([answer, part as Buffer]);
      const end = answer.indexOf('\r\n\r\n');
      if (end >= 0 && answer.length >= end + 4 + 20_000) { got = Buffer.concat([got, answer.subarray(end + 4)]); break; }
    }
  }
  t.ok(got.equals(sound));
});

t.test('a range that is none of the recording is refused with its length', async (t) => {
  const { address, link } = await bench(t);
  for (const range of ['bytes=100000-', 'bytes=-0', 'bytes=9-3', 'bytes=zero-', `bytes=${'0-,'.repeat(4000)}`]) {
    const { status, headers } = await ask(address, link(), { headers: { range } });
    t.equal(status, 416, range.slice(0, 40));
    t.equal(headers['content-range'], 'bytes */100000');
  }
  t.equal((await ask(address, link(), { headers: { range: 'bytes=0-1,5-9' } })).body.length, 100_000, 'several parts: the whole');
  t.equal((await ask(address, link(), { headers: { range: 'bytes=99999-' } })).status, 206);
});

t.test('HEAD promises what GET gives, also where there is nothing', async (t) => {
  const opened: unknown[] = [];
  const real = recordingOpener(localStorage);
  const { address, link, path, lines } = await bench(t, { tools: { open: async (row, range, signal) => { opened.push(range); return await real(row, range, signal); } } });
  const { status, headers, body } = await ask(address, link(), { method: 'HEAD', headers: { range: 'bytes=0-1' } });
  t.same(opened, [{ from: 0, to: 0 }], 'no bucket is asked for a whole recording that nobody wants');
  t.match({ status, length: headers['content-length'], type: headers['content-type'], body: body.length }, { status: 200, length: '100000', type: 'audio/mpeg', body: 0 });
  rmSync(path);
  t.equal((await ask(address, link(), { method: 'HEAD' })).status, 404);
  t.equal((await ask(address, link())).status, 404);
  t.same(lines.all.map(({ fields }) => fields['ending']), ['head', 'lost', 'lost']);
});

t.test('who has the bytes already gets none; who has another recording gets the whole', async (t) => {
  const { address, link } = await bench(t);
  const { etag = '', 'last-modified': on = '' } = (await ask(address, link())).headers;
  const with304 = await ask(address, link(), { headers: { 'if-none-match': etag } });
  t.match({ status: with304.status, bytes: with304.body.length, etag: with304.headers.etag }, { status: 304, bytes: 0, etag });
  const status = async (headers: Record<string, string>): Promise<number> => (await ask(address, link(), { headers })).status;
  t.equal(await status({ 'if-modified-since': on }), 304);
  t.equal(await status({ range: 'bytes=0-9', 'if-range': etag }), 206);
  t.equal(await status({ range: 'bytes=0-9', 'if-range': on }), 206);
  t.equal(await status({ range: 'bytes=0-9', 'if-range': '"another"' }), 200);
  t.equal(await status({ range: 'bytes=100000-', 'if-range': '"another"' }), 200);
});

t.test("a page of another origin may play it: the preflight of a CRM's player", async (t) => {
  const { address, link } = await bench(t);
  const { status, headers } = await ask(address, link(), { method: 'OPTIONS', headers: { origin: 'https://acme.amocrm.ru', 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' } });
  t.match({ status, headers }, { status: 204, headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': /range/, 'access-control-allow-methods': /GET/ } });
  const refused = await ask(address, link(), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  t.match({ status: refused.status, allow: refused.headers.allow }, { status: 405, allow: 'GET, OPTIONS, HEAD' });
});

t.test('an older key still opens; links end at their moment, and no cache outlives them', async (t) => {
  const { address, link, clock } = await bench(t);
  t.equal((await ask(address, link({ key: OLD_KEY }))).status, 200);
  t.match((await ask(address, link({ seconds: 864_000 }))).headers['cache-control'], /max-age=3600,/);
  clock.at = NOON + 59_000;
  t.match((await ask(address, link())).headers['cache-control'], /max-age=1,/);
  clock.at = NOON + 59_999;
  t.equal((await ask(address, link())).status, 200);
  clock.at = NOON + 60_000;
  t.equal((await ask(address, link())).status, 403);
});

t.test('a right link to a recording that has no sound says why, in both languages', async (t) => {
  const { address, link, store } = await bench(t);
  const told = async (): Promise<string> => {
    const { status, text, headers } = await ask(address, link());
    t.equal(status, 404);
    t.match(headers['content-type'], /^text\/plain; charset=utf-8/);
    return text;
  };
  store.patch(ID as never, { state: 'purged', mp3: null, purgedAt: instant(Date.parse('2026-11-01T10:00:00Z')) }, instant(0));
  t.match(await told(), /deleted on 2026-11-01[^]*удалена 2026-11-01/);
  store.patch(ID as never, { state: 'empty' }, instant(0));
  t.match(await told(), /Nothing was recorded[^]*ничего не записано/);
  store.patch(ID as never, { state: 'broken' }, instant(0));
  t.match(await told(), /could not be converted/);
  for (const state of ['growing', 'closed', 'spooled'] as const) {
    store.patch(ID as never, { state }, instant(0));
    t.match(await told(), /still being converted/);
  }
});

t.test('a recording that is only in the bucket is read there', async (t) => {
  const asked: unknown[] = [];
  const { address, link } = await bench(t, {
    row: { mp3: null, stored: 's3://bucket/x.mp3', bytes: 6 }, tools: { open: async ({ stored }, range) => {
      asked.push([stored, range]);
      return { stream: Readable.from([Buffer.from('cd')]), bytes: 2, total: 6 };
    } },
  });
  t.equal((await ask(address, link(), { headers: { range: 'bytes=2-3' } })).text, 'cd');
  t.same(asked, [['s3://bucket/x.mp3', { from: 2, to: 3 }]]);
});

t.test('a disk or a bucket that refuses: come again; a bug of ours is no excuse of theirs', async (t) => {
  const failures = [Object.assign(new Error('the bucket said AKIASECRET'), { code: 'STORAGE_DOWN' }), Object.assign(new Error('open'), { code: 'EIO' }), new TypeError('a bug')];
  const { address, link, lines } = await bench(t, { tools: { open: async () => { throw failures.shift() ?? new Error('too often'); } } });
  for (const code of ['STORAGE_DOWN', 'EIO']) {
    const { status, headers, text } = await ask(address, link());
    t.match({ status, retry: headers['retry-after'] }, { status: 503, retry: '30' });
    t.notMatch(text, /AKIA/);
    t.ok(lines.all.some(({ fields }) => fields['ending'] === code));
  }
  const broken = await ask(address, link());
  t.equal(broken.status, 500);
  t.notMatch(broken.text, /a bug/);
  t.match(lines.all.at(-1), { level: 'error', fields: { err: { message: 'a bug' } } });
});

t.test('sound that turns out shorter or longer than it was is cut, never passed off as whole', async (t) => {
  const { address, link, path, lines } = await bench(t);
  truncateSync(path, 50_000);
  t.equal((await ask(address, link())).status, 404, 'seen in time: another length than the one that was verified');
  for (const [what, length] of [['shorter', 50], ['longer', 150]] as const) {
    const open = async () => ({ stream: Readable.from([Buffer.alloc(length)]), bytes: 100, total: 100 });
    const lying = await bench(t, { row: { bytes: 100 }, tools: { open } });
    const answered = await ask(lying.address, lying.link()).catch(() => null);
    t.ok(answered === null || answered.status === 500, what);
    t.match((await lying.lines.next(({ fields }) => 'ending' in fields)).fields, { ending: 'failed: WEB_SOUND_CHANGED' });
  }
  t.equal(lines.all.at(-1)?.fields['ending'], 'lost');
});

t.test('not a byte goes out beyond the length that was promised: it would be the next answer', async (t) => {
  const open = async () => ({ stream: Readable.from([Buffer.alloc(60, 'a'), Buffer.alloc(90, 'b')]), bytes: 100, total: 100 });
  const { address, link } = await bench(t, { row: { bytes: 100 }, tools: { open } });
  const socket = await dial(t, address);
  socket.write(`GET ${link()} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  await new Promise((resolve) => { socket.once('close', resolve); });
  t.notMatch(Buffer.concat(parts).toString(), /bbbb/);
});

t.test('a disk that fails in the middle cuts the reader off, and the log says so', async (t) => {
  const source = new PassThrough();
  const { address, link, lines } = await bench(t, { tools: { open: async () => ({ stream: source, bytes: 100_000, total: 100_000 }) } });
  const socket = await dial(t, address);
  socket.write(`GET ${link()} HTTP/1.1\r\nHost: x\r\n\r\n`);
  source.write(Buffer.alloc(1000));
  await new Promise((resolve) => { socket.once('data', resolve); });
  source.destroy(Object.assign(new Error('read'), { code: 'EIO' }));
  await new Promise((resolve) => { socket.once('close', resolve); });
  t.match((await lines.next(({ fields }) => 'ending' in fields)).fields, { ending: 'failed: EIO', bytes: 1000 });
});

t.test('the path of web.publicUrl may be passed on by the proxy, or not', async (t) => {
  const { address, link } = await bench(t, { web: { basePath: '/callme' } });
  t.equal((await ask(address, `/callme${link()}`)).status, 200);
  t.equal((await ask(address, link())).status, 200);
  t.equal((await ask(address, '/callme/health')).status, 200);
  t.equal((await ask(address, `/callmeX${link()}`)).status, 404);
});

t.test('behind a trusted proxy the log names who really asks; another one is not believed', async (t) => {
  const headers = { 'x-forwarded-for': '198.51.100.9, 203.0.113.5' };
  const believed = await bench(t, { web: { trustProxy: ['127.0.0.1'] } });
  await ask(believed.address, believed.link(), { headers });
  t.match((await believed.lines.next(() => true)).fields, { address: '203.0.113.5', proxy: '127.0.0.1' });
  const stranger = await bench(t, { web: { trustProxy: ['10.0.0.0/8'] } });
  await ask(stranger.address, stranger.link(), { headers });
  t.match((await stranger.lines.next(() => true)).fields, { address: '127.0.0.1', proxy: null });
  const nonsense = await bench(t, { web: { trustProxy: ['127.0.0.1'] } });
  await ask(nonsense.address, nonsense.link(), { headers: { 'x-forwarded-for': '<script>' } });
  t.equal((await nonsense.lines.next(() => true)).fields['address'], '');
});
