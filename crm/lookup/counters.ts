/** What is asked of one account: who somebody is, and, where the CRM decides it, where his calls go. */
import type { ContactCache } from '../../core/ports.ts';
import type { AccountId, Contact, Extension } from '../../core/words.ts';
import type { LookupAccount, LookupOptions } from '../lookup.ts';
import { CACHE_TIMES } from '../lookup-cache.ts';
import { Desk, type Shelf } from './desk.ts';

const BACKGROUND_MS = 15_000;
const MAX_RUNNING = 50;
/** Where a CRM sends a call may depend on the hour: kept as long as fresh, and a little longer only while it does not answer. */
const ROUTE_STALE_MS = 10 * 60_000;

export interface Counter { readonly id: AccountId; readonly contacts: Desk<Contact>; readonly routes: Desk<Extension> | null }

export function counterOf({ id, driver }: LookupAccount, options: LookupOptions): Counter {
  const { clock, log, store, backgroundMs = BACKGROUND_MS, maxRunning = MAX_RUNNING } = options;
  const times = { ...CACHE_TIMES, ...options.times };
  const common = { account: id, clock, log, backgroundMs, maxRunning };
  const { route } = driver;
  return {
    id,
    contacts: new Desk<Contact>({ ...common, staleFirst: true, times, ask: async (number, line, signal) => driver.lookup(number, signal, line), ...(store && { shelf: shelfOf(store, id) }) }),
    routes: route === undefined ? null : new Desk<Extension>({
      ...common, staleFirst: false, times: { ...times, staleMs: Math.min(times.staleMs, ROUTE_STALE_MS) }, ask: async (number, line, signal) => route.call(driver, number, line, signal),
    }),
  };
}

function shelfOf(store: ContactCache, account: AccountId): Shelf<Contact> {
  return {
    get: (key) => {
      const known = store.get(account, key);
      return known === null ? null : { value: known.contact, at: known.at };
    },
    set: (key, { value, at }) => { store.set(account, key, { contact: value, at }); },
    forget: (key) => { store.forget(account, key); },
  };
}
