/** Stores in memory, with the promises of the real ones. Recordings part. */
import type { RecordingPatch, RecordingRow, RecordingState, RecordingStore } from '../../core/ports.ts';
import { callKey, DEFAULT_TENANT, instant, type Linkedid, type PbxId, type RecordingId } from '../../core/words.ts';

const WORK: ReadonlySet<RecordingState> = new Set<RecordingState>(['closed', 'spooled', 'encoded']);

export const recordingRow = (pbx: string, file: string, given: Partial<RecordingRow> = {}): RecordingRow => ({
  id: `${pbx}/${file}` as RecordingId, tenant: DEFAULT_TENANT, pbx: pbx as PbxId, call: callKey(pbx as PbxId, '1790.17' as Linkedid), file,
  state: 'closed', attempts: 0, notBefore: instant(0), reason: '', bytesClaimed: 0, certain: true, createdAt: instant(0),
  mp3: null, seconds: null, bytes: null, sha256: null, talked: [], pauses: [], silenceSeconds: null, channels: null, stored: null, upload: null,
  hold: '', purgedAt: null, ...given,
});

const byAge = (one: RecordingRow, other: RecordingRow): number => one.createdAt - other.createdAt || (one.id < other.id ? -1 : Number(one.id > other.id));

export interface MemoryRecordings extends RecordingStore {
  put(row: RecordingRow): void;
  /** Resolves as soon as the row is as asked; looked at after each change. */
  until(id: RecordingId, check: (row: RecordingRow) => boolean): Promise<RecordingRow>;
  /** Ids of facts, each once, as the real store keeps them. */
  readonly facts: Set<string>;
  /** Every state that was written, in order. */
  readonly history: string[];
}

export function memoryRecordings(...rows: readonly RecordingRow[]): MemoryRecordings {
  const all = new Map(rows.map((row) => [row.id, row]));
  const facts = new Set<string>();
  const history: string[] = [];
  const waiting = new Set<() => void>();
  const patch = (id: RecordingId, change: RecordingPatch): void => {
    const row = all.get(id);
    if (row === undefined) throw new Error(`no such recording: ${id}`);
    all.set(id, { ...row, ...change });
    if (change.state !== undefined) history.push(change.state);
    for (const look of [...waiting]) look();
  };
  const work = (): RecordingRow[] => [...all.values()].filter((row) => WORK.has(row.state)).sort((one, other) => one.notBefore - other.notBefore);
  return {
    facts, history,
    put: (row) => { all.set(row.id, row); },
    until: (id, check) => new Promise((resolve) => {
      const look = (): void => {
        const row = all.get(id);
        if (row !== undefined && check(row)) { waiting.delete(look); resolve(row); }
      };
      waiting.add(look);
      look();
    }),
    due: (now, limit) => work().filter((row) => row.notBefore <= now).slice(0, limit),
    nextDue: () => work()[0]?.notBefore ?? null,
    patch,
    together: (work) => { work(); },
    ready: (id, change, fact) => { facts.add(fact.id); patch(id, change); },
    list: ({ state, call, limit }) => [...all.values()].filter((row) => (state ?? row.state) === row.state && (call ?? row.call) === row.call).slice(0, limit),
    page: ({ after, limit, from, to }) => [...all.values()].filter((row) => row.createdAt >= (from ?? -Infinity) && row.createdAt < (to ?? Infinity))
      .sort(byAge).filter((row) => after === null || byAge(row, after) > 0).slice(0, limit),
    get: (id) => all.get(id) ?? null,
    retry: (id) => {
      if (!all.has(id)) return false;
      patch(id, { state: 'closed', attempts: 0, notBefore: instant(0), reason: '' });
      return true;
    },
  };
}
