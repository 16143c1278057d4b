/** One account at the post room: what is under way for it, how much more may go, and when what was held may try again. */
import { instant, type AccountId, type Instant } from '../core/words.ts';
import type { Batch } from './batch.ts';
import { Breaker } from './breaker.ts';

export interface OutboxAccount {
  readonly id: AccountId;
  /** How many durable deliveries may be under way at once. */
  readonly inFlight: number;
  /** How many urgent ones beside them; default: as many. */
  readonly urgent?: number;
  /** The product takes many facts in one request. */
  readonly batch?: Batch;
}

/** What was held looks again after this, when nothing else of its account is left to tell. */
const HELD_MS = 60_000;
/** It looks again while there is much to tell, at the price of a minute's standstill if it is locked out again: after this, and twice as long each time. */
const LEAST_STARVED_MS = 10 * 60_000;
const MOST_STARVED_MS = 2 * 60 * 60_000;

/** `limit` in all, `durable` of them durable. */
export interface Room { readonly limit: number; readonly durable: number }

export class Desk {
  readonly account: OutboxAccount;
  readonly breaker: Breaker;
  /** Jobs under way: a batch is one. */
  durable = 0;
  urgent = 0;
  /** Each claim begins with the other kind: neither a backlog nor what always fails may starve the other. */
  retriesFirst = true;
  /** The store holds a word about this account's standstill. */
  marked = false;
  /** When what was held may try again: as soon as nothing else is left, and even before a backlog; null = nothing was held. */
  #releaseAt: Instant | null = null;
  #starvedAt: Instant | null = null;
  #starvedMs = LEAST_STARVED_MS;

  constructor(account: OutboxAccount, random: () => number) {
    this.account = account;
    this.breaker = new Breaker(random);
  }

  /** A probe is one, of whatever kind. */
  room(now: Instant): Room {
    const { inFlight, urgent = inFlight } = this.account;
    const limit = this.breaker.room(now, inFlight + urgent, this.durable + this.urgent);
    return { limit, durable: this.breaker.status.state === 'open' ? limit : Math.min(limit, Math.max(0, inFlight - this.durable)) };
  }

  held(now: Instant): void {
    this.#releaseAt = instant(now + HELD_MS);
    if (this.#starvedAt !== null) return;
    this.#starvedAt = instant(now + this.#starvedMs);
    this.#starvedMs = Math.min(MOST_STARVED_MS, this.#starvedMs * 2);
  }

  /** The account works again. What found it locked out is the oldest of all that waits. */
  freed(now: Instant): void {
    this.#releaseAt = this.#starvedAt = now;
    this.#starvedMs = LEAST_STARVED_MS;
  }

  released(): void { this.#releaseAt = this.#starvedAt = null; }

  /** May what was held go now? `idle`: nothing else of this account is left. */
  mayRelease(now: Instant, idle: boolean): boolean {
    const at = idle ? this.#releaseAt : this.breaker.status.state === 'closed' ? this.#starvedAt : null;
    return at !== null && now >= at;
  }

  /** When something changes here by time alone. */
  changes(now: Instant): readonly Instant[] {
    const { status } = this.breaker;
    if (status.state === 'open') return status.until > now ? [status.until] : [];
    return this.room(now).durable === 0 ? [] : [this.#releaseAt, this.#starvedAt].filter((at) => at !== null);
  }
}
