/**
 * What is written about a recording while it is worked off, told to the store. Rows come to their commits in groups: those of one turn share one transaction, and
 * so one fsync; nobody goes on before it. A row that the store refuses fails alone: the group is then written row by row.
 */
import type { Clock, RecordingPatch, RecordingRow, RecordingState, RecordingStore } from '../core/ports.ts';
import type { RecordingId } from '../core/words.ts';
import type { OnReady, Ready } from './desk.ts';
import { RecordingError } from './errors.ts';

/** Each resolves when it is committed. Rejects with the store's error; then nothing of it was written. */
export interface Ledger {
  patch(id: RecordingId, change: RecordingPatch): Promise<void>;
  /** The hand-over, together with what was not written down before (`ahead`). Resolves to the state that it is in then. Rejects with NOT_UPLOADED, too. */
  ready(row: RecordingRow, ready: Ready, ahead: RecordingPatch): Promise<RecordingState>;
  get(id: RecordingId): Promise<RecordingRow | null>;
}
export interface LedgerParts {
  readonly store: Pick<RecordingStore, 'patch' | 'get' | 'together'>;
  readonly clock: Clock;
  readonly onReady: OnReady;
}

interface Entry { readonly write: () => void; readonly done: (error: unknown) => void }

export function createLedger({ store, clock, onReady }: LedgerParts): Ledger {
  const together = createGroups((work) => { store.together(work); });
  const handOver = (row: RecordingRow, ready: Ready, ahead: RecordingPatch): RecordingState => {
    if (Object.keys(ahead).length > 0) store.patch(row.id, ahead, clock.now());
    onReady(row, ready);
    const state = store.get(row.id)?.state ?? 'closed';
    if (['closed', 'spooled', 'encoded'].includes(state)) throw new RecordingError('NOT_UPLOADED', 'the MP3 was not taken over');
    return state;
  };
  return {
    patch: (id, change) => together(() => { store.patch(id, change, clock.now()); }),
    ready: (row, ready, ahead) => together(() => handOver(row, ready, ahead)),
    get: (id) => Promise.resolve(store.get(id)),
  };
}

type Together = <Value>(write: () => Value) => Promise<Value>;

/** `commit` runs its work in one transaction, or throws and nothing of it was written. */
function createGroups(commit: (work: () => void) => void): Together {
  let waiting: Entry[] = [];
  const attempt = (work: () => void): unknown => { try { commit(work); return null; } catch (error) { return error; } };
  const flush = (): void => {
    const group = waiting;
    waiting = [];
    const error = attempt(() => { for (const { write } of group) write(); });
    for (const { write, done } of group) done(error === null || group.length === 1 ? error : attempt(write));
  };
  return (write) => new Promise((resolve, reject) => {
    let value: { readonly of: ReturnType<typeof write> } | null = null;
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({
      write: () => { value = { of: write() }; },
      done: (error) => { if (error === null && value !== null) resolve(value.of); else reject(error instanceof Error ? error : new Error(String(error))); },
    });
  });
}
