/**
 * The only door to undici: every request that leaves CallMe passes here. What it promises:
 * a deadline over the whole request, a cap on the answer (unzipped, where it was zipped), https towards other machines, no redirect ever followed (a POST that is
 * repeated elsewhere would tell a call twice, and a redirect could point inside the network), and errors without a path or a query.
 */
import { Agent, type Dispatcher } from 'undici';
import type { Http, HttpAnswer, HttpRequest } from '../core/ports.ts';
import { HttpFailure, translate } from './http/failure.ts';
import { unzipped } from './http/gzip.ts';
import { multipart, partOf } from './http/multipart.ts';

export { HttpFailure } from './http/failure.ts';
export type { HttpFailureCode } from './http/failure.ts';

export interface HttpOptions {
  /** CallMe's version, for `User-Agent: callme/<version>` (Bitrix24 asks for the form name/version). */
  readonly version: string;
  /** Connections per origin; more wait their turn, inside their deadlines. Default 8. */
  readonly connections?: number;
  /** Bytes of an answer that we are willing to hold. Default 5 MB. */
  readonly maxAnswerBytes?: number;
  /** Milliseconds for TCP and TLS together. Default 10 000. */
  readonly connectMs?: number;
}

/** `close()` breaks what is under way (`HTTP_ABORTED`) and resolves when all sockets are gone. */
export interface HttpClient extends Http { close(): Promise<void> }

export function createHttp(options: HttpOptions): HttpClient {
  const agent = new Agent({
    connections: options.connections ?? 8,
    pipelining: 1,
    connect: { timeout: options.connectMs ?? 10_000 },
    // The deadline of each request governs; undici's own would cut a long upload that is still inside it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const door = { agent, userAgent: `callme/${options.version}`, maxAnswerBytes: options.maxAnswerBytes ?? 5 * 1024 * 1024 };
  return { request: (request) => ask(door, request), close: () => agent.destroy() };
}

interface Door { readonly agent: Agent; readonly userAgent: string; readonly maxAnswerBytes: number }
/** How far a request came: after `sent`, the peer may have applied it. */
interface Progress { sent: boolean }

async function ask(door: Door, request: HttpRequest): Promise<HttpAnswer> {
  const url = addressOf(request.url);
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
  const progress: Progress = { sent: false };
  try {
    return await Promise.race([exchange(door, request, { url, signal, progress }), aborted(signal)]);
  } catch (error) {
    if (request.signal?.aborted === true) throw new HttpFailure('HTTP_ABORTED', url.origin, 'stopped by the caller', progress.sent);
    if (deadline.aborted) throw new HttpFailure('HTTP_TIMEOUT', url.origin, `no whole answer in ${request.timeoutMs} ms`, progress.sent);
    throw translate(error, url.origin, progress.sent);
  }
}

/** undici heeds a signal only once a connection is free (lib/api/api-request.js): a deadline must not wait for that. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

interface Exchange { readonly url: URL; readonly signal: AbortSignal; readonly progress: Progress }

async function exchange(door: Door, request: HttpRequest, { url, signal, progress }: Exchange): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const payload = await payloadOf(request, url.origin);
  const answer = await door.agent.compose(watch(progress)).request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: { accept: 'application/json', 'user-agent': door.userAgent, ...lowerCase(request.headers), ...payload.headers },
    body: payload.body,
    signal,
  });
  const headers = flat(answer.headers);
  const bytes = await unzipped(await read(answer.body, door.maxAnswerBytes, url.origin), headers, { limit: door.maxAnswerBytes, origin: url.origin });
  return { status: answer.statusCode, headers, ...parse(bytes) };
}

/** undici calls `onRequestStart` when the connection stands and the first byte is about to be written. */
function watch(progress: Progress): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, {
    ...bound(handler),
    onRequestStart: (controller, context) => {
      progress.sent = true;
      handler.onRequestStart?.(controller, context);
    },
  });
}

function bound(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestUpgrade: (...said) => handler.onRequestUpgrade?.(...said),
    onResponseStart: (...said) => handler.onResponseStart?.(...said),
    onResponseData: (...said) => handler.onResponseData?.(...said),
    onResponseEnd: (...said) => handler.onResponseEnd?.(...said),
    onResponseError: (...said) => handler.onResponseError?.(...said),
  };
}

/** The address, if we may talk to it: https, or plain http to this very machine. The message never quotes it. */
function addressOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new HttpFailure('HTTP_UNSAFE', 'an address', 'it is not an URL', false);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new HttpFailure('HTTP_NOT_HTTPS', url.origin, 'use https (plain http is for loopback)', false);
}

/** 127.0.0.0/8, ::1 and `localhost` (RFC 6761 6.3). The URL parser has already normalised the spellings of an IPv4 address. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

interface Payload { readonly headers: Readonly<Record<string, string>>; readonly body: Body }
type Body = Exclude<Dispatcher.DispatchOptions['body'], undefined>;

async function payloadOf(request: HttpRequest, origin: string): Promise<Payload> {
  if (request.file !== undefined || request.part !== undefined) {
    const upload = request.file !== undefined ? await multipart(request.file, origin) : await partOf(request.part, origin);
    return { headers: { 'content-type': upload.contentType, 'content-length': String(upload.length) }, body: asBody(upload.body) };
  }
  if (request.text !== undefined) return { headers: { 'content-type': request.text.type }, body: request.text.content };
  if (request.form !== undefined) return { headers: { 'content-type': FORM }, body: new URLSearchParams(request.form).toString() };
  if (request.json === undefined) return { headers: {}, body: null };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(request.json) };
}

const FORM = 'application/x-www-form-urlencoded';

/** undici takes async iterables (docs/api/Dispatcher.md); its types name only Node's streams. */
const asBody = (parts: AsyncIterable<Uint8Array>) => parts as unknown as Body;

/** Names in one spelling, so that a caller's `Content-Length` cannot stand beside ours (two lengths: request smuggling, RFC 9112 6.3). */
function lowerCase(headers: HttpRequest['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function read(body: AsyncIterable<unknown>, limit: number, origin: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new HttpFailure('HTTP_TOO_LARGE', origin, `the answer is larger than ${limit} bytes`, true);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** JSON whatever the content type claims (PHP servers often say text/html), else null and the text. */
function parse(bytes: Buffer): Pick<HttpAnswer, 'body' | 'text'> {
  const text = bytes.toString('utf8');
  try {
    return { body: JSON.parse(text) as unknown, text: '' };
  } catch {
    return { body: null, text };
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value ?? '']));
}
