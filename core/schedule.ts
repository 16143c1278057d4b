/**
 * When a delivery that failed for now is tried again: the only place that knows. Pure: the instant and the die come from outside.
 *
 * Exponential with full jitter: the wait is anything between `leastMs` and a ceiling that doubles with each attempt, so that a
 * thousand deliveries that failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * `docs` print `scheduleTable()`.
 */
import { instant, type Instant } from './words.ts';

export interface Backoff {
  /** Ceiling of the wait after the first attempt, milliseconds. */
  readonly baseMs: number;
  /** No ceiling grows beyond this. */
  readonly capMs: number;
  /** No wait is shorter: the die may fall on zero. */
  readonly leastMs: number;
}
export interface RetryPolicy extends Backoff {
  /** A durable delivery older than this may die... */
  readonly keepMs: number;
  /** ...but never before this many attempts: neither the backlog of a long outage nor a letter that an operator sent again dies untried. */
  readonly leastAttempts: number;
  /** A CRM that asks to wait longer than this is not believed: a wrong Retry-After must not park a call for a year. */
  readonly longestRetryAfterMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Five days: a CRM that breaks on the Friday before a long weekend is repaired before its calls are given up. */
export const DURABLE_RETRY: RetryPolicy = {
  baseMs: 10_000, capMs: HOUR, leastMs: 1_000, keepMs: 120 * HOUR, leastAttempts: 8, longestRetryAfterMs: 6 * HOUR,
};
/** A pop-up has 15 seconds in all (`PERISH_MS`): two or three quick tries. Its deadline is its only end. */
export const PERISHABLE_RETRY: RetryPolicy = { ...DURABLE_RETRY, baseMs: 1_000, capMs: 4_000, leastMs: 250 };

/** What has been tried so far; `attempts` counts the one that just failed, from 1. */
export interface Tried {
  readonly attempts: number;
  readonly createdAt: Instant;
  /** Null = durable. */
  readonly deadline: Instant | null;
  /** The CRM's own Retry-After, if it gave one. */
  readonly retryAfterMs: number | null;
}
export type NextTry =
  | { readonly kind: 'again'; readonly notBefore: Instant }
  | { readonly kind: 'expired' }
  | { readonly kind: 'dead' };

/** `die` is a random number in [0, 1). A Retry-After is honoured in full, and jittered upwards only. */
export function nextTry(tried: Tried, now: Instant, die: number): NextTry {
  const policy = tried.deadline === null ? DURABLE_RETRY : PERISHABLE_RETRY;
  if (tried.deadline === null && isSpent(tried, now, policy)) return { kind: 'dead' };
  const notBefore = instant(now + Math.round(asked(tried, policy) + jittered(tried.attempts, policy, die)));
  if (tried.deadline !== null && notBefore >= tried.deadline) return { kind: 'expired' };
  return { kind: 'again', notBefore };
}

function isSpent(tried: Tried, now: Instant, policy: RetryPolicy): boolean {
  return now - tried.createdAt >= policy.keepMs && tried.attempts >= policy.leastAttempts;
}

function asked({ retryAfterMs }: Tried, policy: RetryPolicy): number {
  return retryAfterMs === null || Number.isNaN(retryAfterMs) ? 0 : Math.min(Math.max(retryAfterMs, 0), policy.longestRetryAfterMs);
}

/** Somewhere between `leastMs` and the ceiling of this attempt. */
export function jittered(attempts: number, policy: Backoff, die: number): number {
  return policy.leastMs + die * (ceiling(attempts, policy) - policy.leastMs);
}

/** The longest wait after attempt number `attempts` (from 1), milliseconds. */
export function ceiling(attempts: number, policy: Backoff): number {
  // 2 ** 40 is far beyond every cap; without the bound a large count would become Infinity.
  return Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(Math.max(attempts, 1) - 1, 40));
}

/** The schedule of durable deliveries as a Markdown table, for the docs: the longest waits, one after the other. */
export function scheduleTable(policy: RetryPolicy = DURABLE_RETRY): string {
  const head = ['| Attempt | Waits at most | Mean | Made at the latest after |', '|---|---|---|---|', '| 1 | – | – | at once |'];
  return [...head, ...rows(policy), `| … | ${spoken(policy.capMs)} | | until ${spoken(policy.keepMs)} and ${policy.leastAttempts} attempts |`].join('\n');
}

function rows(policy: RetryPolicy): readonly string[] {
  const lines: string[] = [];
  let total = 0;
  for (let attempts = 1; ceiling(attempts - 1, policy) < policy.capMs; attempts += 1) {
    total += ceiling(attempts, policy);
    lines.push(`| ${attempts + 1} | ${spoken(ceiling(attempts, policy))} | ${spoken(jittered(attempts, policy, 0.5))} | ${spoken(total)} |`);
  }
  return lines;
}

/** `90 s`, `5 min`, `2 h`, `5 d`: the largest unit that leaves at least two of it, with one decimal at most. */
function spoken(milliseconds: number): string {
  const [unit, name] = UNITS.find(([size]) => milliseconds >= 2 * size) ?? [1_000, 's'];
  return `${Math.round((milliseconds / unit) * 10) / 10} ${name}`;
}
const UNITS: readonly (readonly [number, string])[] = [[24 * HOUR, 'd'], [HOUR, 'h'], [MINUTE, 'min']];
