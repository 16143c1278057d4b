import { setTimeout as pause } from 'node:timers/promises';
import type { CallRow, Journal } from '../../core/ports.ts';

/** As many as a busy PBX begins between two looks, with room to spare. */
const LOOK_BACK = 200;

/**
 * Calls whose row is new or changed since the last look, oldest first; the calls that are there at the start are only remembered. Ends
 * when the signal is aborted. Reading while the server writes is fine: WAL readers wait for nobody.
 */
export async function* tailCalls(journal: Pick<Journal, 'calls'>, options: { readonly intervalMs: number;
  readonly signal: AbortSignal }): AsyncGenerator<CallRow> {
  let seen = new Map(journal.calls({ limit: LOOK_BACK }).map((row) => [row.id, fingerprint(row)]));
  while (!options.signal.aborted) {
    const stopped = await pause(options.intervalMs, false, { signal: options.signal }).catch(() => true);
    if (stopped) return;
    const rows = journal.calls({ limit: LOOK_BACK });
    for (const row of rows.toReversed()) if (seen.get(row.id) !== fingerprint(row)) yield row;
    seen = new Map(rows.map((row) => [row.id, fingerprint(row)]));
  }
}

function fingerprint({ state, outcome, owner, client, direction }: CallRow): string {
  return JSON.stringify([state, outcome, owner, client, direction]);
}
