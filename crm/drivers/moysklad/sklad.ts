/** The conversation with MoySklad's Phone API: JSON both ways, zipped on the way back because it insists (crm-contracts 4.2). */
import type { Http, HttpAnswer, HttpRequest } from '../../../core/ports.ts';
import { complaints } from './answers.ts';
import type { Settings } from './settings.ts';
import { type Refusal, retryAfterMs } from './verdicts.ts';

/** `at`: MoySklad's clock, milliseconds since 1970, null = it did not say. */
export type Reply = { readonly ok: true; readonly said: unknown; readonly at: number | null } | (Refusal & { readonly at: number | null });
export interface Wait { readonly signal: AbortSignal; readonly timeoutMs?: number }

const ASK_MS = 15_000;

export interface Sklad {
  ask(path: string, wait: Wait): Promise<Reply>;
  create(body: unknown, wait: Wait): Promise<Reply>;
  complete(externalId: string, body: unknown, wait: Wait): Promise<Reply>;
  event(externalId: string, body: unknown, wait: Wait): Promise<Reply>;
}

export function openSklad({ baseUrl, token }: Settings, http: Http): Sklad {
  const headers = { 'lognex-phone-auth-token': token, 'accept-encoding': 'gzip' };
  const send = async (request: Pick<HttpRequest, 'method' | 'json'> & { readonly path: string }, wait: Wait): Promise<Reply> => {
    const { path, ...rest } = request;
    try {
      return read(await http.request({ ...rest, url: baseUrl + path, headers, signal: wait.signal, timeoutMs: wait.timeoutMs ?? ASK_MS }), token);
    } catch (error) {
      return failed(error);
    }
  };
  return {
    ask: (path, wait) => send({ method: 'GET', path }, wait),
    create: (body, wait) => send({ method: 'POST', path: '/call', json: body }, wait),
    complete: (externalId, body, wait) => send({ method: 'PUT', path: `/call/extid/${inPath(externalId)}`, json: body }, wait),
    event: (externalId, body, wait) => send({ method: 'POST', path: `/call/extid/${inPath(externalId)}/event`, json: body }, wait),
  };
}

/** A linkedid may be any text; half of a surrogate pair has no spelling in an address. */
const inPath = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Yes is a JSON object, or 204 (4.2: events). A page under 200 is somebody else's. */
function read(answer: HttpAnswer, token: string): Reply {
  const { status, body } = answer;
  const at = momentOf(answer);
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const said = complaints.safeParse(body);
  if (status === 204 || (status >= 200 && status < 300 && isObject && !said.success)) return { ok: true, said: body, at };
  const errors = said.success ? said.data.errors : [];
  const words = errors.map((one) => [one.error ?? '', one.error_message ?? ''].filter((part) => part !== '').join(': ')).join('; ');
  return {
    ok: false, sent: true, status, failure: '', codes: errors.map(({ code }) => code ?? 0), parameters: errors.flatMap(({ parameter }) => parameter ?? []),
    words: tidy(words, token), retryAfterMs: retryAfterMs(answer), at,
  };
}

/** Its words go into reasons that people read: one line, short, no secret (a link to a recording is one), no telephone number. */
function tidy(text: string, token: string): string {
  const kept = text.replaceAll(token, '…').replace(/\p{Cc}+/gu, ' ').replace(/https?:\/\/\S+/gi, '…');
  return kept.replace(/\d(?:[\s().-]{0,2}\d){5,}/g, '…').trim().slice(0, 300);
}

function momentOf({ headers }: HttpAnswer): number | null {
  const at = Date.parse(headers['date'] ?? '');
  return Number.isNaN(at) ? null : at;
}

/** Failures of the HTTP client carry a stable `code` (`HTTP_TIMEOUT` …); their messages hold no secret. Anything else is our bug. */
function failed(error: unknown): Reply {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('HTTP_')) throw error;
  const sent = !('sent' in error) || error.sent !== false;
  return { ok: false, sent, status: 0, failure: error.code, codes: [], parameters: [], words: error.message.slice(0, 300), retryAfterMs: null, at: null };
}
