/**
 * What was told, held against what the Pbx wrote down. Pure: the ledger is a look into the store. A linkedid that either side knows as
 * united into another counts with that one: which of two linkedids survives a transfer may be seen differently from a gap.
 */
import type { CallEnded } from '../../core/facts.ts';
import type { CallRow, Window } from '../../core/ports.ts';
import type { CallKey, Instant } from '../../core/words.ts';
import type { Expected, ExpectedCall } from './expected.ts';

export interface Ledger {
  ended(key: CallKey): CallEnded | null;
  /** Where a merged call went on, null = it did not merge. */
  mergedInto(key: CallKey): CallKey | null;
  /** Calls that began in the window. */
  rows(window: Window): readonly CallRow[];
}

export type Aspect = 'outcome' | 'owner' | 'talkSeconds' | 'direction';
export interface Difference { readonly aspect: Aspect; readonly told: string; readonly books: string }
export interface Differing { readonly expected: ExpectedCall; readonly told: CallEnded; readonly differences: readonly Difference[] }
export interface Comparison {
  readonly told: number;
  readonly missing: readonly ExpectedCall[];
  readonly differs: readonly Differing[];
  /** Told, and the books do not know them. */
  readonly extra: readonly CallRow[];
  /** Left out: they go on, or are over so shortly that they may be told at this moment. */
  readonly open: number;
}
export interface Rules {
  readonly window: Window;
  /** What ended later may still be on its way to the store, or into the books. */
  readonly settledBefore: Instant;
}

/** Seconds of talk that may differ: both sides round, and the books of some sources know whole seconds alone. */
export const TALK_TOLERANCE = 2;
/** Transfers of transfers; a circle in the data must not hang us. */
const HOPS = 10;

export function compare(expected: Expected, ledger: Ledger, { window, settledBefore }: Rules): Comparison {
  const verdicts = expected.calls.filter(({ ended }) => ended.startedAt >= window.from && ended.startedAt < window.to)
    .map((call) => judge(call, { expected, ledger, settledBefore }));
  const covered = new Set([...expected.mentioned, ...expected.calls.flatMap(namesOf(expected)).map((name) => survivor(name, ledger))]);
  return {
    told: verdicts.filter(({ kind }) => kind === 'told').length,
    missing: verdicts.flatMap((verdict) => (verdict.kind === 'missing' ? [verdict.call] : [])),
    differs: verdicts.flatMap((verdict) => (verdict.kind === 'differs' ? [verdict.differing] : [])),
    extra: ledger.rows(window).filter((row) => !covered.has(row.id) && isExtra(row, settledBefore)),
    open: verdicts.filter(({ kind }) => kind === 'open').length,
  };
}

interface Sides { readonly expected: Expected; readonly ledger: Ledger; readonly settledBefore: Instant }
type Verdict = { readonly kind: 'told' | 'open' } | { readonly kind: 'missing'; readonly call: ExpectedCall } | { readonly kind: 'differs'; readonly differing: Differing };

function judge(call: ExpectedCall, sides: Sides): Verdict {
  const told = endOf(call, sides);
  if (told === null) return call.ended.at > sides.settledBefore ? { kind: 'open' } : { kind: 'missing', call };
  const differences = differencesBetween(call.ended, told, sides.expected.kind);
  return differences.length === 0 ? { kind: 'told' } : { kind: 'differs', differing: { expected: call, told, differences } };
}

/** The end that was told of this call: under its own name, or under one that it was united with. */
function endOf(call: ExpectedCall, { expected, ledger }: Sides): CallEnded | null {
  for (const name of namesOf(expected)(call)) {
    const end = ledger.ended(survivor(name, ledger));
    if (end !== null) return end;
  }
  return null;
}

const namesOf = ({ united }: Expected) => ({ ended }: ExpectedCall): readonly CallKey[] => [ended.call, ...united.get(ended.call) ?? []];

/** A call with an end of its own is its own, also where it was united later: two outside calls that were joined are both told. */
function survivor(key: CallKey, ledger: Ledger, hops = HOPS): CallKey {
  const into = hops > 0 && ledger.ended(key) === null ? ledger.mergedInto(key) : null;
  return into === null ? key : survivor(into, ledger, hops - 1);
}

export function differencesBetween(books: CallEnded, told: CallEnded, kind: Expected['kind']): readonly Difference[] {
  const found: Difference[] = [];
  const note = (aspect: Aspect, isSame: boolean): void => {
    if (!isSame) found.push({ aspect, told: String(told[aspect] ?? ''), books: String(books[aspect] ?? '') });
  };
  note('direction', books.direction === told.direction);
  note('outcome', books.outcome === told.outcome);
  // CDR does not always know who talked.
  note('owner', books.owner === told.owner || (kind === 'cdr' && books.owner === null));
  note('talkSeconds', Math.abs(books.talkSeconds - told.talkSeconds) <= TALK_TOLERANCE);
  return found;
}

/** Internal calls are not looked for: many of them leave no trace in the books, and no CRM was told of any. */
function isExtra(row: CallRow, settledBefore: Instant): boolean {
  return row.state === 'ended' && row.outcome !== null && row.direction !== 'internal' && row.endedAt !== null && row.endedAt <= settledBefore;
}
