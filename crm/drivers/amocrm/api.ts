/** The conversation with one account: one request with the token of the moment, renewed once where it is not good any more. Refusals are values. */
import type { HttpAnswer, HttpRequest } from '../../../core/ports.ts';
import type { DriverTools } from '../../driver.ts';
import { problemOf } from './answers.ts';
import type { Settings } from './settings.ts';
import { type Bearer, openTokens, retryAfterMs, tidy, type Tokens } from './tokens.ts';
import { BLOCKED_MS, isLockCode, type Refusal } from './verdicts.ts';

export interface Answered { readonly ok: true; readonly status: number; readonly body: unknown; readonly headers: HttpAnswer['headers'] }
export type Reply = Answered | Refusal;
export interface Asking extends Pick<HttpRequest, 'method' | 'json' | 'part'> {
  /** Below the account's address, or a whole address of the files service. */
  readonly path: string;
  /** What is asked, for the limiter; without ids. */
  readonly operation: string;
  readonly timeoutMs?: number;
}
export interface Api {
  readonly tokens: Tokens;
  /** 2xx is `ok`, whatever is in it: who asked must read it. */
  ask(asking: Asking, signal: AbortSignal): Promise<Reply>;
  /** Where a whole address from an answer may be asked with our token: at the account's own vendor, null = nowhere. */
  homeward(address: string): string | null;
}

/** "connect 5 s, total 20 s" (crm-contracts 2). */
const ASK_MS = 20_000;
/** "back off >= 1 s" (2.2). */
const BREATH_MS = 1000;

export function openApi(settings: Settings, tools: DriverTools): Api {
  const tokens = openTokens(settings, tools);
  const throttle = createThrottle(tools);
  const send = async (asking: Asking, bearer: Bearer, signal: AbortSignal): Promise<Reply> => {
    try {
      return throttle(read(await tools.http.request(requestOf(asking, bearer, signal)), bearer.access));
    } catch (error) {
      return failed(error);
    }
  };
  const ask = async (asking: Asking, signal: AbortSignal): Promise<Reply> => {
    const bearer = tokens.bearer();
    if (bearer === null) return refused({ status: 401, sent: false, description: 'no consent', remedy: tokens.remedy() });
    const first = await send(asking, bearer, signal);
    if (first.ok || first.status !== 401) return first;
    const renewed = await tokens.renewed(bearer, signal);
    if (renewed.kind === 'later') return refused({ status: 0, sent: false, description: renewed.reason, retryAfterMs: renewed.retryAfterMs });
    if (renewed.kind === 'dead') return { ...first, description: renewed.reason === '' ? first.description : renewed.reason, remedy: tokens.remedy() };
    const second = await send(asking, tokens.bearerOf(renewed.pair), signal);
    return !second.ok && second.status === 401 ? { ...second, remedy: tokens.remedy() } : second;
  };
  return { tokens, ask, homeward: (address) => homeward(tokens.bearer()?.base ?? settings.baseUrl, address) };
}

function requestOf({ path, timeoutMs = ASK_MS, ...asking }: Asking, { access, base }: Bearer, signal: AbortSignal): HttpRequest {
  return { ...asking, url: path.startsWith('/') ? base + path : path, headers: { authorization: `Bearer ${access}` }, timeoutMs, signal };
}

/** After 429 we breathe; a 403 that follows is the block of who would not hear, and no lack of rights (2.2). */
function createThrottle(tools: DriverTools): (reply: Reply) => Reply {
  let tooFast = false;
  return (reply) => {
    if (reply.ok) { tooFast = false; return reply; }
    if (reply.status === 429) {
      tooFast = true;
      if (reply.retryAfterMs === null) tools.rest(null, BREATH_MS);
    }
    if (reply.status !== 403 || !tooFast || isLockCode(reply.code)) return reply;
    tools.rest(null, BLOCKED_MS);
    return { ...reply, blocked: true, retryAfterMs: BLOCKED_MS, description: 'blocked after too many requests' };
  };
}

function read(answer: HttpAnswer, access: string): Reply {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return { ok: true, status, body, headers };
  const problem = status < 400 ? null : problemOf(body);
  const description = status < 400 ? 'a redirect: does `baseUrl` lead to your account?' : tidy(problem?.description ?? '', [access]);
  return refused({ status, sent: true, code: tidy(problem?.code ?? '', [access]).slice(0, 40), description, retryAfterMs: retryAfterMs(headers), body });
}

export function refused(given: Pick<Refusal, 'status' | 'sent' | 'description'> & Partial<Refusal>): Refusal {
  return { ok: false, code: '', retryAfterMs: null, remedy: '', blocked: false, body: null, ...given };
}
/** 2xx, and not in amoCRM's words: a proxy's page, or nothing. Whether it was applied nobody knows. */
export const strange = (status: number): Refusal => refused({ status, sent: true, description: 'the answer is not what amoCRM says' });

/** Failures of the HTTP client carry a stable `code` (`HTTP_TIMEOUT` …); its message holds no secret. Anything else is our bug. */
function failed(error: unknown): Refusal {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('HTTP_')) throw error;
  return refused({ status: 0, sent: !('sent' in error) || error.sent !== false, code: error.code, description: error.message.slice(0, 300) });
}

/**
 * An address comes from outside, and our token would go there: it must be the account's host, or one of the same vendor's (`drive-b.amocrm.ru`), by the
 * same scheme; towards loopback also by the same port.
 */
function homeward(base: string, address: string): string | null {
  const home = new URL(base);
  const target = URL.parse(address, base);
  if (target === null || target.protocol !== home.protocol || target.username !== '' || target.password !== '') return null;
  return target.origin === home.origin || (target.port === '' && sameVendor(target.hostname, home.hostname)) ? target.href : null;
}

/** amocrm.ru and kommo.com: the host's last two names, where it is a name at all. */
export function sameVendor(one: string, other: string): boolean {
  const vendor = /(?:^|\.)((?:amocrm|kommo)\.(?:ru|com))$/;
  const mine = vendor.exec(one)?.[1];
  return mine !== undefined && mine === vendor.exec(other)?.[1];
}
