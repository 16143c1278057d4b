/** The conversation with one RetailCRM account: questions, and orders as a form with one JSON string in a field (crm-contracts 3). */
import type { Http, HttpAnswer, HttpRequest } from '../../../core/ports.ts';
import { envelope } from './answers.ts';
import type { Settings } from './settings.ts';
import { type Refusal, retryAfterMs } from './verdicts.ts';

/** `at`: the account's clock, milliseconds since 1970, null = it did not say. */
export type Reply = { readonly ok: true; readonly said: unknown; readonly at: number | null } | (Refusal & { readonly at: number | null });
export interface Wait { readonly signal: AbortSignal; readonly timeoutMs?: number }

const ASK_MS = 15_000;

export interface Crm {
  /** GET; `path` below `/api/v5/`, or from `/api/` on where it begins with a slash. */
  ask(path: string, query: Readonly<Record<string, string>>, wait: Wait): Promise<Reply>;
  /** POST of `fields`; what is no text travels as a JSON string. */
  tell(path: string, fields: Readonly<Record<string, unknown>>, wait: Wait): Promise<Reply>;
}

export function openCrm(settings: Settings, http: Http): Crm {
  const secrets = [settings.apiKey, ...settings.clientId === undefined ? [] : [settings.clientId]];
  const headers = { 'x-api-key': settings.apiKey };
  const send = async (request: Pick<HttpRequest, 'method' | 'url' | 'form'>, wait: Wait): Promise<Reply> => {
    try {
      return read(await http.request({ ...request, headers, signal: wait.signal, timeoutMs: wait.timeoutMs ?? ASK_MS }), secrets);
    } catch (error) {
      return failed(error);
    }
  };
  const urlOf = (path: string): string => `${settings.url}/api${path.startsWith('/') ? path : `/v5/${path}`}`;
  return {
    ask: (path, query, wait) => send({ method: 'GET', url: `${urlOf(path)}${queryOf(query)}` }, wait),
    tell: (path, fields, wait) => send({ method: 'POST', url: urlOf(path), form: formOf(fields) }, wait),
  };
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
}

const formOf = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));

function read(answer: HttpAnswer, secrets: readonly string[]): Reply {
  const said = envelope.safeParse(answer.body);
  const at = momentOf(answer);
  if (answer.status >= 200 && answer.status < 300 && said.success && said.data.success) return { ok: true, said: said.data, at };
  const complaints = said.success ? complaintsOf(said.data.errors) : [];
  const words = said.success ? [said.data.errorMsg ?? '', ...complaints.map(([field, text]) => `${field}${text}`)].join(' ') : pageWords(answer);
  return {
    ok: false, sent: true, status: answer.status, code: '', spoken: said.success, words: tidy(words, secrets),
    fields: complaints.map(([field]) => field.replace(': ', '')), retryAfterMs: retryAfterMs(answer), at,
  };
}

/** A page instead of an answer: one sentence of it matters, "Account does not exist." (crm-contracts 3). */
const pageWords = ({ text, body }: HttpAnswer): string =>
  (/account does not exist/i.test(text) ? 'Account does not exist.' : body === null && text !== '' ? 'not what RetailCRM says' : '');

/** `errors` as a map names its fields; as a list it only describes. */
function complaintsOf(errors: unknown): readonly (readonly [field: string, text: string])[] {
  if (Array.isArray(errors)) return errors.map((error: unknown) => ['', plain(error)] as const);
  if (typeof errors !== 'object' || errors === null) return [];
  return Object.entries(errors).map(([field, error]: [string, unknown]) => [`${field}: `, plain(error)] as const);
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Its words go into reasons that people read: one line, short, no secret (a link to a recording is one), no telephone number. */
function tidy(text: string, secrets: readonly string[]): string {
  const kept = secrets.reduce((words, secret) => words.replaceAll(secret, '…'), text);
  return kept.replace(/\p{Cc}+/gu, ' ').replace(/https?:\/\/\S+/gi, '…').replace(/\d(?:[\s().-]{0,2}\d){5,}/g, '…').trim().slice(0, 300);
}

function momentOf({ headers }: HttpAnswer): number | null {
  const at = Date.parse(headers['date'] ?? '');
  return Number.isNaN(at) ? null : at;
}

/** Failures of the HTTP client carry a stable `code` (`HTTP_TIMEOUT` …); their messages hold no secret. Anything else is our bug. */
function failed(error: unknown): Reply {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('HTTP_')) throw error;
  const sent = !('sent' in error) || error.sent !== false;
  return { ok: false, sent, status: 0, code: error.code, spoken: false, words: error.message.slice(0, 300), fields: [], retryAfterMs: null, at: null };
}
