/** What a driver is given, in memory: for tests that need no store. */
import type { AccountTools } from '../../../app/accounts.ts';
import { createNumbers } from '../../../app/phones.ts';
import { NO_SHELVES } from '../../../app/shelves.ts';
import type { AddressBook } from '../../../core/address-book.ts';
import type { Http } from '../../../core/ports.ts';
import { type AccountId, instant } from '../../../core/words.ts';
import type { DriverTools, Keep } from '../../../crm/driver.ts';

/** A keep over a Map, which may be shared by drivers "of several processes". One at a time, per name. */
export function keepIn(values: Map<string, string> = new Map(), queues: Map<string, Promise<unknown>> = new Map()): Keep {
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => { values.set(key, value); },
    remove: (key) => { values.delete(key); },
    alone: (name, work) => {
      const before = queues.get(name) ?? Promise.resolve();
      const mine = before.then(work, work);
      queues.set(name, mine.catch(() => undefined));
      return mine;
    },
  };
}

/** Throws at the first touch: only the driver `local` has business with it. */
const noAddressBook = new Proxy({}, { get: (_target, name) => { throw new Error(`the address book is not for this driver (${String(name)})`); } }) as AddressBook;

/** What the app gives to an account (`app/accounts.ts`), with shelves that keep nothing. */
export function accountTools(http: Http, given: Partial<AccountTools> = {}): AccountTools {
  return {
    http, shelves: NO_SHELVES, clock: { now: () => instant(Date.now()) }, employees: [], country: 'RU', numbers: createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }),
    lines: [], timezone: 'Europe/Moscow', publicUrl: null, ...given,
  };
}

export function toolsFor(http: Http, given: Partial<DriverTools> = {}): DriverTools {
  const memories = new Map<string, string>();
  return {
    account: 'examined' as AccountId, http, employees: [], country: 'RU', numbers: createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }), lines: [],
    clock: { now: () => instant(Date.now()) }, timezone: 'Europe/Moscow', publicUrl: 'https://pbx.example.org/callme', cards: () => 'ringing', keep: keepIn(),
    memory: (call) => ({ get: (key) => memories.get(`${call}|${key}`) ?? null, set: (key, value) => { memories.set(`${call}|${key}`, value); } }),
    link: (recording) => `https://pbx.example.org/callme/recordings/${encodeURIComponent(recording)}?signed`, rest: () => undefined, addressBook: noAddressBook, ...given,
  };
}
