/**
 * What every stand-in CRM shares: a real HTTP server on loopback, a ledger of all that was asked, and lies on demand. The product's own
 * rules are the stand-in's; this file only decides whether the peer hears the truth about them.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Asked {
  readonly verb: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
export interface Answer { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }

/** `-before`: nothing was applied. `-after`: everything was, and the peer does not hear of it. */
export type Lie =
  | { readonly kind: 'reset-before' | 'reset-after' | 'half-body' | 'silence-before' | 'silence-after' | 'mislabelled' }
  /** Not applied; answered so. A string body goes out as it is, under `type`. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown; readonly type?: string; readonly headers?: Readonly<Record<string, string>> };

export interface Misbehaviour {
  readonly lie: Lie;
  /** Part of the method's name, lower case; default: every request. */
  readonly at?: string;
  /** So many matching requests are answered honestly first. Default 0. */
  readonly after?: number;
  /** So many are lied to then. Default 1; Infinity until `behave()`. */
  readonly times?: number;
}

/** One request, in the order of arrival. `status` is what the rules said, null while (or because) they were not asked. */
export interface Entry {
  readonly order: number; readonly method: string; readonly params: unknown; readonly userAgent: string;
  status: number | null; lie: string | null;
}

export interface Service {
  /** The name of what is asked, for the ledger and for `at`. */
  nameOf(asked: Asked): string;
  /** What the ledger keeps of the request. */
  paramsOf(asked: Asked): unknown;
  apply(asked: Asked): Answer;
}

export interface StandIn {
  readonly port: number;
  readonly origin: string;
  /** All requests since the start (or since `forgetLedger`). */
  readonly ledger: readonly Entry[];
  misbehave(how: Misbehaviour): void;
  /** Ends all misbehaviour. */
  behave(): void;
  /** Resolves with the first entry, present or future, that fits. */
  until(fits: (entry: Entry) => boolean): Promise<Entry>;
  forgetLedger(): void;
  stop(): Promise<void>;
}

interface Armed { readonly how: Misbehaviour; seen: number; used: number }
/** A recording of some hours; more is a runaway client. */
const MAX_BODY = 256 * 1024 * 1024;

export async function startStandIn(service: Service, port = 0): Promise<StandIn> {
  const ledger: Entry[] = [];
  const armed: Armed[] = [];
  const waiting = new Set<{ fits: (entry: Entry) => boolean; found: (entry: Entry) => void }>();
  const sockets = new Set<Socket>();
  const enter = (asked: Asked): Entry => {
    const entry: Entry = {
      order: ledger.length, method: service.nameOf(asked), params: service.paramsOf(asked),
      userAgent: String(asked.headers['user-agent'] ?? ''), status: null, lie: null,
    };
    ledger.push(entry);
    return entry;
  };
  const tell = (entry: Entry): void => waiting.forEach((one) => { if (one.fits(entry)) { waiting.delete(one); one.found(entry); } });

  const server = createServer((request, response) => {
    void receive(request).then((asked) => {
      const entry = enter(asked);
      const lie = lieFor(armed, entry.method);
      entry.lie = lie?.kind ?? null;
      respond(lie, response, () => {
        const answer = service.apply(asked);
        entry.status = answer.status;
        return answer;
      });
      tell(entry);
    }).catch(() => response.destroy());
  });
  server.on('connection', (socket) => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); socket.on('error', () => undefined); });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const actual = (server.address() as AddressInfo).port;
  return {
    port: actual,
    origin: `http://127.0.0.1:${actual}`,
    ledger,
    misbehave: (how) => { armed.push({ how, seen: 0, used: 0 }); },
    behave: () => { armed.length = 0; },
    until: (fits) => new Promise((found) => {
      const there = ledger.find(fits);
      if (there === undefined) waiting.add({ fits, found });
      else found(there);
    }),
    forgetLedger: () => { ledger.length = 0; },
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      sockets.forEach((socket) => socket.destroy());
    }),
  };
}

async function receive(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error('too large');
    chunks.push(chunk);
  }
  return { verb: request.method ?? '', url: new URL(request.url ?? '/', 'http://stand-in'), headers: request.headers, body: Buffer.concat(chunks) };
}

function lieFor(armed: readonly Armed[], method: string): Lie | null {
  for (const one of armed) {
    if (!method.toLowerCase().includes((one.how.at ?? '').toLowerCase()) || one.used >= (one.how.times ?? 1)) continue;
    if (one.seen++ < (one.how.after ?? 0)) continue;
    one.used++;
    return one.how.lie;
  }
  return null;
}

function respond(lie: Lie | null, response: ServerResponse, apply: () => Answer): void {
  switch (lie?.kind) {
    case undefined: send(response, apply()); return;
    case 'silence-before': return;
    case 'silence-after': apply(); return;
    case 'reset-before': reset(response); return;
    case 'reset-after': apply(); reset(response); return;
    case 'half-body': half(response, apply()); return;
    case 'mislabelled': send(response, { ...apply(), headers: { 'content-type': 'text/html; charset=windows-1251' } }); return;
    case 'answer': send(response, { ...lie, headers: { ...lie.headers, 'content-type': lie.type ?? 'application/json' } });
  }
}

/** RST, as a crashed server's kernel sends it. */
function reset(response: ServerResponse): void {
  const { socket } = response;
  if (socket !== null) socket.resetAndDestroy();
}

function bytesOf(answer: Answer): Buffer {
  return Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
  response.end(bytesOf(answer));
}

/** The right length, half the bytes, and then the line is dead. */
function half(response: ServerResponse, answer: Answer): void {
  const bytes = bytesOf(answer);
  response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroySoon());
}

/** Names that people and attackers put into CRMs; none may break a header, a shell, a page, or a log line. */
export const HOSTILE_NAMES: readonly string[] = [
  'O\'Brien "Bob" \\ `id` $(reboot)', 'Мария 🙂👩‍👩‍👧', 'Eve\r\nAction: Originate\r\nChannel: SIP/1', '<script>alert(1)</script>', '../../etc/passwd\u0000.mp3',
  'a\u2028b\u202Egnp', '${EXTEN}${SHELL(reboot)}', '|&;<>,', 'x'.repeat(5000), '',
];
