/** From answers to verdicts: 2xx = done; 4xx except 408, 425, 429 = refused; everything else = later (crm-contracts 4.1). */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { isAnswered, isPage, isYes } from './answers.ts';
import type { Settings } from './settings.ts';

export const REMEDIES: Readonly<Record<number, string>> = {
  401: 'the CRM does not take our token or signature: correct `token`, `secret` or `headers`',
  402: 'the CRM says that the account is not paid',
  403: 'the CRM says that we may not do this: give the token the rights',
};
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);
/** A longer wait is a broken clock, not a rule. */
const LONGEST_MS = 24 * 3600 * 1000;

export function verdictOf(answer: HttpAnswer, settings: Settings): Verdict {
  const { status } = answer;
  const remedy = REMEDIES[status];
  if (isAnswered(answer, settings)) return { kind: 'delivered', note: `HTTP ${status}` };
  if (isYes(answer)) return later(`HTTP ${status}, but not the CRM's own answer`);
  if (isThere(answer, settings)) return { kind: 'delivered', note: `HTTP ${status}: it had this already` };
  if (remedy !== undefined) return { kind: 'locked-out', reason: `HTTP ${status}: ${remedy}` };
  // A page in the place of the CRM's no: a proxy's, or an address that is not right. Nothing is lost while somebody looks.
  if (isPage(answer)) return later(`HTTP ${status} with a page: is \`url\` right?`, retryAfterMs(answer));
  if (status >= 400 && status < 500 && !LATER.has(status)) return { kind: 'refused', reason: `HTTP ${status}` };
  return later(`HTTP ${status}`, retryAfterMs(answer));
}

function isThere({ status, body, text }: HttpAnswer, { already }: Settings): boolean {
  const said = `${text}${body === null ? '' : JSON.stringify(body)}`.toLowerCase();
  return already.some((one) => one.status === status && said.includes((one.says ?? '').toLowerCase()));
}

export const later = (reason: string, after: number | null = null): Verdict => ({ kind: 'try-later', reason, retryAfterMs: after });
export const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason });

/** Seconds, or a moment on the CRM's own clock (RFC 9110 10.2.3). */
export function retryAfterMs({ headers }: HttpAnswer): number | null {
  const said = headers['retry-after']?.trim() ?? '';
  const wait = /^\d{1,7}$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.parse(headers['date'] ?? '');
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), LONGEST_MS);
}
