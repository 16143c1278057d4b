/** From the portal's refusals to verdicts: the table of crm-contracts 1.3. */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Envelope } from './answers.ts';

export interface Refusal {
  readonly ok: false;
  /** False = the request never left. */
  readonly sent: boolean;
  /** 0 = no whole answer; `code` is then the HTTP client's. */
  readonly status: number;
  /** The portal's code, upper case; `''` on older servers, which only describe (crm-contracts 1.4). */
  readonly code: string;
  readonly description: string;
  readonly retryAfterMs: number | null;
}

const DEAD = 'the webhook is not valid any more: create a new incoming webhook and put its address into `url` (an application: install it again)';
const INSTALL = 'install the local application in the portal (docs/crm/bitrix24.md)';
/** Codes that lock the account, each with what the operator does about it. */
const REMEDIES: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS: DEAD,
  NO_AUTH_FOUND: DEAD,
  EXPIRED_TOKEN: DEAD,
  INVALID_TOKEN: DEAD,
  NOT_INSTALLED: INSTALL,
  INVALID_GRANT: `the consent has ended: ${INSTALL} again`,
  INVALID_CLIENT: 'the portal knows no such application: correct `clientId` and `clientSecret`',
  WRONG_CLIENT: 'the portal knows no such application: correct `clientId` and `clientSecret`',
  INSUFFICIENT_SCOPE: 'give the webhook or application the rights telephony, crm and user',
  INVALID_SCOPE: 'give the webhook or application the rights telephony, crm and user',
  USER_ACCESS_ERROR: 'the webhook\'s owner may not use this portal any more: create the webhook as another user',
  ACCESS_DENIED: 'REST is not part of the portal\'s plan, or the webhook\'s owner lacks the right',
  WRONG_AUTH_TYPE: 'this portal takes telephony from a local application only, not from a webhook: set `portal`, `clientId` and `clientSecret` instead of `url`',
  PAYMENT_REQUIRED: 'the portal\'s plan has ended',
  PORTAL_DELETED: 'the portal does not exist any more',
  ERROR_METHOD_NOT_FOUND: 'the portal has no telephony: install the module, or correct `url`',
  HTTP_NOT_HTTPS: 'use https in `url`',
};
const LATER = new Set(['QUERY_LIMIT_EXCEEDED', 'OPERATION_TIME_LIMIT', 'OVERLOAD_LIMIT', 'INTERNAL_SERVER_ERROR', 'ERROR_UNEXPECTED_ANSWER']);
const LOCKED_STATUS = new Set([401, 402, 403]);
const LATER_STATUS = new Set([0, 408, 425, 429]);
/** A reset time further away than this is a broken clock, not a rule. */
const LONGEST_MS = 24 * 3600 * 1000;

/** The verdict about the delivery that met this refusal. */
export function verdictOf(refusal: Refusal): Verdict {
  const remedy = REMEDIES[refusal.code];
  const reason = reasonOf(refusal);
  if (LATER.has(refusal.code)) return tryLater(refusal);
  if (remedy !== undefined) return { kind: 'locked-out', reason: `${reason}; ${remedy}` };
  if (LOCKED_STATUS.has(refusal.status)) return { kind: 'locked-out', reason };
  if (refusal.code === 'HTTP_UNSAFE') return { kind: 'refused', reason };
  return isTransient(refusal) || LATER_STATUS.has(refusal.status) ? tryLater(refusal) : { kind: 'refused', reason };
}

/** Nobody who speaks for the portal said no: the network, a proxy, a maintenance page. */
export function isTransient({ status, code, description }: Refusal): boolean {
  const envelope = code !== '' || description !== '';
  return status === 0 || status >= 500 || status < 400 || (status === 404 && !envelope);
}

/** May the portal have applied the request, in spite of this answer? A full bucket is said before a method runs (1.3). */
export function isAmbiguous(refusal: Refusal): boolean {
  return refusal.sent && isTransient(refusal) && refusal.code !== 'QUERY_LIMIT_EXCEEDED';
}

function tryLater(refusal: Refusal): Verdict {
  return { kind: 'try-later', reason: reasonOf(refusal), retryAfterMs: refusal.retryAfterMs };
}

export function reasonOf({ status, code, description }: Refusal): string {
  const heard = status === 0 ? 'no answer' : `HTTP ${status}`;
  return [heard, code, description].filter((part) => part !== '').join(' ');
}

/**
 * How long the portal wants to be left alone, by its own clock, because ours may differ: `Retry-After` in seconds, else
 * `operating_reset_at` against the answer's own time.
 */
export function retryAfterMs(answer: HttpAnswer, said: Envelope | null): number | null {
  const seconds = answer.headers['retry-after'];
  if (seconds !== undefined && /^\d{1,7}$/.test(seconds.trim())) return Math.min(Number(seconds) * 1000, LONGEST_MS);
  const reset = said?.time?.operating_reset_at;
  const now = said?.time?.finish ?? said?.time?.start ?? secondsOf(answer.headers['date']);
  if (answer.status !== 429 || reset === undefined || now === null) return null;
  return Math.min(Math.max(Math.ceil((reset - now) * 1000), 0), LONGEST_MS);
}

/** The portal's clock in an answer's `Date`, in milliseconds; null where it says none. */
export function portalTime(date: string | undefined): number | null {
  const milliseconds = Date.parse(date ?? '');
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

function secondsOf(date: string | undefined): number | null {
  const milliseconds = portalTime(date);
  return milliseconds === null ? null : milliseconds / 1000;
}

/** A user who left the company is inactive: the next candidate is asked instead of losing the call. */
export function isUserRefused(refusal: Refusal): boolean {
  return /user is not found or is not active|USER_ID or USER_PHONE_INNER should be set/i.test(refusal.description);
}
/** This one method has used up its time: others may be asked. */
export const isBlocked = ({ code }: Refusal): boolean => code === 'HTTP_RESTING' || code === 'OPERATION_TIME_LIMIT';
/** The portal does not speak of this method, or not in batches. */
export const isMethodUnknown = ({ code }: Refusal): boolean => code === 'ERROR_METHOD_NOT_FOUND' || code === 'ERROR_BATCH_METHOD_NOT_ALLOWED';
/** The live call is gone: finished before, or the portal forgot it. */
export function isCallUnknown(refusal: Refusal): boolean {
  return refusal.status === 400 && /call is not found/i.test(refusal.description);
}
