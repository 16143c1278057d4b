/**
 * The window: what a supervisor, a load balancer or a person may ask over HTTP. In this version `GET /health` (the process lives) and
 * `GET /ready` (every Pbx is heard, the store writes). Neither tells numbers, names or secrets, so neither asks who is asking.
 */
import fastify, { type FastifyInstance } from 'fastify';
import type { Service } from '../core/ports.ts';

export interface Readiness { readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly readiness: () => Readiness;
}

export class WebError extends Error {
  readonly code: 'WEB_PORT_TAKEN' | 'WEB_FAILED';
  constructor(code: 'WEB_PORT_TAKEN' | 'WEB_FAILED', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Bytes; nothing here takes a body yet. */
const BODY_LIMIT = 16_384;
const REQUEST_MS = 5_000;

export class WebServer implements Service {
  readonly #options: WebOptions;
  #server: FastifyInstance | null = null;

  constructor(options: WebOptions) {
    this.#options = options;
  }

  get address(): string | null {
    const address = this.#server?.server.address() ?? null;
    return address === null || typeof address === 'string' ? null : `http://${address.address}:${address.port}`;
  }

  async start(): Promise<void> {
    if (this.#server !== null) return;
    const server = routes(fastify({ bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_MS, forceCloseConnections: true }), this.#options);
    const { host, port } = this.#options;
    try {
      await server.listen({ host, port });
    } catch (error) {
      throw asWebError(error, `${host}:${port}`);
    }
    this.#server = server;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }
}

function routes(server: FastifyInstance, { version, readiness }: WebOptions): FastifyInstance {
  server.get('/health', () => ({ status: 'ok', version }));
  server.get('/ready', (_request, reply) => {
    const { ready, checks } = readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
  });
  return server;
}

function asWebError(error: unknown, where: string): WebError {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return taken
    ? new WebError('WEB_PORT_TAKEN', `${where} (web.listen) is taken: is CallMe running already? Stop it, or choose another port`, { cause: error })
    : new WebError('WEB_FAILED', `cannot listen on ${where} (web.listen): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
