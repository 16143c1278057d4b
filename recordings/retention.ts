/**
 * What may go, and why. A recording goes only when it was verified, is not held, is older than its rule allows, and every CRM has it (or, where
 * `purgeUntoldDays` says so, has waited that long in vain). Everything else stays and is named. Looking changes nothing; `purging.ts` acts.
 */
import type { RecordingRow, RecordingStore } from '../core/ports.ts';
import type { Instant } from '../core/words.ts';
import { allRows, isSettled, isVerified, type ToldTo } from './manifest.ts';

export interface RetentionPolicy {
  /** Days that a recording is kept; 0 = for ever. */
  readonly keepMp3Days: number;
  /** Other days for calls of some lines; 0 = for ever. */
  readonly lines: readonly { readonly line: string; readonly days: number }[];
  /** All recordings together, in 10^9 bytes; the oldest go above it; 0 = no limit. */
  readonly maxGb: number;
  /** After so many days a recording goes though a CRM does not have it; 0 = never. */
  readonly purgeUntoldDays: number;
  /** Days that the MP3 stays here after the bucket has it; null = there is no bucket. */
  readonly keepLocalDays: number | null;
}
/** `age`, `line`, `size`: the recording goes. `local`: its MP3 here goes, the bucket keeps it. */
export type RetentionRule = 'age' | 'line' | 'size' | 'local';
export interface Going { readonly row: RecordingRow; readonly rule: RetentionRule; readonly why: string; readonly bytes: number }
/** Its time is over, and yet it stays: on hold, or a CRM does not have it. */
export interface Staying { readonly row: RecordingRow; readonly why: 'held' | 'untold'; readonly detail: string }
export interface RetentionPlan { readonly going: readonly Going[]; readonly staying: readonly Staying[] }

export interface RetentionAsk {
  readonly store: Pick<RecordingStore, 'page'>;
  readonly policy: RetentionPolicy;
  readonly toldTo: ToldTo;
  /** The line of the row's call, `''` where nobody knows it. */
  readonly lineOf: (row: RecordingRow) => string;
  readonly now: Instant;
  /** The disk is short: MP3s that the bucket has go before `keepLocalDays` are over. */
  readonly short?: boolean;
}

const DAY_MS = 86_400_000;
const GB = 1e9;

/** Oldest first. Held in memory is what goes and what stays against its rule, not the manifest. */
export function planRetention(ask: RetentionAsk): RetentionPlan {
  const going: Going[] = [];
  const staying: Staying[] = [];
  let excess = ask.policy.maxGb === 0 ? 0 : sizeOf(ask) - ask.policy.maxGb * GB;
  for (const row of allRows(ask.store)) {
    if (!isVerified(row)) continue;
    const due = dueBy(row, ask) ?? (excess > 0 ? { rule: 'size' as const, why: `all together are more than ${ask.policy.maxGb} GB` } : null) ?? localDue(row, ask);
    if (due === null) continue;
    const refusal = whyStay(row, due.rule, ask);
    if (refusal !== null) { staying.push(refusal); continue; }
    going.push({ row, ...due, bytes: row.bytes });
    if (due.rule !== 'local') excess -= row.bytes;
  }
  return { going, staying };
}

function sizeOf({ store }: RetentionAsk): number {
  let bytes = 0;
  for (const row of allRows(store)) if (isVerified(row)) bytes += row.bytes;
  return bytes;
}

type Due = Pick<Going, 'rule' | 'why'>;

const older = (row: RecordingRow, days: number, now: Instant): boolean => days > 0 && now - row.createdAt >= days * DAY_MS;

function dueBy(row: RecordingRow, { policy, lineOf, now }: RetentionAsk): Due | null {
  const line = policy.lines.length === 0 ? '' : lineOf(row);
  const rule = policy.lines.find((each) => line !== '' && sameLine(each.line, line));
  if (rule !== undefined) return older(row, rule.days, now) ? { rule: 'line', why: `line ${rule.line}: older than ${rule.days} days` } : null;
  return older(row, policy.keepMp3Days, now) ? { rule: 'age', why: `older than ${policy.keepMp3Days} days` } : null;
}

/** Only where the WAV is gone is the MP3 here not the one thing that lets it go. */
function localDue(row: RecordingRow, { policy, now, short }: RetentionAsk): Due | null {
  if (policy.keepLocalDays === null || row.stored === null || row.mp3 === null) return null;
  if (short === true) return { rule: 'local', why: 'the disk is short of space, the bucket has it' };
  return now - row.createdAt >= policy.keepLocalDays * DAY_MS ? { rule: 'local', why: `the bucket has it, ${policy.keepLocalDays} days here are over` } : null;
}

function whyStay(row: RecordingRow, rule: RetentionRule, { policy, toldTo, now }: RetentionAsk): Staying | null {
  if (rule !== 'local' && row.hold !== '') return { row, why: 'held', detail: row.hold };
  const states = toldTo(row);
  if (isSettled(states)) return null;
  // Drivers read the file: without it here nothing can be told any more, so no patience is long enough.
  if (rule !== 'local' && older(row, policy.purgeUntoldDays, now)) return null;
  return { row, why: 'untold', detail: states.filter(({ state }) => !isSettled([{ account: '' as never, state, delivery: null, reason: '' }])).map(({ account, state }) => `${account}: ${state}`).join(', ') };
}

const digits = (line: string): string => line.replaceAll(/\D/g, '');
/** `+7 495 000-01-01` is `74950000101`; a line without digits is compared as it is (as core/plan.ts does). */
const sameLine = (one: string, other: string): boolean => one === other || (digits(one) !== '' && digits(one) === digits(other));

/** Bytes and recordings by rule. */
export function totals(plan: RetentionPlan): Readonly<Record<RetentionRule, { readonly recordings: number; readonly bytes: number }>> {
  const of = (rule: RetentionRule): { recordings: number; bytes: number } => {
    const some = plan.going.filter((each) => each.rule === rule);
    return { recordings: some.length, bytes: some.reduce((sum, each) => sum + each.bytes, 0) };
  };
  return { age: of('age'), line: of('line'), size: of('size'), local: of('local') };
}
