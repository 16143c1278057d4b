/** What the CRMs said about numbers: so that a caller who calls again is routed without asking anybody. Bounded; the store behind it outlives a restart. */
import type { Instant } from '../core/words.ts';

export interface Known<Value> {
  /** Null = the CRM knows nobody. */
  readonly value: Value | null;
  readonly at: Instant;
  /** How it was asked, for asking again. */
  readonly number: string;
  readonly line: string;
}
interface Entry<Value> extends Known<Value> { uses: number; doubted: boolean }

/** `stale`: may be told, but ask again in the background. `doubted`: the CRM said that it changed; told only where it cannot be asked. */
export type Freshness = 'fresh' | 'stale' | 'doubted' | 'absent';

export interface CacheTimes {
  /** Milliseconds that a found contact counts as fresh. */
  readonly positiveMs: number;
  /** Milliseconds that "nobody" counts: short, because the clerk may be adding the caller right now. */
  readonly negativeMs: number;
  /** Milliseconds after which a stale contact is no better than none: so long a CRM may be down before names go. */
  readonly staleMs: number;
  /** Most numbers kept; the one not asked for longest goes first. */
  readonly capacity: number;
}
export const CACHE_TIMES: CacheTimes = { positiveMs: 90_000, negativeMs: 60_000, staleMs: 24 * 3_600_000, capacity: 10_000 };

export class LookupCache<Value> {
  /** A Map keeps the order of insertion: the first key is the least recently used. */
  readonly #known = new Map<string, Entry<Value>>();
  readonly #times: CacheTimes;

  constructor(times: CacheTimes) { this.#times = times; }

  get size(): number { return this.#known.size; }

  set(key: string, known: Known<Value>): void {
    const uses = this.#known.get(key)?.uses ?? 0;
    this.#known.delete(key);
    this.#known.set(key, { ...known, uses, doubted: false });
    if (this.#known.size <= this.#times.capacity) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }

  /** Does not count as a use. */
  peek(key: string): Known<Value> | null { return this.#known.get(key) ?? null; }

  /** Somebody asks for it. */
  use(key: string): Known<Value> | null {
    const entry = this.#known.get(key);
    if (entry === undefined) return null;
    this.#known.delete(key);
    this.#known.set(key, entry);
    entry.uses += 1;
    return entry;
  }

  /** A stale or doubted "nobody" is never told: the caller may be a customer by now. A clock that went back makes nothing fresh. */
  freshness(key: string, now: Instant): Freshness {
    const entry = this.#known.get(key);
    if (entry === undefined) return 'absent';
    const age = now - entry.at;
    const { positiveMs, negativeMs, staleMs } = this.#times;
    if (Math.abs(age) >= staleMs) return 'absent';
    const fresh = !entry.doubted && age >= 0 && age < (entry.value === null ? negativeMs : positiveMs);
    if (fresh) return 'fresh';
    if (entry.value === null) return 'absent';
    return entry.doubted ? 'doubted' : 'stale';
  }

  /** Returns how many. */
  doubt(key?: string): number {
    const doubted = key === undefined ? [...this.#known.values()] : [this.#known.get(key)].filter((entry) => entry !== undefined);
    for (const entry of doubted) entry.doubted = true;
    return doubted.length;
  }

  drop(): number {
    const { size } = this.#known;
    this.#known.clear();
    return size;
  }

  /** Those that somebody is behind, the most used first; `uses` at least. Uses fade with each asking, or yesterday's favourites would stay for ever. */
  favourites(uses: number, most: number): readonly (readonly [key: string, known: Known<Value>])[] {
    const found = [...this.#known].filter(([, entry]) => entry.value !== null && entry.uses >= uses).toSorted(([, one], [, other]) => other.uses - one.uses);
    for (const [, entry] of this.#known) entry.uses = Math.floor(entry.uses / 2);
    return found.slice(0, most);
  }

  /** The latest asked first. */
  *latest(): IterableIterator<readonly [key: string, known: Known<Value>]> { yield* [...this.#known].reverse(); }
}
