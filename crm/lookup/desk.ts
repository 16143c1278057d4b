/** One question to one account (who is this? where does it go?): its cache, the store behind it, and the questions under way, at most one per number. */
import type { Clock, Log } from '../../core/ports.ts';
import type { AccountId, Instant } from '../../core/words.ts';
import { type CacheTimes, type Known, LookupCache } from '../lookup-cache.ts';
import { orAborted } from './patience.ts';

/** One account's answer. `failed` = could not tell: neither found nor cached as nobody. */
export type Told<Value> = { readonly kind: 'known'; readonly value: Value | null; readonly source: 'cache' | 'live' } | { readonly kind: 'failed'; readonly why: string };
/** `meanwhile`: what counts when patience ends first. */
export interface Pending<Value> { readonly promise: Promise<Told<Value>>; readonly meanwhile: Told<Value> | null }
export interface Question { readonly key: string; readonly number: string; readonly line: string }

/** Where answers outlive a restart. */
export interface Shelf<Value> {
  get(key: string): { readonly value: Value | null; readonly at: Instant } | null;
  set(key: string, known: { readonly value: Value; readonly at: Instant }): void;
  forget(key?: string): void;
}
export interface DeskOptions<Value> {
  readonly account: AccountId;
  readonly ask: (number: string, line: string, signal: AbortSignal) => Promise<Value | null>;
  readonly times: CacheTimes;
  /** A stale answer is told and asked for behind the caller's back; false = it is told only where the CRM does not answer. */
  readonly staleFirst: boolean;
  readonly shelf?: Shelf<Value>;
  readonly clock: Clock;
  readonly log: Log;
  readonly backgroundMs: number;
  readonly maxRunning: number;
}

/** A name that did not change is written again only so often: each write waits for the disk. */
const REWRITE_MS = 3_600_000;

export class Desk<Value> {
  readonly #options: DeskOptions<Value>;
  readonly cache: LookupCache<Value>;
  readonly #running = new Map<string, Promise<Told<Value>>>();
  readonly #asking = new Set<AbortController>();
  #stopped = false;

  constructor(options: DeskOptions<Value>) {
    this.#options = options;
    this.cache = new LookupCache(options.times);
  }

  get account(): AccountId { return this.#options.account; }

  /** From the cache at once, without a promise; else by asking. `fresh`: by asking in any case. */
  ask(question: Question, fresh = false): Told<Value> | Pending<Value> {
    const known = this.#recall(question);
    const freshness = this.cache.freshness(question.key, this.#options.clock.now());
    if (known === null || freshness === 'absent') return { promise: this.#question(question), meanwhile: null };
    const told: Told<Value> = { kind: 'known', value: known.value, source: 'cache' };
    if (freshness === 'fresh' && !fresh) return told;
    const promise = this.#question(question);
    if (freshness === 'stale' && this.#options.staleFirst && !fresh) return told;
    const otherwise = known.value === null ? null : told;
    return { promise: promise.then((answer) => (answer.kind === 'failed' ? otherwise ?? answer : answer)), meanwhile: otherwise };
  }

  /** Asks again, whatever is known, and behind nobody's back. */
  renew(question: Question): Promise<Told<Value>> { return this.#question(question); }

  /** What is known, without asking. */
  known(key: string): Known<Value> | null {
    const known = this.cache.peek(key) ?? this.#fromShelf({ key, number: '', line: '' });
    return known !== null && this.cache.freshness(key, this.#options.clock.now()) !== 'absent' ? known : null;
  }

  /** It changed in the CRM: ask before it is told again. A question under way may bring what was before. Returns how many. */
  doubt(key?: string): number {
    if (key === undefined) this.#running.clear();
    else this.#running.delete(key);
    this.#shelved((shelf) => { shelf.forget(key); });
    return this.cache.doubt(key);
  }

  drop(): number {
    this.#running.clear();
    this.#shelved((shelf) => { shelf.forget(); });
    return this.cache.drop();
  }

  stop(): void {
    this.#stopped = true;
    for (const patience of this.#asking) patience.abort(new Error('stopping'));
  }

  #recall(question: Question): Known<Value> | null {
    return this.cache.use(question.key) ?? this.#fromShelf(question);
  }

  #fromShelf({ key, number, line }: Question): Known<Value> | null {
    const kept = this.#shelved((shelf) => shelf.get(key)) ?? null;
    if (kept === null) return null;
    const known = { ...kept, number, line };
    this.cache.set(key, known);
    return known;
  }

  #question(question: Question): Promise<Told<Value>> {
    const running = this.#running.get(question.key);
    if (running !== undefined) return running;
    if (this.#stopped) return Promise.resolve({ kind: 'failed', why: 'stopping' });
    if (this.#asking.size >= this.#options.maxRunning) return Promise.resolve({ kind: 'failed', why: 'too many lookups are running' });
    const isLatest = (): boolean => this.#running.get(question.key) === asked;
    const asked = this.#askDriver(question, isLatest).finally(() => { if (isLatest()) this.#running.delete(question.key); });
    this.#running.set(question.key, asked);
    return asked;
  }

  async #askDriver({ key, number, line }: Question, isLatest: () => boolean): Promise<Told<Value>> {
    const { ask, backgroundMs, clock, log, account } = this.#options;
    const patience = new AbortController();
    this.#asking.add(patience);
    const began = clock.now();
    const timer = setTimeout(() => { patience.abort(new Error('no answer in time')); }, backgroundMs);
    try {
      const value = await orAborted(ask(number, line, patience.signal), patience.signal);
      if (isLatest()) this.#learn(key, { value, at: clock.now(), number, line });
      log.debug({ account, known: value !== null, ms: clock.now() - began }, 'a CRM was asked about a number');
      return { kind: 'known', value, source: 'live' };
    } catch (error) {
      const why = error instanceof Error ? error.message : 'no reason given';
      log.warn({ account, why }, 'a lookup failed: the CRM could not tell');
      return { kind: 'failed', why };
    } finally {
      clearTimeout(timer);
      this.#asking.delete(patience);
    }
  }

  /** "Nobody" is not kept on the shelf: it is forgotten there. */
  #learn(key: string, known: Known<Value>): void {
    this.cache.set(key, known);
    this.#shelved((shelf) => {
      const kept = shelf.get(key);
      const { value, at } = known;
      if (value === null) { if (kept !== null) shelf.forget(key); return; }
      if (kept === null || at - kept.at >= REWRITE_MS || JSON.stringify(kept.value) !== JSON.stringify(value)) shelf.set(key, { value, at });
    });
  }

  /** A store that does not answer costs a question to the CRM, and no caller. */
  #shelved<Result>(act: (shelf: Shelf<Value>) => Result): Result | null {
    const { shelf, log, account } = this.#options;
    if (shelf === undefined) return null;
    try {
      return act(shelf);
    } catch (error) {
      log.warn({ account, err: error }, 'the store of contacts did not answer');
      return null;
    }
  }
}
