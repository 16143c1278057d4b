/** How often each asker failed lately (a wrong token, a link that is not valid): a leaky bucket per asker, with a cap on askers. */
import type { Clock } from '../core/ports.ts';
import { asker } from './addresses.ts';

export interface FailureLimits {
  /** Failures at once. */
  readonly burst: number;
  /** Milliseconds in which one is forgiven. */
  readonly forgiveMs: number;
}

interface Bucket { readonly level: number; readonly at: number }

/** Beyond it the oldest is forgotten: a flood from many addresses must not become memory. */
const ASKERS = 10_000;

export class Failures {
  readonly #limits: FailureLimits;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: FailureLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Milliseconds until this asker may try again; 0 = now. */
  waits(address: string): number {
    const over = this.#level(asker(address)) - (this.#limits.burst - 1);
    return over <= 0 ? 0 : Math.ceil(over * this.#limits.forgiveMs);
  }

  failed(address: string): void {
    const key = asker(address);
    // Full is full: a flood must not lock an asker out for longer than a few failures do.
    const level = Math.min(this.#limits.burst, this.#level(key) + 1);
    this.#buckets.delete(key);
    this.#buckets.set(key, { level, at: this.#clock.now() });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > ASKERS && oldest !== undefined) this.#buckets.delete(oldest);
  }

  #level(key: string): number {
    const bucket = this.#buckets.get(key);
    return bucket === undefined ? 0 : Math.max(0, bucket.level - Math.max(0, this.#clock.now() - bucket.at) / this.#limits.forgiveMs);
  }
}
