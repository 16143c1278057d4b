/** From RetailCRM's refusals to verdicts (crm-contracts 3, "Errors"). It says little by status and much by text. */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { CheckCode } from '../../check.ts';

export interface Refusal {
  readonly ok: false;
  /** False = the request never left. */
  readonly sent: boolean;
  /** 0 = no whole answer; `code` is then the HTTP client's. */
  readonly status: number;
  readonly code: string;
  /** Did RetailCRM itself say so, in its own envelope? */
  readonly spoken: boolean;
  /** Its words: one line, no secrets, no numbers. */
  readonly words: string;
  /** Names of the fields that it found fault with. */
  readonly fields: readonly string[];
  readonly retryAfterMs: number | null;
}

/** Which of the mistakes of setting up this is, or null: trouble, or a complaint about one request. */
export type Fault = Extract<CheckCode, 'address' | 'token' | 'scope' | 'plan'>;
const REMEDIES: Readonly<Record<Fault, string>> = {
  address: 'correct `url`: the address of the account, https://acme.retailcrm.ru',
  token: 'make a new API key in the account (Settings → Integration → API access keys) and put it into `apiKey`',
  scope: 'give the API key the rights for telephony, integration modules (read and write), users, and the shop that `site` names',
  plan: 'the account is not paid, or its plan has no API: pay it, or change the plan',
};

export function faultOf({ status, code, words, spoken }: Refusal): Fault | null {
  if (code === 'HTTP_NOT_HTTPS' || /account does not exist/i.test(words)) return 'address';
  if (/api ?key/i.test(words) && (spoken || status === 403)) return 'token';
  if (status === 402) return 'plan';
  if (/access denied/i.test(words) && status === 403 && spoken) return 'scope';
  return status === 401 || status === 403 ? 'token' : null;
}
export const remedyOf = (fault: Fault): string => REMEDIES[fault];

/** The verdict about the delivery that met this refusal. */
export function verdictOf(refusal: Refusal): Verdict {
  const fault = faultOf(refusal);
  const reason = reasonOf(refusal);
  if (fault !== null) return { kind: 'locked-out', reason: `${reason}; ${REMEDIES[fault]}` };
  if (refusal.code === 'HTTP_UNSAFE') return { kind: 'refused', reason };
  return isTransient(refusal) ? { kind: 'try-later', reason, retryAfterMs: refusal.retryAfterMs } : { kind: 'refused', reason };
}

const LATER_STATUS = new Set([408, 425, 429]);
/** Nobody who speaks for the account said no: the network, a proxy, a maintenance page; or the limit (503, 429) was met. */
export function isTransient({ status, spoken }: Refusal): boolean {
  return status === 0 || status >= 500 || LATER_STATUS.has(status) || !spoken;
}

export function reasonOf({ status, code, words }: Refusal): string {
  const heard = status === 0 ? 'no answer' : `HTTP ${status}`;
  return [heard, code, words].filter((part) => part !== '').join(' ');
}

/** A wish further away than this is a broken clock, not a rule. */
const LONGEST_MS = 24 * 3600 * 1000;

/** `Retry-After` in seconds, or as a moment by the answer's own clock (RFC 9110 10.2.3). Null = nothing was said. */
export function retryAfterMs({ headers }: HttpAnswer): number | null {
  const said = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,7}$/.test(said)) return Math.min(Number(said) * 1000, LONGEST_MS);
  const wait = Date.parse(said) - Date.parse(headers['date'] ?? '');
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), LONGEST_MS);
}
