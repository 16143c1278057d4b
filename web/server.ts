/**
 * The window: an HTTP server that hands each question to its route (`exchange.ts`) and keeps hold of what a route must not have to think of: who
 * asks, sizes, deadlines, connections, readers that go away, errors without insides. The one door of `fastify`, and longer than most files because a
 * door is one.
 */
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { Log, Service } from '../core/ports.ts';
import { inNetworks, plainAddress } from './addresses.ts';
import { CONNECTION_LIMITS, type ConnectionLimits, guardConnections } from './connections.ts';
import { WebError } from './errors.ts';
import { type Answer, type Asked, type Caller, type Ending, problem, type Route } from './exchange.ts';
import { healthRoutes, type Readiness } from './health.ts';
import { READER_LIMITS, type ReaderLimits, watchReader } from './reader.ts';

export { WebError } from './errors.ts';
export type { Readiness } from './health.ts';

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly readiness: () => Readiness;
  readonly routes?: readonly Route[];
  /** Proxies whose X-Forwarded-For is believed: addresses and networks. */
  readonly trustProxy?: readonly string[];
  /** `/callme` where a proxy passes the path of `web.publicUrl` on as it is; works with and without it. */
  readonly basePath?: string;
  readonly log?: Log;
  readonly reader?: ReaderLimits;
  readonly connections?: ConnectionLimits;
}

/** Bytes; the API takes a few words. */
const BODY_LIMIT = 16_384;
const HEADER_LIMIT = 16_384;
/** Milliseconds for all headers, and for the whole request. */
const [HEADERS_MS, REQUEST_MS] = [5_000, 5_000];
const LOOPBACK = ['127.0.0.0/8', '::1'];

export class WebServer implements Service {
  readonly #options: WebOptions;
  #server: FastifyInstance | null = null;

  constructor(options: WebOptions) {
    this.#options = options;
  }

  get address(): string | null {
    const address = this.#server?.server.address() ?? null;
    if (address === null || typeof address === 'string') return null;
    return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }

  async start(): Promise<void> {
    if (this.#server !== null) return;
    const server = open(this.#options);
    const { host, port } = this.#options;
    try {
      await server.listen({ host, port });
    } catch (error) {
      throw asWebError(error, `${host}:${port}`);
    }
    this.#server = server;
  }

  /** Readers under way are cut: players come back with a range. */
  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }
}

function open(options: WebOptions): FastifyInstance {
  const { trustProxy = [], basePath = '', connections = CONNECTION_LIMITS } = options;
  const server = fastify({
    bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_MS, keepAliveTimeout: connections.restMs, forceCloseConnections: true, exposeHeadRoutes: false,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 1_000, maxHeaderSize: HEADER_LIMIT },
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy], rewriteUrl: ({ url = '/' }) => withoutBase(url, basePath),
    frameworkErrors: (_error, _request, reply) => { send(reply, badAddress()); },
  });
  guardConnections(server.server, connections, inNetworks([...LOOPBACK, ...trustProxy]));
  // Only JSON is read; another type is 415 before a byte of it is looked at.
  server.removeContentTypeParser('text/plain');
  server.setNotFoundHandler((_request, reply) => { send(reply, nothingHere()); });
  server.setErrorHandler((error: FastifyError, _request, reply) => { send(reply, refusal(error, options.log)); });
  for (const route of [...healthRoutes(options.version, options.readiness), ...(options.routes ?? [])]) {
    if (route.raw === undefined) serve(server, route, options);
    else serveRaw(server, route, options);
  }
  return server;
}

/** Parsers belong to a scope of the library: in this one every body is text. */
function serveRaw(server: FastifyInstance, route: Route, options: WebOptions): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: route.raw?.limit ?? BODY_LIMIT }, (_request, body, parsed) => { parsed(null, body); });
    serve(scope, route, options);
    done();
  });
}

const withoutBase = (url: string, base: string): string => (base !== '' && url.startsWith(`${base}/`) ? url.slice(base.length) : url);

function serve(server: FastifyInstance, route: Route, { reader = READER_LIMITS }: WebOptions): void {
  server.all(route.path, {
    onRequest: async (request, reply) => {
      const refused = forbiddenMethod(route, request.method) ?? route.admit?.(asked(request, new AbortController().signal)) ?? null;
      if (refused !== null) { send(reply, refused); await reply; }
    },
  }, async (request, reply) => {
    const gone = new AbortController();
    const endings: ((ending: Ending) => void)[] = [];
    watchReader(reply.raw, reader, (ending) => {
      gone.abort();
      for (const closed of endings) closed(ending);
    });
    const answer = await route.answer({ ...asked(request, gone.signal), body: request.body });
    if (gone.signal.aborted) { drop(answer); return await reply.hijack(); }
    if (answer.onClosed !== undefined) endings.push(answer.onClosed);
    send(reply, answer);
    return await reply;
  });
}

/** The reader left before the answer was there. */
function drop({ body, onClosed }: Answer): void {
  if (body instanceof Readable) body.destroy();
  onClosed?.('left');
}

function asked(request: FastifyRequest, signal: AbortSignal): Omit<Asked, 'body'> {
  const { method, headers, raw, params } = request;
  const rest = (params as Readonly<Record<string, string | undefined>>)['*'] ?? '';
  const [, query = ''] = /\?(.*)$/s.exec(raw.url ?? '') ?? [];
  return { method, headers, rest, query: new URLSearchParams(query), caller: callerOf(request), signal };
}

function callerOf({ ip, socket }: FastifyRequest): Caller {
  const peer = plainAddress(socket.remoteAddress);
  const address = plainAddress(ip);
  return { address, proxy: address === peer ? null : peer };
}

function send(reply: FastifyReply, { status, headers, body }: Answer): void {
  void reply.code(status).headers(headers).send(body);
}

function forbiddenMethod({ methods, path }: Route, method: string): Answer | null {
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  if (allowed.includes(method)) return null;
  return problem(405, { code: 'METHOD', message: `${method} is not for ${path}`, remedy: `ask with ${methods.join(' or ')}` }, { allow: allowed.join(', ') });
}

const nothingHere = (): Answer => problem(404, {
  code: 'NOTHING_HERE', message: 'there is nothing at this address', remedy: 'GET /api/openapi.json says what there is',
});
const badAddress = (): Answer => problem(400, {
  code: 'BAD_ADDRESS', message: 'the address is not well-formed', remedy: 'percent-encode what is no letter, digit, "-", ".", "_" or "~"',
});

/** What the library refused is the asker's mistake (400, 413, 415). Everything else is ours: told to the log, not to him. */
function refusal(error: FastifyError, log: Log | undefined): Answer {
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return problem(status, { code: 'BAD_BODY', message: error.message, remedy: 'send JSON with content-type: application/json' });
  }
  log?.error({ err: error }, 'a request could not be answered');
  return problem(500, { code: 'BROKEN', message: 'CallMe could not answer', remedy: 'look into the log of CallMe' });
}

function asWebError(error: unknown, where: string): WebError {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return taken
    ? new WebError('WEB_PORT_TAKEN', `${where} (web.listen) is taken: is CallMe running already? Stop it, or choose another port`, { cause: error })
    : new WebError('WEB_FAILED', `cannot listen on ${where} (web.listen): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
