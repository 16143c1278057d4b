/**
 * MoySklad answers zipped, as the server in front of it does (crm-contracts 4.2): a small proxy before a stand-in that speaks plain text. What the stand-in does to a
 * connection (a reset, silence, half an answer) is done to the client's.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface Proxy { readonly port: number; readonly origin: string; stop(): Promise<void> }

export async function startZipped(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((asked, answer) => forward(port, asked, answer));
  server.on('connection', (socket) => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); socket.on('error', () => undefined); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const actual = (server.address() as AddressInfo).port;
  return {
    port: actual, origin: `http://127.0.0.1:${actual}`,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      sockets.forEach((socket) => socket.destroy());
    }),
  };
}

function forward(port: number, asked: IncomingMessage, answer: ServerResponse): void {
  const inner = request({ port, host: '127.0.0.1', method: asked.method, path: asked.url, headers: asked.headers, agent: false }, (said) => {
    const chunks: Buffer[] = [];
    said.on('data', (chunk: Buffer) => chunks.push(chunk));
    said.on('end', () => (said.complete ? whole(said, Buffer.concat(chunks), answer) : half(Buffer.concat(chunks), answer)));
    said.on('error', () => half(Buffer.concat(chunks), answer));
  });
  inner.on('error', () => answer.socket?.resetAndDestroy());
  answer.on('close', () => inner.destroy());
  asked.pipe(inner);
}

function whole(said: IncomingMessage, body: Buffer, answer: ServerResponse): void {
  const headers = Object.fromEntries(Object.entries(said.headers).filter(([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name)));
  const bytes = body.length === 0 ? body : gzipSync(body);
  answer.writeHead(said.statusCode ?? 500, { ...headers, ...bytes.length === 0 ? {} : { 'content-encoding': 'gzip', 'content-length': bytes.length } });
  answer.end(bytes);
}

/** The right length, half the bytes, and then the line is dead. */
function half(body: Buffer, answer: ServerResponse): void {
  if (answer.headersSent || answer.destroyed) return;
  const bytes = gzipSync(body);
  answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': bytes.length });
  answer.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => answer.socket?.destroySoon());
}
