/** From amoCRM's refusals to verdicts: the table of crm-contracts 2.2. */
import type { Verdict } from '../../../core/verdict.ts';

export interface Refusal {
  readonly ok: false;
  /** False = the request never left, or was answered before it could be applied. */
  readonly sent: boolean;
  /** 0 = no whole answer; `code` is then the HTTP client's. */
  readonly status: number;
  readonly code: string;
  /** Without secrets and numbers. */
  readonly description: string;
  readonly retryAfterMs: number | null;
  /** What an operator does about it; `''` = the table here knows. */
  readonly remedy: string;
  /** Everything is refused for minutes, because we had asked too fast: no lack of rights. */
  readonly blocked: boolean;
  /** As it came, for the few who can read a refusal's details. */
  readonly body: unknown;
}

/** Blocked after repeated 429: "stop everything for minutes" (2.2). */
export const BLOCKED_MS = 5 * 60_000;
const RIGHTS = 'create the token as an administrator of the account, and give the integration access to the account\'s data';
/** Codes that come with 401 and 403 (2.2). */
const REMEDIES: Readonly<Record<string, string>> = {
  113: 'this machine\'s address is not on the account\'s list of allowed addresses: add it there',
  244: RIGHTS,
  HTTP_NOT_HTTPS: 'use https in `baseUrl`',
};
export const isLockCode = (code: string): boolean => ['101', '110', '111', '112', '113', '244'].includes(code);

/** The verdict about the delivery that met this refusal. */
export function verdictOf(refusal: Refusal): Verdict {
  const { code, blocked } = refusal;
  if (blocked || isTransient(refusal)) return { kind: 'try-later', reason: reasonOf(refusal), retryAfterMs: refusal.retryAfterMs };
  const locked = lockOf(refusal);
  if (locked !== null) return { kind: 'locked-out', reason: `${reasonOf(refusal)}; ${refusal.remedy === '' ? REMEDIES[code] ?? locked : refusal.remedy}` };
  return { kind: 'refused', reason: reasonOf(refusal) };
}

function lockOf({ status, code }: Refusal): string | null {
  if (status === 401) return 'the token is not valid';
  if (status === 402) return 'the account is not paid: pay for it in amoCRM';
  if (status === 403) return RIGHTS;
  if (status === 404) return 'does `baseUrl` lead to your account?';
  return code in REMEDIES ? '' : null;
}

/** Nobody who speaks for amoCRM said no: the network, a proxy, a page of maintenance. 404 of a proxy has no description. */
export function isTransient({ status, code, description }: Refusal): boolean {
  if (status === 0) return !(code in REMEDIES) && code !== 'HTTP_UNSAFE';
  return status < 400 || status >= 500 || [408, 425, 429].includes(status) || (status === 404 && description === '');
}

/** May amoCRM have applied the request, in spite of this answer? What came too fast was not (2.2). */
export const isAmbiguous = ({ sent, status }: Refusal): boolean => sent && (status < 400 || status === 408 || status >= 500);

export function reasonOf({ status, code, description }: Refusal): string {
  return [status === 0 ? 'no answer' : `HTTP ${status}`, code, description].filter((part) => part !== '').join(' ');
}

export const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason });
export const delivered = (note: string): Verdict => ({ kind: 'delivered', note });
