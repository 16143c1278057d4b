/** The manifest: one row per recording, and beside it which CRM has it (from the deliveries of its fact `recording-ready`). */
import type { Delivery, DeliveryState, DeliveryStore, RecordingPage, RecordingRow, RecordingStore } from '../core/ports.ts';
import type { AccountId, DeliveryId } from '../core/words.ts';

/** `unplanned`: an account should have heard of the recording, and nobody ever planned to tell it. */
export interface CrmState { readonly account: AccountId; readonly state: DeliveryState | 'unplanned'; readonly delivery: DeliveryId | null; readonly reason: string }
export type ToldTo = (row: RecordingRow) => readonly CrmState[];

/** `expected`: the accounts that this recording concerns, by the plan that is in force. */
export function toldTo(deliveries: Pick<DeliveryStore, 'list'>, expected: (row: RecordingRow) => readonly AccountId[]): ToldTo {
  return (row) => {
    const planned = deliveries.list({ call: row.call, limit: DELIVERIES_OF_A_CALL }).filter((each) => isOf(each, row));
    const missing = isHandedOver(row) ? expected(row).filter((account) => !planned.some((each) => each.account === account)) : [];
    return [...planned.map(({ account, state, id, reason }) => ({ account, state, delivery: id, reason })),
      ...missing.map((account) => ({ account, state: 'unplanned' as const, delivery: null, reason: '' }))];
  };
}

const DELIVERIES_OF_A_CALL = 10_000;
const isOf = ({ fact }: Delivery, row: RecordingRow): boolean => fact.kind === 'recording-ready' && fact.recording === row.id;

/** Verified, stored and handed over: its fact is told. */
export const isHandedOver = ({ state }: RecordingRow): boolean => state === 'uploaded' || state === 'told';

/** Nobody waits for it any more. A dead letter and an account that was never planned do: somebody must look at them. */
const SETTLED: ReadonlySet<CrmState['state']> = new Set<CrmState['state']>(['done', 'skipped', 'dropped', 'expired']);
export const isSettled = (states: readonly CrmState[]): boolean => states.every(({ state }) => SETTLED.has(state));

/** What was verified and may be measured against the disk: a purged, empty or broken recording is not. */
export function isVerified(row: RecordingRow): row is RecordingRow & { readonly bytes: number; readonly sha256: string; readonly seconds: number } {
  return isHandedOver(row) && row.bytes !== null && row.sha256 !== null && row.seconds !== null;
}

const PAGE = 500;

/** Every row, oldest first, with the memory of one page. Rows that come in meanwhile may or may not be among them. */
export function* allRows(store: Pick<RecordingStore, 'page'>, window: Pick<RecordingPage, 'from' | 'to'> = {}): Generator<RecordingRow> {
  for (let after: RecordingRow | null = null; ;) {
    const rows: readonly RecordingRow[] = store.page({ ...window, after, limit: PAGE });
    yield* rows;
    after = rows.at(-1) ?? null;
    if (rows.length < PAGE || after === null) return;
  }
}
