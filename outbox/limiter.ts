/**
 * Paces the requests to one account, or to all accounts that a product counts together: a token bucket of `burst` that fills with
 * `perSecond`, and at most `parallel` requests under way. Perishable requests (lookups, pop-ups) overtake durable ones, and durable ones
 * leave a part of the bucket and of the ways to them: with the bucket drained by a backlog, a lookup that has 800 ms would wait half of that
 * for the next token of a CRM that allows two requests a second; with every way taken by an upload it would wait for a minute.
 */
import type { Clock } from '../core/ports.ts';
import type { Instant } from '../core/words.ts';
import { OutboxError } from './errors.ts';
import { systemTimers, type Cancel, type Timers } from './timers.ts';

export type Priority = 'perishable' | 'durable';
/** To be called when the request is over, however it ended; a second call changes nothing. */
export type Release = () => void;

export interface LimiterOptions {
  /** Steady rate, above 0. Fractions are fine (18 a minute = 0.3). */
  readonly perSecond: number;
  /** How many at once after a rest, at least 1. */
  readonly burst: number;
  /** How many under way at once, at least 1; not given = as many as want to. */
  readonly parallel?: number;
  /**
   * `reserve`: it starts with what is kept for perishable requests, and one more. Whoever was killed in the middle of a drain has left a CRM whose
   * bucket is nearly full. Default: full.
   */
  readonly start?: 'full' | 'reserve';
  readonly clock: Clock;
  readonly timers?: Timers;
  /** How many may wait, per priority. */
  readonly queue?: number;
}

interface Waiter { readonly grant: () => void }

const QUEUE = 1_000;
/** The part of the bucket, and of the ways, that durable requests leave alone. */
const RESERVED = 0.2;
/** Tokens are fractions; sums of fractions miss the whole by a hair. */
const HAIR = 1e-9;

/** One of one cannot be reserved. */
const reserveOf = (all: number): number => (all === Infinity ? 0 : Math.min(all - 1, Math.ceil(all * RESERVED)));

export class Limiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #parallel: number;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #queue: number;
  readonly #waiting: Readonly<Record<Priority, Set<Waiter>>> = { perishable: new Set(), durable: new Set() };
  #tokens: number;
  #underWay = 0;
  #filledAt: Instant;
  #cancel: Cancel | null = null;

  constructor({ perSecond, burst, parallel = Infinity, start = 'full', clock, timers = systemTimers, queue = QUEUE }: LimiterOptions) {
    if (!(perSecond > 0) || !(burst >= 1) || !(parallel >= 1)) throw new RangeError('a limiter needs perSecond > 0, burst >= 1 and parallel >= 1');
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#parallel = parallel;
    this.#clock = clock;
    this.#timers = timers;
    this.#queue = queue;
    this.#tokens = start === 'full' ? burst : 1 + reserveOf(burst);
    this.#filledAt = clock.now();
  }

  /** How many requests wait for their turn. */
  get waiting(): number { return this.#waiting.perishable.size + this.#waiting.durable.size; }
  /** How many are under way. */
  get underWay(): number { return this.#underWay; }

  /** Resolves when one request may go. Rejects with the signal's reason, or with OUTBOX_LIMITER_FULL; either way no token was taken. */
  take(priority: Priority, signal?: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[priority];
      const refusal = this.#refusal(queue.size, signal);
      if (refusal !== null) {
        reject(refusal);
        return;
      }
      const leave = () => { queue.delete(waiter); reject(asError(signal?.reason)); this.#serve(); };
      const waiter: Waiter = { grant: () => { signal?.removeEventListener('abort', leave); resolve(this.#way()); } };
      signal?.addEventListener('abort', leave, { once: true });
      queue.add(waiter);
      this.#serve();
    });
  }

  #way(): Release {
    this.#underWay += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#underWay -= 1;
      if (this.#parallel !== Infinity) this.#serve();
    };
  }

  #refusal(size: number, signal: AbortSignal | undefined): Error | null {
    if (signal?.aborted === true) return asError(signal.reason);
    return size >= this.#queue ? full(size) : null;
  }

  #serve(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#fill();
    for (let next = this.#next(); next !== null && this.#tokens + HAIR >= next.needs; next = this.#next()) {
      this.#tokens -= 1;
      next.queue.delete(next.waiter);
      next.waiter.grant();
    }
    this.#sleep();
  }

  /** Who goes next, as soon as there are tokens; null = nobody may, however many there are. */
  #next(): { readonly queue: Set<Waiter>; readonly waiter: Waiter; readonly needs: number } | null {
    for (const priority of ['perishable', 'durable'] as const) {
      const queue = this.#waiting[priority];
      if (this.#underWay >= this.#ways(priority)) continue;
      for (const waiter of queue) return { queue, waiter, needs: this.#needs(priority) };
    }
    return null;
  }

  #ways(priority: Priority): number { return priority === 'perishable' ? this.#parallel : this.#parallel - reserveOf(this.#parallel); }
  #needs(priority: Priority): number { return priority === 'perishable' ? 1 : 1 + reserveOf(this.#burst); }

  /** A clock that is set back fills nothing; it must not drain the bucket either. */
  #fill(): void {
    const now = this.#clock.now();
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#perSecond) / 1000);
    this.#filledAt = now;
  }

  /** Without a way nobody sleeps: whoever comes home serves. */
  #sleep(): void {
    const next = this.#next();
    if (next === null) return;
    const milliseconds = Math.ceil(((next.needs - this.#tokens) * 1000) / this.#perSecond);
    this.#cancel = this.#timers.after(Math.max(1, milliseconds), () => this.#serve());
  }
}

const asError = (reason: unknown): Error => reason instanceof Error ? reason : new Error('aborted');

function full(size: number): OutboxError {
  return new OutboxError('OUTBOX_LIMITER_FULL', `${size} requests wait for this account already`);
}
