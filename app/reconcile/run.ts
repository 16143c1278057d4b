/**
 * Reconcile: a window of time in parts, so that a year stays in flat memory. The books tell each call whole, also beyond the part; a part answers
 * for the calls that began in it.
 */
import type { CallEnded } from '../../core/facts.ts';
import type { Plan } from '../../core/plan.ts';
import type { Books, CallRow, Clock, Past, Store, Window } from '../../core/ports.ts';
import { instant, type PbxId } from '../../core/words.ts';
import { compare, type Differing } from './compare.ts';
import { expectedOf } from './expected.ts';
import { fill } from './fill.ts';
import { ledgerOf } from './ledger.ts';

export interface ReconcileTools {
  readonly pbx: PbxId;
  readonly books: Books;
  readonly store: Pick<Store, 'journal' | 'recordings'>;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Compare only. */
  readonly dryRun: boolean;
  /** A part of the window is done. */
  readonly onPart?: (part: Part) => void;
}
export interface Part { readonly window: Window; readonly rows: number; readonly calls: number }

export interface Counts { readonly told: number; readonly missing: number; readonly differs: number; readonly extra: number; readonly open: number; /** Of the missing ones: told now. */ readonly filled: number }
/** Counts are of all; each list holds the first thousand. */
export interface Reconciled {
  readonly pbx: PbxId;
  /** `cel` as soon as one part was read from CEL; null where there was nothing to read. */
  readonly kind: Past['kind'] | null;
  readonly rows: number;
  readonly counts: Counts;
  readonly missing: readonly CallEnded[];
  readonly differs: readonly Differing[];
  readonly extra: readonly CallRow[];
  readonly unreadable: Past['unreadable'];
}

/** The books read four hours more on both sides: with them about 500,000 rows of CEL on a PBX that has 1,500 calls an hour, the cap of one reading. */
export const PART_MS = 6 * 3_600_000;
/** What ended a moment ago may still be on its way, to the store or into the books. */
const SETTLE_MS = 30_000;
const LISTED = 1_000;
const UNREADABLE = 100;

/** Rejects as the books do (BooksError), or with the signal's reason; throws StoreError. What was filled until then stays filled. */
export async function reconcile(window: Window, tools: ReconcileTools): Promise<Reconciled> {
  let sum: Reconciled = { pbx: tools.pbx, kind: null, rows: 0, counts: NOTHING, missing: [], differs: [], extra: [], unreadable: [] };
  for (const part of partsOf(window)) {
    tools.signal.throwIfAborted();
    sum = added(sum, await reconcilePart(part, tools));
  }
  return sum;
}

export function partsOf({ from, to }: Window): readonly Window[] {
  const parts: Window[] = [];
  for (let start: number = from; start < to; start += PART_MS) parts.push({ from: instant(start), to: instant(Math.min(start + PART_MS, to)) });
  return parts;
}

async function reconcilePart(window: Window, tools: ReconcileTools): Promise<Reconciled> {
  const { pbx, books, store, plan, clock, signal, dryRun, onPart } = tools;
  const now = clock.now();
  const past = await books.read(window, signal);
  const expected = expectedOf(pbx, past);
  const found = compare(expected, ledgerOf(store.journal, pbx), { window, settledBefore: instant(now - SETTLE_MS) });
  const filled = dryRun ? 0 : fill(found.missing, expected.united, { store, plan, pbx, at: clock.now() });
  onPart?.({ window, rows: past.rows, calls: found.told + found.missing.length + found.differs.length });
  const { told, open, missing, differs, extra } = found;
  const counts = { told, open, missing: missing.length, differs: differs.length, extra: extra.length, filled };
  return { pbx, kind: past.rows === 0 ? null : past.kind, rows: past.rows, counts, missing: missing.map(({ ended }) => ended), differs, extra, unreadable: past.unreadable };
}

const NOTHING: Counts = { told: 0, missing: 0, differs: 0, extra: 0, open: 0, filled: 0 };

const added = (sum: Reconciled, part: Reconciled): Reconciled => ({
  pbx: sum.pbx, kind: part.kind === 'cel' ? 'cel' : sum.kind ?? part.kind, rows: sum.rows + part.rows, counts: addedCounts(sum.counts, part.counts),
  missing: listed(sum.missing, part.missing), differs: listed(sum.differs, part.differs), extra: listed(sum.extra, part.extra),
  // Rows between two parts are read with both.
  unreadable: [...new Map([...sum.unreadable, ...part.unreadable].map((row) => [row.where, row])).values()].slice(0, UNREADABLE),
});
const addedCounts = (sum: Counts, part: Counts): Counts => ({
  told: sum.told + part.told, missing: sum.missing + part.missing, differs: sum.differs + part.differs, extra: sum.extra + part.extra,
  open: sum.open + part.open, filled: sum.filled + part.filled,
});
const listed = <Each>(sum: readonly Each[], part: readonly Each[]): readonly Each[] => (sum.length >= LISTED ? sum : [...sum, ...part].slice(0, LISTED));
