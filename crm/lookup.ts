/**
 * Who calls, and where does the CRM want the call to go? Asks the accounts through their drivers, behind a cache: memory, then the store, then the
 * CRM. The caller's patience is a signal: when it aborts, `find` answers with what is known by then, while the questions go on in the background
 * and fill the cache for the next call. A CRM that is down leaves the names that it told in place for a day.
 */
import type { Numbers } from '../core/numbers.ts';
import { phoneKey } from '../core/phone.ts';
import type { Clock, ContactCache, KnownContact, Log, Service } from '../core/ports.ts';
import type { Finding } from '../core/routing.ts';
import { type AccountId, type Contact, type Extension, instant, type Instant } from '../core/words.ts';
import type { Driver } from './driver.ts';
import { CACHE_TIMES, type CacheTimes } from './lookup-cache.ts';
import { askAll, patiently } from './lookup/asking.ts';
import { conclude } from './lookup/conclude.ts';
import { type Counter, counterOf } from './lookup/counters.ts';
import { search, statsOf } from './lookup/overview.ts';
import { Refreshing, systemTimers, type Timers } from './lookup/refreshing.ts';

export interface LookupAccount { readonly id: AccountId; readonly driver: Pick<Driver, 'lookup' | 'route'> }
export interface LookupOptions {
  /** In order of trust: the first account that knows the number wins. */
  readonly accounts: readonly LookupAccount[];
  /** The account whose name of a contact wins over the others' (`routing.namesFrom`). */
  readonly namesFrom?: AccountId | null;
  /** Not given = the last ten digits are the key, and lines have no rules. */
  readonly numbers?: Pick<Numbers, 'key' | 'read'>;
  /** Where contacts outlive a restart. */
  readonly store?: ContactCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: Partial<CacheTimes>;
  /** Milliseconds that a question may go on behind the caller's back. */
  readonly backgroundMs?: number;
  /** Questions that may run at once, per account: a CRM that hangs must not gather callers without end. */
  readonly maxRunning?: number;
  readonly timers?: Timers;
  /** Gives [0, 1). */
  readonly random?: () => number;
}

/** `routed`: the extension that a CRM named for this caller on this line; it goes before the owner's. */
export type LookupFinding = Finding & { readonly routed?: Extension };
export interface LookupStats {
  /** Calls that were answered without asking a CRM, and those that had to ask. */
  readonly hits: number;
  readonly misses: number;
  readonly hitRatePercent: number;
  /** Numbers in memory, of all accounts. */
  readonly size: number;
  readonly lastRefresh: Instant | null;
}
export interface AskOptions { readonly fresh?: boolean; readonly line?: string; readonly signal: AbortSignal }

export interface Lookup extends Omit<Service, 'stop'> {
  /** Never rejects, and never answers later than `signal` aborts. `number` as Asterisk shows it; `line` as it was called, `''` = not known. */
  readonly find: (number: string, signal: AbortSignal, line?: string) => Promise<LookupFinding>;
  /** The same of one account (null = of all). `fresh`: the CRM is asked, whatever is known. */
  readonly lookupFor: (account: AccountId | null, number: string, options: AskOptions) => Promise<LookupFinding>;
  /** What is known of a number at one account, without asking; null = nothing. */
  readonly known: (account: AccountId, number: string, line?: string) => KnownContact | null;
  /** What is known whose name or number holds the text, the latest first. */
  readonly search: (text: string, limit: number) => readonly { readonly account: AccountId; readonly number: string; readonly contact: Contact }[];
  /** The CRM says that it changed: asked before it is told again; told as it was only where the CRM does not answer. Returns how many were known. */
  readonly forget: (numbers: readonly string[] | 'all', account?: AccountId) => number;
  /** Everything that is known goes, from the store too. Returns how many. */
  readonly drop: () => number;
  /** Asks again about everything that is known, in the background. Returns how many numbers. */
  readonly refresh: () => number;
  readonly stats: () => LookupStats;
  /** Aborts all questions; later ones answer `failed`. */
  readonly stop: (deadlineMs?: number) => Promise<void>;
}


export function createLookup(options: LookupOptions): Lookup {
  const { clock, store, timers = systemTimers, random = Math.random } = options;
  const times = { ...CACHE_TIMES, ...options.times };
  const counters = options.accounts.map((account) => counterOf(account, options));
  const refreshing = new Refreshing({
    desks: counters.map(({ contacts }) => contacts), clock, timers, random, tidy: () => { tidy(store, instant(clock.now() - times.staleMs), options.log); },
  });
  const count = { hits: 0, misses: 0 };
  const keyOf = (number: string, line = ''): string => options.numbers?.key(number, line) ?? phoneKey(number);
  const ask = async (number: string, { fresh = false, line = '', signal }: AskOptions, asked: readonly Counter[]): Promise<LookupFinding> => {
    const key = keyOf(number, line);
    if (key === '') return { kind: 'hidden' };
    // Nobody's contact: an extension, the emergency. A CRM that searches for parts of numbers would find anybody.
    if (options.numbers !== undefined && options.numbers.read(number, line).kind !== 'external') return { kind: 'none', source: 'cache' };
    const questions = askAll(asked, { key, number, line }, { fresh, namesFrom: options.namesFrom ?? null });
    count[questions.some(({ contact }) => 'promise' in contact) ? 'misses' : 'hits'] += 1;
    return conclude(await patiently(questions, signal, options.namesFrom ?? null), options.namesFrom ?? null);
  };
  const of = (account: AccountId | null | undefined): readonly Counter[] => counters.filter(({ id }) => account === null || account === undefined || id === account);
  return {
    find: (number, signal, line = '') => ask(number, { line, signal }, counters),
    lookupFor: (account, number, asking) => ask(number, asking, of(account)),
    known: (account, number, line) => contactOf(of(account)[0]?.contacts.known(keyOf(number, line)) ?? null),
    search: (text, limit) => search(counters, text, limit),
    forget: (numbers, account) => forget(of(account), numbers === 'all' ? 'all' : numbers.map((number) => keyOf(number)).filter((key) => key !== '')),
    drop: () => counters.reduce((sum, { contacts, routes }) => { routes?.drop(); return sum + contacts.drop(); }, 0),
    refresh: () => refreshing.everything(),
    stats: () => statsOf(count, counters, refreshing.last),
    start: () => { refreshing.start(); return Promise.resolve(); },
    stop: async () => {
      for (const { contacts, routes } of counters) { contacts.stop(); routes?.stop(); }
      await refreshing.stop();
    },
  };
}

const contactOf = (known: { readonly value: Contact | null; readonly at: Instant } | null): KnownContact | null => (known === null ? null : { contact: known.value, at: known.at });

function forget(counters: readonly Counter[], keys: readonly string[] | 'all'): number {
  let known = 0;
  for (const { contacts, routes } of counters) {
    // A route is kept under number and line, and whose it was may have changed with any contact.
    routes?.doubt();
    known += keys === 'all' ? contacts.doubt() : keys.reduce((sum, key) => sum + contacts.doubt(key), 0);
  }
  return known;
}

function tidy(store: ContactCache | undefined, before: Instant, log: Log): void {
  try {
    store?.prune(before);
  } catch (error) {
    log.warn({ err: error }, 'old contacts could not be forgotten');
  }
}
