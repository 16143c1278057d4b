import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { createHttp, HttpFailure, isLoopback, type HttpClient } from '../../app/http.ts';
import type { HttpRequest } from '../../core/ports.ts';

const SECRET = 'rest/1/s3cr3t';

function client(t: Test, options: { maxAnswerBytes?: number } = {}): HttpClient {
  const http = createHttp({ version: '1.2.3', connections: 4, ...options });
  t.teardown(() => http.close());
  return http;
}

async function listen(t: Test, server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => { sockets.add(socket); socket.on('error', () => undefined); });
  t.teardown(() => { sockets.forEach((socket) => socket.destroy()); server.close(); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}/method?token=s3cr3t`;
}
const peer = (t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => listen(t, createServer(answer));
const raw = (t: Test, onData: (socket: Socket, text: string) => void): Promise<string> =>
  listen(t, createRawServer((socket) => { socket.on('data', (data) => onData(socket, data.toString('latin1'))); }));

async function failure(http: HttpClient, request: Partial<HttpRequest> & { url: string }): Promise<HttpFailure> {
  try {
    const answer = await http.request({ method: 'POST', json: {}, timeoutMs: 5000, ...request });
    throw new Error(`an answer instead of a failure: ${answer.status}`);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return error;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

t.test('JSON goes out and comes back, with our name', async (t) => {
  const url = await peer(t, (request, response) => {
    void textOf(request).then((body) => {
      response.setHeader('content-type', 'application/json').setHeader('set-cookie', ['a=1', 'b=2']);
      response.end(JSON.stringify({ body, agent: request.headers['user-agent'], type: request.headers['content-type'], url: request.url }));
    });
  });
  const answer = await client(t).request({ method: 'POST', url, json: { name: 'Ирина 🙂' }, timeoutMs: 5000 });
  t.same(answer.body, { body: '{"name":"Ирина 🙂"}', agent: 'callme/1.2.3', type: 'application/json', url: `/${SECRET}/method?token=s3cr3t` });
  t.equal(answer.headers['set-cookie'], 'a=1, b=2');
});

t.test('any status is an answer; a redirect is one too, and nobody follows it', async (t) => {
  let asked = 0;
  const url = await peer(t, (_request, response) => { asked++; response.writeHead(307, { location: '/elsewhere' }).end('moved'); });
  const answer = await client(t).request({ method: 'POST', url, json: {}, timeoutMs: 5000 });
  t.match(answer, { status: 307, body: null });
  t.equal(asked, 1);
});

t.test('JSON under a wrong content type is read, other text is null', async (t) => {
  const url = await peer(t, (request, response) => {
    response.setHeader('content-type', 'text/html').end(request.method === 'GET' ? '{"result":1}' : '<html>');
  });
  const http = client(t);
  t.same((await http.request({ method: 'GET', url, timeoutMs: 5000 })).body, { result: 1 });
  t.equal((await http.request({ method: 'POST', url, timeoutMs: 5000 })).body, null);
});

t.test('a file is streamed with its length, whole', async (t) => {
  const path = join(t.testdir(), 'call.mp3');
  const content = Buffer.alloc(3 * 1024 * 1024, 'x');
  await writeFile(path, content);
  const url = await peer(t, (request, response) => {
    void textOf(request).then((body) => response.end(JSON.stringify({ length: request.headers['content-length'], real: body.length, head: body.slice(0, 300) })));
  });
  const file = { field: 'file', name: '1790.17.mp3', type: 'audio/mpeg', path };
  const body = (await client(t).request({ method: 'POST', url, file, timeoutMs: 20_000 })).body as { length: string; real: number; head: string };
  t.equal(body.length, String(body.real));
  t.ok(body.real > content.length);
  t.match(body.head, /Content-Disposition: form-data; name="file"; filename="1790\.17\.mp3"\r\nContent-Type: audio\/mpeg\r\n\r\nxxx/);
});

t.test('failures have a code, know whether the peer can have applied it, and tell no secret', async (t) => {
  const http = client(t, { maxAnswerBytes: 1000 });
  const silent = await raw(t, () => undefined);
  const resetting = await raw(t, (socket) => socket.resetAndDestroy());
  const half = await raw(t, (socket) => { socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"result":'); });
  const garbage = await raw(t, (socket) => { socket.end('220 mail.example ESMTP\r\n'); });
  const large = await peer(t, (_request, response) => response.end('x'.repeat(5000)));
  const closedServer = createRawServer().listen(0, '127.0.0.1');
  await once(closedServer, 'listening');
  const closed = `http://127.0.0.1:${(closedServer.address() as AddressInfo).port}/${SECRET}/`;
  await new Promise((resolve) => closedServer.close(resolve));
  const file = { field: 'file', name: 'a.mp3', type: 'audio/mpeg', path: '/nowhere/s3cr3t.mp3' };
  const table: [string, Partial<HttpRequest> & { url: string }, string, boolean][] = [
    ['silence', { url: silent, timeoutMs: 100 }, 'HTTP_TIMEOUT', true],
    ['reset', { url: resetting }, 'HTTP_RESET', true],
    ['half a body', { url: half }, 'HTTP_RESET', true],
    ['not HTTP', { url: garbage }, 'HTTP_RESET', true],
    ['too large', { url: large }, 'HTTP_TOO_LARGE', true],
    ['nobody there', { url: closed }, 'HTTP_REFUSED', false],
    ['no such name', { url: `https://nowhere.invalid/${SECRET}` }, 'HTTP_REFUSED', false],
    ['plain text where TLS is due', { url: garbage.replace('http:', 'https:') }, 'HTTP_TLS', false],
    ['plain http to elsewhere', { url: `http://portal.example/${SECRET}` }, 'HTTP_NOT_HTTPS', false],
    ['not http at all', { url: `ftp://portal.example/${SECRET}` }, 'HTTP_NOT_HTTPS', false],
    ['no URL', { url: `//${SECRET}` }, 'HTTP_UNSAFE', false],
    ['CRLF in a header', { url: silent, headers: { 'x-name': 's3cr3t\r\nX-Evil: 1' } }, 'HTTP_UNSAFE', false],
    ['CRLF in a header name', { url: silent, headers: { 's3cr3t\r\nX-Evil': '1' } }, 'HTTP_UNSAFE', false],
    ['quote in a file name', { url: silent, json: undefined, file: { ...file, path: import.meta.filename, name: 's3cr3t"\r\nX: y' } }, 'HTTP_UNSAFE', false],
    ['no such file', { url: silent, json: undefined, file }, 'HTTP_FILE', false],
  ];
  for (const [name, request, code, sent] of table) {
    const error = await failure(http, request);
    t.match({ code: error.code, sent: error.sent }, { code, sent }, name);
    t.notMatch(`${error.message}${JSON.stringify(error)}${error.stack ?? ''}`, /s3cr3t/, `${name}: no secret in the error`);
    t.equal(error.cause, undefined, `${name}: no cause that quotes the address`);
  }
});

