/**
 * Many facts in one request, for products that take them so. What failed once goes alone: in a batch that fails as a whole nobody knows whose
 * fault it was, and one poisoned letter must not hold the forty-nine others. The count of attempts says so, and survives a restart.
 */
import type { Delivery, Settlement } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Instant } from '../core/words.ts';
import type { Answered, DeliverMany } from './attempt.ts';
import type { Claimed } from './store.ts';

export interface Batch {
  /** The most that go in one request. */
  readonly most: number;
  fits(delivery: Delivery): boolean;
  readonly deliver: DeliverMany;
}

/** `claimed` as jobs: those that may go together in one, every other one alone. */
export function jobsOf(claimed: readonly Claimed[], batch: Batch | null): readonly (readonly Claimed[])[] {
  if (batch === null) return claimed.map((one) => [one]);
  const together = claimed.filter((one) => isFresh(one) && batch.fits(one)).slice(0, batch.most);
  const alone = claimed.filter((one) => !together.includes(one)).map((one) => [one]);
  return together.length === 0 ? alone : [together, ...alone];
}

/** Claimed for the first time, durable, and nobody waits for it. */
const isFresh = ({ attempts, deadline, urgent }: Claimed): boolean => attempts === 1 && deadline === null && urgent !== true;

/** What the batch says of the account, as the word of one: a breaker counts what was asked, and this was one question. */
export function wordOf(verdicts: readonly Answered[]): number {
  const rank = (verdict: Verdict): number => WORDS.indexOf(verdict.kind);
  return verdicts.reduce((best, verdict, index) => (rank(verdict) < rank(verdicts[best] ?? verdict) ? index : best), 0);
}
const WORDS: readonly Verdict['kind'][] = ['delivered', 'refused', 'locked-out', 'try-later', 'skipped'];

/** Where all of a batch are refused, one letter may have spoiled the request: each is tried alone, at once. Null: their own verdicts count. */
export function apart(verdicts: readonly Verdict[], now: Instant): readonly Settlement[] | null {
  if (verdicts.length < 2 || !verdicts.every((verdict) => verdict.kind === 'refused')) return null;
  return verdicts.map((verdict) => ({ state: 'deferred', reason: `refused together with ${verdicts.length - 1} others, each is tried alone: ${verdict.reason}`, notBefore: now }));
}
