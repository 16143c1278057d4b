/** What the CRMs said about numbers, for minutes: so that a caller who calls again is routed without asking anybody. */
import type { Contact, Instant } from '../core/words.ts';

export interface Known { readonly contact: Contact | null; readonly at: Instant }
export type Freshness = 'fresh' | 'stale' | 'absent';

export interface CacheTimes {
  /** Milliseconds that a found contact counts as fresh. */
  readonly positiveMs: number;
  /** Milliseconds that "nobody" counts: short, because the clerk may be adding the caller right now. */
  readonly negativeMs: number;
  /** Milliseconds after which a stale contact is no better than none. */
  readonly staleMs: number;
  /** Most numbers kept; the one not asked for longest goes first. */
  readonly capacity: number;
}
export const CACHE_TIMES: CacheTimes = { positiveMs: 5 * 60_000, negativeMs: 60_000, staleMs: 60 * 60_000, capacity: 10_000 };

export class LookupCache {
  /** A Map keeps the order of insertion: the first key is the least recently used. */
  readonly #known = new Map<string, Known>();
  readonly #times: CacheTimes;

  constructor(times: CacheTimes) {
    this.#times = times;
  }

  get size(): number { return this.#known.size; }

  set(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size <= this.#times.capacity) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }

  get(key: string): Known | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    this.#known.delete(key);
    this.#known.set(key, known);
    return known;
  }

  /** `stale`: may be told, but ask again in the background. A stale "nobody" is never told: the caller may be a customer by now. */
  freshness(known: Known | undefined, now: Instant): Freshness {
    if (known === undefined) return 'absent';
    const age = now - known.at;
    if (known.contact === null) return age < this.#times.negativeMs ? 'fresh' : 'absent';
    if (age < this.#times.positiveMs) return 'fresh';
    return age < this.#times.staleMs ? 'stale' : 'absent';
  }
}