t.test('the caller can stop it, before and under way', async (t) => {
  const http = client(t);
  const stop = new AbortController();
  const silent = await raw(t, () => stop.abort());
  t.match(await failure(http, { url: silent, signal: stop.signal }), { code: 'HTTP_ABORTED', sent: true });
  t.match(await failure(http, { url: silent, signal: stop.signal }), { code: 'HTTP_ABORTED', sent: false });
});

t.test('a connection that is not yet free is not sent; closing ends what is under way', async (t) => {
  const http = createHttp({ version: '1', connections: 1 });
  t.teardown(() => http.close());
  const arrived = Promise.withResolvers<undefined>();
  const silent = await raw(t, () => arrived.resolve(undefined));
  const first = failure(http, { url: silent });
  await arrived.promise;
  t.match(await failure(http, { url: silent, timeoutMs: 50 }), { code: 'HTTP_TIMEOUT', sent: false }, 'it waited in our own queue');
  await http.close();
  t.match(await first, { sent: true });
  t.match(await failure(http, { url: silent }), { code: 'HTTP_ABORTED', sent: false });
});

t.test('a body that drips for ever ends at the deadline', async (t) => {
  const url = await peer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(drip));
  });
  t.match(await failure(client(t), { url, timeoutMs: 100 }), { code: 'HTTP_TIMEOUT', sent: true });
});

t.test('loopback is this machine alone', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) t.ok(isLoopback(host), host);
  for (const host of ['localhost.example', '127.0.0.1.example', '128.0.0.1', '10.0.0.1', '[::2]', '']) t.notOk(isLoopback(host), host);
});
