/** A dispatcher on a real store in memory, with a clock that stands still and a CRM that does as told. */
import type { Test } from 'tap';
import type { DeliveryStore, Log, Settlement, Store } from '../../core/ports.ts';
import { DEFAULT_TENANT, type AccountId, type NodeId } from '../../core/words.ts';
import { createDispatcher, type DispatcherOptions, type Outbox } from '../../outbox/dispatcher.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { B24, told } from '../fakes/sample-calls.ts';
import { FakeTime } from '../fakes/time.ts';
import { Unreliable, type Script } from '../fakes/unreliable.ts';

export interface PostRoom {
  readonly store: Store; readonly time: FakeTime; readonly crm: Unreliable; readonly outbox: Outbox;
  readonly said: readonly { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** `17#ended done`, in the order of the settlements. */
  readonly settled: readonly string[];
  /** Commits facts of one lane, stamped now. */
  readonly tell: (linkedid: string, whats: readonly string[], account?: AccountId) => void;
}

export const DELIVER_MS = 10_000;
export const GRACE_MS = 1_000;

export function postRoom(t: Test, script: Script, change: Partial<DispatcherOptions> = {}): PostRoom {
  const store = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  const time = new FakeTime();
  const crm = new Unreliable(script);
  const settled: string[] = [];
  const said: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const outbox = createDispatcher({
    store: store.deliveries, accounts: [{ id: B24, inFlight: 3 }], node: 'node-1' as NodeId, deliver: crm.deliver, clock: time, timers: time,
    random: () => 0, log: logInto(said), deliverMs: DELIVER_MS, graceMs: GRACE_MS,
    onSettled: ({ fact }, _verdict, { state }: Settlement) => settled.push(`${fact.id.slice(5)} ${state}`), ...change,
  });
  t.teardown(async () => {
    const stopped = outbox.stop(0);
    await time.advance(GRACE_MS + 5_000);
    await stopped;
    store.close();
    // No assertions are possible any more, but an error still fails the test.
    if (crm.breaches.length > 0) throw new Error(crm.breaches.join('; '));
    if (time.pending > 0) throw new Error('a stopped outbox left a timer');
  });
  const tell = (linkedid: string, whats: readonly string[], account = B24) => {
    store.journal.commit({ ...told(linkedid, whats, account), at: time.now() });
    outbox.wake();
  };
  return { store, time, crm, outbox, said, settled, tell };
}

function logInto(said: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[]): Log {
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => void said.push({ level, message, fields });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}

/** A store of which one method fails as often as told. */
export function failing(store: DeliveryStore, method: 'settle' | 'claim', times: number): DeliveryStore {
  let left = times;
  const fail = () => { if (left > 0) { left -= 1; throw new Error('database or disk is full'); } };
  return { ...store,
    settle: (delivery, settlement, now) => { if (method === 'settle') fail(); return store.settle(delivery, settlement, now); },
    claim: (ask) => { if (method === 'claim') fail(); return store.claim(ask); } };
}
