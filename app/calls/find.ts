import type { Config } from '../config/index.ts';
import type { CallRow, Delivery, RecordingRow, Store } from '../../core/ports.ts';
import type { Fact } from '../../core/facts.ts';
import type { CallKey, Instant } from '../../core/words.ts';

/** Everything that the store knows of one call. */
export interface Story {
  readonly call: CallRow;
  readonly facts: readonly Fact[];
  readonly notes: readonly { readonly at: Instant; readonly text: string }[];
  readonly deliveries: readonly Delivery[];
  readonly recordings: readonly RecordingRow[];
}

const MANY = 1_000;

/** `main/1790.17`, or the linkedid alone where a PBX has it. */
export function findCall(store: Store, config: Config, name: string): Story | null {
  const keys = [name, ...config.pbx.map(({ id }) => `${id}/${name}`)] as readonly string[] as readonly CallKey[];
  const call = keys.map((key) => store.journal.calls({ call: key, limit: 1 })[0]).find((row) => row !== undefined);
  if (call === undefined) return null;
  return {
    call, facts: store.journal.facts(call.id), notes: store.journal.notes(call.id),
    deliveries: store.deliveries.list({ call: call.id, limit: MANY }), recordings: store.recordings.list({ call: call.id, limit: MANY }),
  };
}
