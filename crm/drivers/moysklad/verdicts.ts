/** From the refusals of the Phone API to verdicts (crm-contracts 4.2): HTTP statuses, and codes in `errors`. */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { CheckCode } from '../../check.ts';

export interface Refusal {
  readonly ok: false;
  /** False = the request never left. */
  readonly sent: boolean;
  /** 0 = no whole answer; `failure` is then the HTTP client's code. */
  readonly status: number;
  readonly failure: string;
  /** MoySklad's own codes; empty = nobody who speaks for it has answered. */
  readonly codes: readonly number[];
  readonly parameters: readonly string[];
  /** Its words: one line, no secrets, no numbers. */
  readonly words: string;
  readonly retryAfterMs: number | null;
}

export type Fault = Extract<CheckCode, 'address' | 'token' | 'scope' | 'plan' | 'registration'>;
const REMEDIES: Readonly<Record<Fault, string>> = {
  address: 'leave `baseUrl` out: https://api.moysklad.ru/api/phone/1.0 is its default',
  token: 'copy the key of the application Phone API (MoySklad → Solutions → Phone API) into `token`',
  scope: 'the key may not do this: let an administrator of MoySklad connect the application Phone API again',
  plan: 'MoySklad is not paid, or its plan has no telephony: pay it, or change the plan',
  registration: 'connect the application Phone API in MoySklad (Solutions → Phone API), then copy its key into `token`',
};
const AUTHENTICATION = 1056;
const NOT_INSTALLED = 55_008;
const EMPTY = 3000;

export function faultOf({ status, failure, codes }: Refusal): Fault | null {
  if (failure === 'HTTP_NOT_HTTPS') return 'address';
  if (codes.includes(NOT_INSTALLED)) return 'registration';
  if (codes.includes(AUTHENTICATION) || status === 401) return 'token';
  if (status === 402) return 'plan';
  return status === 403 ? 'scope' : null;
}
export const remedyOf = (fault: Fault): string => REMEDIES[fault];

export function verdictOf(refusal: Refusal): Verdict {
  const fault = faultOf(refusal);
  const reason = reasonOf(refusal);
  if (fault !== null) return { kind: 'locked-out', reason: `${reason}; ${REMEDIES[fault]}` };
  if (refusal.failure === 'HTTP_UNSAFE') return { kind: 'refused', reason };
  return isTransient(refusal) ? { kind: 'try-later', reason, retryAfterMs: refusal.retryAfterMs } : { kind: 'refused', reason };
}

const LATER_STATUS = new Set([408, 425, 429]);
/** Nobody who speaks for MoySklad said no: the network, a proxy, a page; or the limit was met. */
export const isTransient = ({ status, codes }: Refusal): boolean => status === 0 || status >= 500 || LATER_STATUS.has(status) || codes.length === 0;

/** The call of this `externalId` is not there: MoySklad itself says 404 (code 1021), not a proxy before it. */
export const isUnknownCall = ({ status, codes }: Refusal): boolean => status === 404 && codes.length > 0;

/** A second POST of one `externalId` (what MoySklad says to it is unconfirmed): it complains about the id, and not that it is empty. */
export const isThereAlready = ({ status, parameters, words, codes }: Refusal): boolean =>
  status >= 400 && status < 500 && codes.length > 0 && !codes.includes(EMPTY) && (parameters.includes('externalId') || /externalId/.test(words));

export function reasonOf({ status, failure, codes, words }: Refusal): string {
  return [status === 0 ? 'no answer' : `HTTP ${status}`, failure, codes.join(', '), words].filter((part) => part !== '').join(' ');
}

/** A wish further away than this is a broken clock, not a rule. */
const LONGEST_MS = 24 * 3600 * 1000;

/** `Retry-After` in seconds, or MoySklad's own `X-Lognex-Retry-After` in milliseconds. Null = nothing was said. */
export function retryAfterMs({ headers }: HttpAnswer): number | null {
  const [seconds, milliseconds] = [headers['retry-after']?.trim() ?? '', headers['x-lognex-retry-after']?.trim() ?? ''];
  if (/^\d{1,7}$/.test(seconds)) return Math.min(Number(seconds) * 1000, LONGEST_MS);
  return /^\d{1,9}$/.test(milliseconds) ? Math.min(Number(milliseconds), LONGEST_MS) : null;
}
