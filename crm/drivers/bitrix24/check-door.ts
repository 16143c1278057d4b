/** The first answer of the portal: is the door open, and if not, which of the mistakes is it? */
import type { CheckCode, CheckLine } from '../../driver.ts';
import { type Checking, wrong } from './check-lines.ts';
import { consentAddress } from './install.ts';
import { reasonOf, type Refusal, verdictOf } from './verdicts.ts';

/** The rest can be asked all the same. */
export const isOnlyTelephony = ({ code }: Refusal): boolean => code === 'INSUFFICIENT_SCOPE' || code === 'WRONG_AUTH_TYPE';

const CODES: Readonly<Record<string, CheckCode>> = {
  PORTAL_DELETED: 'address', INVALID_CREDENTIALS: 'token', NO_AUTH_FOUND: 'token', EXPIRED_TOKEN: 'token', INVALID_TOKEN: 'token', USER_ACCESS_ERROR: 'token',
  INVALID_CLIENT: 'token', WRONG_CLIENT: 'token', INSUFFICIENT_SCOPE: 'scope', INVALID_SCOPE: 'scope', ACCESS_DENIED: 'plan', PAYMENT_REQUIRED: 'plan',
  ERROR_METHOD_NOT_FOUND: 'plan', WRONG_AUTH_TYPE: 'registration', NOT_INSTALLED: 'registration', INVALID_GRANT: 'registration',
};
export const NOT_THERE = 'see whether the address in `url` or `portal` is right, and whether this machine may go there';

/** Nothing can be asked: the one line that says why. */
export function shut({ application }: Checking, refusal: Refusal): CheckLine {
  const code = codeOf(refusal);
  const what = `the portal: ${reasonOf(refusal)}`;
  if (code === 'registration' && application !== null) return wrong(code, what, `install the local application, or consent at ${consentAddress(application)}`);
  const verdict = verdictOf(refusal);
  return wrong(code, what, verdict.kind === 'locked-out' ? verdict.reason : code === 'address' ? NOT_THERE : `try again later; ${NOT_THERE}`);
}

export function codeOf({ status, code }: Refusal): CheckCode {
  const known = CODES[code];
  if (known !== undefined) return known;
  if (status === 401) return 'token';
  if (status === 402 || status === 403) return 'plan';
  return status === 0 || status >= 429 ? 'reachable' : 'address';
}
