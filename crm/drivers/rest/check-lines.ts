/** Lines of the check, and the one that needs no question: does the token end? */
import type { CheckCode, CheckLine } from '../../check.ts';

const DAY_MS = 24 * 3600 * 1000;
const SOON_MS = 30 * DAY_MS;

export const fine = (code: CheckCode, what: string): CheckLine => ({ ok: true, code, what, remedy: '' });
export const wrong = (code: CheckCode, what: string, remedy: string): CheckLine => ({ ok: false, code, what, remedy });

/** A JSON Web Token says when it ends (RFC 7519 4.1.4); others do not. */
export function expiry(token: string | undefined, now: number): readonly CheckLine[] {
  const ends = endOf(token);
  if (ends === null) return [];
  const days = Math.floor((ends - now) / DAY_MS);
  if (ends - now >= SOON_MS) return [fine('token-expiry', `the token is good for ${days} days`)];
  return [wrong('token-expiry', days < 0 ? 'the token has ended' : `the token ends in ${days} days`, 'have the CRM make a new one, and put it into `token`')];
}

function endOf(token: string | undefined): number | null {
  const [, claims, signature] = token?.split('.') ?? [];
  if (claims === undefined || signature === undefined) return null;
  try {
    const said: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    const seconds = typeof said === 'object' && said !== null && 'exp' in said ? said.exp : null;
    return typeof seconds === 'number' ? seconds * 1000 : null;
  } catch {
    return null;
  }
}
