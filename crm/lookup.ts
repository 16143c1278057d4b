/**
 * Who calls? Asks the accounts through their drivers, behind a cache. The caller's patience is a signal: when it aborts, `find` answers
 * `late` at once, while the question goes on in the background and fills the cache for the next call.
 */
import { phoneKey } from '../core/phone.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { Finding } from '../core/routing.ts';
import type { AccountId, Contact } from '../core/words.ts';
import type { Driver } from './driver.ts';
import { CACHE_TIMES, LookupCache } from './lookup-cache.ts';
import type { CacheTimes } from './lookup-cache.ts';

export interface LookupAccount { readonly id: AccountId; readonly driver: Pick<Driver, 'lookup'> }
export interface LookupOptions {
  /** In order of trust: the first account that knows the number wins. */
  readonly accounts: readonly LookupAccount[];
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: Partial<CacheTimes>;
  /** Milliseconds that a question may go on behind the caller's back. */
  readonly backgroundMs?: number;
  /** Questions that may run at once, per account: a CRM that hangs must not gather callers without end. */
  readonly maxRunning?: number;
}
export interface Lookup {
  /** Never rejects, and never answers later than `signal` aborts. `number` as Asterisk shows it. */
  readonly find: (number: string, signal: AbortSignal) => Promise<Finding>;
  /** Aborts all questions; later ones answer `failed`. */
  readonly stop: () => void;
}

/** One account's answer. `failed` = could not tell: neither found nor cached as nobody. */
type Answer =
  | { readonly kind: 'known'; readonly contact: Contact | null; readonly source: 'cache' | 'live' }
  | { readonly kind: 'failed'; readonly why: string };

const BACKGROUND_MS = 15_000;
const MAX_RUNNING = 50;

export function createLookup(options: LookupOptions): Lookup {
  const desks = options.accounts.map((account) => new Desk(account, options));
  return {
    find: async (number, signal) => {
      const key = phoneKey(number);
      if (key === '') return { kind: 'hidden' };
      const asked = askAll(desks, key, number);
      const answers = asked.some((answer) => answer instanceof Promise) ? await patiently(asked, signal) : asked as Answer[];
      return conclude(options.accounts, answers);
    },
    stop: () => { for (const desk of desks) desk.stop(); },
  };
}

/**
 * All are asked at once: an account that hangs must not use up the patience meant for the next. Behind one whose cache knows the
 * number nobody needs to be asked.
 */
function askAll(desks: readonly Desk[], key: string, number: string): (Answer | Promise<Answer>)[] {
  const asked: (Answer | Promise<Answer>)[] = [];
  for (const desk of desks) {
    const answer = desk.ask(key, number);
    asked.push(answer);
    if (!(answer instanceof Promise) && knows(answer)) break;
  }
  return asked;
}

const knows = (answer: Answer | null): boolean => answer?.kind === 'known' && answer.contact !== null;

/** Waits in order, up to the first that knows. Null = no answer yet when patience ended; those that have one by then still count. */
async function patiently(asked: readonly (Answer | Promise<Answer>)[], signal: AbortSignal): Promise<(Answer | null)[]> {
  const late = lateness(signal);
  const answers: (Answer | null)[] = [];
  for (const question of asked) {
    const answer = question instanceof Promise ? await Promise.race([question, late.promise]) : question;
    answers.push(answer);
    if (knows(answer)) break;
  }
  late.forget();
  return answers;
}

/** A promise of null for the moment when patience ends; made of one listener that is taken back. */
function lateness(signal: AbortSignal): { promise: Promise<null>; forget: () => void } {
  let forget = (): void => { /* nothing was attached */ };
  const promise = new Promise<null>((resolve) => {
    const over = (): void => { resolve(null); };
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    forget = () => { signal.removeEventListener('abort', over); };
  });
  return { promise, forget };
}

function conclude(accounts: readonly LookupAccount[], answers: readonly (Answer | null)[]): Finding {
  for (const [place, answer] of answers.entries()) {
    const account = accounts[place];
    if (answer?.kind === 'known' && answer.contact !== null && account !== undefined) {
      return { kind: 'found', contact: answer.contact, account: account.id, source: answer.source };
    }
  }
  if (answers.includes(null)) return { kind: 'late' };
  const failed = answers.find((answer) => answer?.kind === 'failed');
  if (failed?.kind === 'failed') return { kind: 'failed', why: failed.why };
  return { kind: 'none', source: answers.some((answer) => answer?.kind === 'known' && answer.source === 'live') ? 'live' : 'cache' };
}

/** One account's desk: its cache and its running questions, at most one per number. */
class Desk {
  readonly #account: LookupAccount;
  readonly #options: LookupOptions;
  readonly #cache: LookupCache;
  readonly #running = new Map<string, Promise<Answer>>();
  readonly #asking = new Set<AbortController>();
  #stopped = false;

  constructor(account: LookupAccount, options: LookupOptions) {
    this.#account = account;
    this.#options = options;
    this.#cache = new LookupCache({ ...CACHE_TIMES, ...options.times });
  }

  /** From the cache at once, without a promise; else by asking. */
  ask(key: string, number: string): Answer | Promise<Answer> {
    const known = this.#cache.get(key);
    const freshness = this.#cache.freshness(known, this.#options.clock.now());
    if (freshness === 'absent' || known === undefined) return this.#question(key, number);
    if (freshness === 'stale') void this.#question(key, number);
    return { kind: 'known', contact: known.contact, source: 'cache' };
  }

  stop(): void {
    this.#stopped = true;
    for (const patience of this.#asking) patience.abort(new Error('stopping'));
  }

  #question(key: string, number: string): Promise<Answer> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    if (this.#stopped) return Promise.resolve({ kind: 'failed', why: 'stopping' });
    if (this.#running.size >= (this.#options.maxRunning ?? MAX_RUNNING)) {
      return Promise.resolve({ kind: 'failed', why: 'too many lookups are running' });
    }
    const question = this.#askDriver(key, number).finally(() => this.#running.delete(key));
    this.#running.set(key, question);
    return question;
  }

  async #askDriver(key: string, number: string): Promise<Answer> {
    const patience = new AbortController();
    this.#asking.add(patience);
    const clock = setTimeout(() => { patience.abort(new Error('no answer in time')); }, this.#options.backgroundMs ?? BACKGROUND_MS);
    try {
      const contact = await orAborted(this.#account.driver.lookup(number, patience.signal), patience.signal);
      this.#cache.set(key, { contact, at: this.#options.clock.now() });
      return { kind: 'known', contact, source: 'live' };
    } catch (error) {
      const why = error instanceof Error ? error.message : 'no reason given';
      this.#options.log.warn({ account: this.#account.id, why }, 'a lookup failed: the CRM could not tell');
      return { kind: 'failed', why };
    } finally {
      clearTimeout(clock);
      this.#asking.delete(patience);
    }
  }
}

/** A driver that forgets its signal must not keep its number's place for ever. */
function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const over = (): void => { reject(signal.reason as Error); };
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    promise.then(resolve, reject).finally(() => { signal.removeEventListener('abort', over); });
  });
}
