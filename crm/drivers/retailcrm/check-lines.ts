/** One line of the check. */
import type { CheckCode, CheckLine } from '../../driver.ts';
import { faultOf, reasonOf, type Refusal, remedyOf } from './verdicts.ts';

export const fine = (code: CheckCode, what: string): CheckLine => ({ ok: true, code, what, remedy: '' });
export const wrong = (code: CheckCode, what: string, remedy: string): CheckLine => ({ ok: false, code, what, remedy });

/** What the account says no to, as one line. Also for the questions behind the first. */
export function refusedLine(refusal: Refusal, what = 'the account'): CheckLine {
  const fault = faultOf(refusal);
  const words = `${what}: ${reasonOf(refusal)}`;
  if (fault !== null) return wrong(fault, words, remedyOf(fault));
  const elsewhere = refusal.status > 0 && refusal.status < 500 && refusal.status !== 429 && !refusal.spoken;
  return elsewhere ? wrong('address', words, remedyOf('address')) : wrong('reachable', words, 'look whether `url` is right and the account can be reached from here; then try again');
}
