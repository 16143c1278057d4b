/**
 * Listens for FastAGI. AGI has no authentication, so the door is loopback and a list of peers; after the TCP handshake Asterisk
 * waits for ever, so each session has a deadline after which the connection is closed and the dialplan goes on (asterisk-facts 6).
 * ding-dong's own server is not used: no error handling, no limits, all interfaces (shields.md D2–D5).
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Log, Service } from '../core/ports.ts';
import { AgiError } from './errors.ts';
import { OpenSessions } from './open-sessions.ts';
import { scriptName, unknownScript } from './scripts/index.ts';
import type { Scripts } from './scripts/index.ts';
import type { Script } from './scripts/script.ts';
import { Peers } from './peers.ts';
import { AgiSession } from './session.ts';

export interface AgiServerOptions {
  readonly host?: string;
  /** 0 = any free port, see {@link AgiServer.address}. */
  readonly port?: number;
  /** IP addresses and networks (`10.0.0.0/8`) that may connect; an IPv4 address also in its IPv6 spelling. Empty = nobody. */
  readonly allow?: readonly string[];
  /** Milliseconds that a script has in all, request and replies included. Then the connection is closed. */
  readonly deadlineMs?: number;
  readonly maxSessions?: number;
  readonly scripts: Scripts;
  readonly log: Log;
}

/**
 * The kernel accepts for us up to this many connections; those callers wait for ever should the process hang. Small, but enough for
 * the calls of one moment: a refused SYN costs its caller a whole second.
 */
const BACKLOG = 64;
const MAX_SESSIONS = 500;
const DEADLINE_MS = 800;

export class AgiServer implements Service {
  readonly #options: AgiServerOptions;
  readonly #deadlineMs: number;
  readonly #allowed: Peers;
  readonly #log: Log;
  readonly #unknown: Script;
  readonly #open = new OpenSessions();
  #server: Server | null = null;
  #refused = 0;

  constructor(options: AgiServerOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#allowed = new Peers(options.allow ?? ['127.0.0.1']);
    this.#log = options.log;
    this.#unknown = unknownScript([...options.scripts.keys()]);
  }

  /** Where it listens; null while it does not. */
  get address(): { readonly host: string; readonly port: number } | null {
    const address = this.#server?.address() ?? null;
    return address === null || typeof address === 'string' ? null : { host: address.address, port: address.port };
  }

  /** Sessions that are open now. */
  get sessions(): number { return this.#open.size; }

  /** Resolves when it listens. Rejects with AGI_PORT_TAKEN when somebody else does. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const { host = '127.0.0.1', port = 4573 } = this.#options;
    const server = createServer({ noDelay: true }, (socket) => { this.#accept(socket); });
    this.#server = server;
    try {
      await listening(server, host, port);
    } catch (error) {
      this.#server = null;
      throw error;
    }
    server.on('error', (error) => { this.#log.error({ err: error }, 'the FastAGI listener failed to accept a connection'); });
    this.#log.info({ ...this.address }, 'FastAGI listens');
  }

  /** Takes no new sessions, lets the open ones finish for at most `deadlineMs`, then closes them. */
  async stop(deadlineMs: number): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => { resolve(); }));
    const clock = setTimeout(() => { for (const session of this.#open.all()) session.destroy(); }, deadlineMs);
    await closed;
    await Promise.all(this.#open.all().map((session) => session.closed));
    clearTimeout(clock);
  }

  #accept(socket: Socket): void {
    const refusal = this.#refusal(socket);
    if (refusal !== null) {
      socket.destroy();
      this.#countRefused(refusal, socket.remoteAddress);
      return;
    }
    const session = new AgiSession(socket, this.#deadlineMs);
    this.#open.add(session);
    void this.#serve(session);
  }

  /** Why this peer is shut out: its caller takes the default route, at once. Null = welcome. */
  #refusal(socket: Socket): string | null {
    if (!this.#allowed.has(socket.remoteAddress ?? '')) return 'not in agi.allow';
    return this.#open.size < (this.#options.maxSessions ?? MAX_SESSIONS) ? null : 'too many sessions at once';
  }

  /** Whatever a script throws, rejects or forgets ends here: the caller goes on. */
  async #serve(session: AgiSession): Promise<void> {
    const began = performance.now();
    let script = '';
    try {
      const request = await session.request;
      if (session.over !== null) return;
      script = scriptName(request);
      const leftMs = Math.max(0, this.#deadlineMs - (performance.now() - began));
      await (this.#options.scripts.get(script) ?? this.#unknown)({ session, request, leftMs, log: this.#log });
    } catch (error) {
      this.#explain(error, script);
    } finally {
      session.end();
    }
  }

  #explain(error: unknown, script: string): void {
    if (!(error instanceof AgiError)) this.#log.error({ err: error, script }, 'an AGI script failed; the call goes on');
    else if (error.code === 'AGI_HANGUP') this.#log.debug({ script }, 'the caller hung up during an AGI script');
    else this.#log.warn({ code: error.code, why: error.message, script }, 'an AGI session broke off; the call goes on');
  }

  /** A flood of strangers must not become a flood of log lines: the 1st, 10th, 100th … are told. */
  #countRefused(why: string, peer?: string): void {
    this.#refused += 1;
    if (Number.isInteger(Math.log10(this.#refused))) this.#log.warn({ why, peer, refused: this.#refused }, 'FastAGI connection refused');
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => { reject(error.code === 'EADDRINUSE' ? taken(host, port) : error); };
    server.once('error', failed);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

const taken = (host: string, port: number): AgiError => new AgiError(
  'AGI_PORT_TAKEN',
  `FastAGI cannot listen on ${host}:${String(port)}: the port is taken (another CallMe? see "ss -ltnp"). Change agi.listen, or stop that one.`,
);
