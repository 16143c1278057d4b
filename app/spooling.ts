/** The spool's answer to the house: a recording that is ready becomes a fact and, in the same transaction, its deliveries. */
import { concerns, deliveriesFor, type Plan } from '../core/plan.ts';
import type { Clock, RecordingRow, Store } from '../core/ports.ts';
import type { RecordingReady } from '../core/facts.ts';
import { factId, type Linkedid } from '../core/words.ts';
import type { OnReady, Ready } from '../recordings/worker.ts';

export interface SpoolingTools {
  readonly store: Store;
  readonly clock: Clock;
  readonly planOf: (row: RecordingRow) => Plan;
  readonly onFacts: () => void;
}

export function onRecordingReady({ store, clock, planOf, onFacts }: SpoolingTools): OnReady {
  return (row, ready) => {
    const fact = readyFact(row, ready, clock);
    const plan = planOf(row);
    const [call] = store.journal.calls({ call: row.call, limit: 1 });
    const told = call !== undefined && concerns(plan, call.direction, call.line);
    store.recordings.ready(row.id, { state: 'uploaded', mp3: ready.path, ...measured(ready) }, fact, told ? deliveriesFor(fact, plan) : [], fact.at);
    onFacts();
  };
}

function readyFact(row: RecordingRow, ready: Ready, clock: Clock): RecordingReady {
  const linkedid = row.call.slice(row.pbx.length + 1) as Linkedid;
  return {
    id: factId(row.call, `recording-ready/${row.file}`), pbx: row.pbx, call: row.call, linkedid, at: clock.now(), certain: true,
    source: 'live', because: { event: 'recording-ended', leg: null, word: row.file },
    kind: 'recording-ready', recording: row.id, path: ready.path, ...measured(ready),
  };
}

const measured = ({ seconds, bytes, sha256 }: Ready): Omit<Ready, 'path'> => ({ seconds, bytes, sha256 });
