/** The store as the comparison asks it. */
import type { Journal } from '../../core/ports.ts';
import { factId, type PbxId } from '../../core/words.ts';
import type { Ledger } from './compare.ts';

/** Calls of one window that are looked at: more than a day can have. */
const ROWS = 1_000_000;

export function ledgerOf(journal: Pick<Journal, 'calls' | 'fact'>, pbx: PbxId): Ledger {
  return {
    ended: (key) => {
      const fact = journal.fact(factId(key, 'ended'));
      return fact?.kind === 'call-ended' ? fact : null;
    },
    mergedInto: (key) => {
      const fact = journal.fact(factId(key, 'merged'));
      return fact?.kind === 'call-merged' ? fact.into : null;
    },
    rows: ({ from, to }) => journal.calls({ pbx, from, to, limit: ROWS }),
  };
}
