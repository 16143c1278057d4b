/** Zipped answers: read where the peer says gzip, capped by what comes out, and never believed half. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { createHttp, HttpFailure, type HttpClient } from '../../app/http.ts';

const LIMIT = 100_000;

async function ask(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void, headers: Readonly<Record<string, string>> = {}): Promise<Awaited<ReturnType<HttpClient['request']>>> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = createHttp({ version: '0', maxAnswerBytes: LIMIT });
  t.teardown(async () => { await http.close(); server.close(); });
  return http.request({ method: 'GET', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/s3cr3t`, headers, timeoutMs: 5000 });
}
const zipped = (bytes: Buffer, encoding = 'gzip') => (_request: IncomingMessage, response: ServerResponse): void => { response.writeHead(200, { 'content-encoding': encoding }).end(bytes); };
const code = async (asked: Promise<unknown>): Promise<unknown> => asked.then(() => 'an answer', (error: unknown) => {
  if (!(error instanceof HttpFailure)) throw error;
  t.notMatch(error.message, /s3cr3t/);
  return { code: error.code, sent: error.sent };
});

t.test('what is zipped is read, whatever the letters of its name', async (t) => {
  const bytes = gzipSync('{"name":"Ирина"}');
  for (const encoding of ['gzip', 'GZIP', 'x-gzip', ' gzip ']) t.same((await ask(t, zipped(bytes, encoding))).body, { name: 'Ирина' }, encoding);
  t.equal((await ask(t, zipped(gzipSync('<html>')))).text, '<html>');
});

t.test('what is not zipped is read as it is', async (t) => {
  t.same((await ask(t, (_request, response) => response.end('{"a":1}'))).body, { a: 1 });
  t.same((await ask(t, zipped(Buffer.from('{"a":1}'), 'identity'))).body, { a: 1 });
  const nothing = await ask(t, (_request, response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end());
  t.match(nothing, { status: 204, body: null, text: '' });
});

t.test('we ask for it only where a driver does', async (t) => {
  const told = (request: IncomingMessage, response: ServerResponse): void => { response.end(JSON.stringify(request.headers['accept-encoding'] ?? null)); };
  t.equal((await ask(t, told)).body, null);
  t.equal((await ask(t, told, { 'Accept-Encoding': 'gzip' })).body, 'gzip');
});

t.test('a zip bomb is refused: the cap counts what comes out', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
  t.ok(bomb.length < LIMIT, `${bomb.length} bytes on the wire`);
  t.same(await code(ask(t, zipped(bomb))), { code: 'HTTP_TOO_LARGE', sent: true });
  t.equal((await ask(t, zipped(gzipSync('x'.repeat(LIMIT))))).text.length, LIMIT, 'up to the cap it is read');
  t.same(await code(ask(t, zipped(gzipSync('x'.repeat(LIMIT + 1))))), { code: 'HTTP_TOO_LARGE', sent: true });
});

t.test('half a gzip, and no gzip at all, are no answers', async (t) => {
  const bytes = gzipSync(JSON.stringify({ list: Array.from({ length: 500 }, (_one, place) => place * 7919) }));
  t.same(await code(ask(t, zipped(bytes.subarray(0, bytes.length >> 1)))), { code: 'HTTP_RESET', sent: true });
  t.same(await code(ask(t, zipped(Buffer.from('{"a":1}')))), { code: 'HTTP_RESET', sent: true });
});
