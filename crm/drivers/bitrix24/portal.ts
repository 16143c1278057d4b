/** The conversation with one portal through an incoming webhook: one method call, one file upload. */
import type { Http, HttpAnswer, HttpRequest } from '../../../core/ports.ts';
import { envelope, type Envelope } from './answers.ts';
import { type Refusal, retryAfterMs } from './verdicts.ts';

export type Reply = { readonly ok: true; readonly result: unknown } | Refusal;
export type Params = Readonly<Record<string, unknown>>;
export interface Wait { readonly signal: AbortSignal; readonly timeoutMs?: number }

/** Registering may create a lead and run the portal's automation; cloud requests may run 60 s (crm-contracts 1.3). */
const ASK_MS = 30_000;

export interface Portal {
  /** Calls a REST method. Refusals and network failures alike are values. */
  ask(method: string, params: Params, wait: Wait): Promise<Reply>;
  /** Sends a file to an address that the portal gave; it must lead back to the portal itself. */
  upload(address: string, file: NonNullable<HttpRequest['file']>, wait: Wait): Promise<Reply>;
}

export function openPortal(url: string, http: Http): Portal {
  const secret = url.split('/').at(-2) ?? '';
  const send = async (request: Omit<HttpRequest, 'timeoutMs'>, wait: Wait): Promise<Reply> => {
    try {
      return read(await http.request({ ...request, signal: wait.signal, timeoutMs: wait.timeoutMs ?? ASK_MS }), secret);
    } catch (error) {
      return failed(error);
    }
  };
  return {
    ask: (method, params, wait) => send({ method: 'POST', url: url + method, json: params }, wait),
    upload: async (address, file, wait) => {
      const target = homeward(url, address);
      return target === null ? strayUpload() : send({ method: 'POST', url: target, file }, wait);
    },
  };
}

function read(answer: HttpAnswer, secret: string): Reply {
  const said = envelope.safeParse(answer.body);
  const told = said.success ? said.data : null;
  const fine = answer.status >= 200 && answer.status < 300;
  if (fine && told !== null && told.error === undefined && 'result' in told) return { ok: true, result: told.result };
  return {
    ok: false, sent: true, status: answer.status, code: (told?.error ?? '').toUpperCase().slice(0, 80),
    description: tidy(descriptionOf(answer, told), secret), retryAfterMs: retryAfterMs(answer, told),
  };
}

function descriptionOf(answer: HttpAnswer, told: Envelope | null): string {
  if (told !== null) return told.error_description ?? '';
  if (answer.status >= 300 && answer.status < 400) return '';
  return answer.status < 300 ? 'the answer is not what a portal says' : '';
}

/** The portal's words go into reasons that people read: one line, short, without the webhook's secret. */
function tidy(text: string, secret: string): string {
  return text.replaceAll(secret, '…').replace(/\p{Cc}+/gu, ' ').slice(0, 300);
}

/** Failures of the HTTP client carry a stable `code` (`HTTP_TIMEOUT` …); its message holds no secret. Anything else is our bug. */
function failed(error: unknown): Refusal {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('HTTP_')) throw error;
  const sent = !('sent' in error) || error.sent !== false;
  return { ok: false, sent, status: 0, code: error.code, description: error.message.slice(0, 300), retryAfterMs: null };
}

/**
 * An upload address comes from outside: without this check a hostile answer could make us post a recording, or any text, to another
 * machine or to a port of this one. Scheme and port are the configured ones, because portals behind a proxy name their inner ones.
 */
function homeward(home: string, address: string): string | null {
  const base = new URL(home);
  const target = URL.parse(address, home);
  return target?.hostname === base.hostname ? base.origin + target.pathname + target.search : null;
}

function strayUpload(): Refusal {
  const description = 'the portal named another host for the upload';
  return { ok: false, sent: false, status: 400, code: 'STRAY_UPLOAD_URL', description, retryAfterMs: null };
}
