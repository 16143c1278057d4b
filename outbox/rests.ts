/**
 * What a product wants to be left alone with, and until when: one method (Bitrix24 `operating_reset_at`, counted per method and key) or everything
 * (X-RateLimit-Reset). In memory: after a restart the product says it again, at the price of one request.
 */
import type { Clock } from '../core/ports.ts';
import { instant, type Instant } from '../core/words.ts';
import { systemTimers, type Timers } from './timers.ts';

/** A product that asks for longer is not believed (its clock, or its answer, is wrong); the longest honest one is Bitrix24's ten minutes. */
export const LONGEST_REST_MS = 3_600_000;
/** Operations are our own words; a driver that makes them of what a CRM says must not fill the memory. */
const MOST = 1_000;

export class Rests {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #until = new Map<string | null, Instant>();

  constructor({ clock, timers = systemTimers }: { readonly clock: Clock; readonly timers?: Timers }) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Null = everything. A shorter rest never ends a longer one; nothing, or less than nothing, is no rest. */
  rest(operation: string | null, milliseconds: number): void {
    if (!(milliseconds > 0)) return;
    const until = instant(this.#clock.now() + Math.min(milliseconds, LONGEST_REST_MS));
    if (until <= (this.#until.get(operation) ?? 0)) return;
    this.#sweep();
    if (this.#until.size < MOST || this.#until.has(operation)) this.#until.set(operation, until);
  }

  /** Milliseconds until this may be asked; 0 = now. `undefined`: a request that names no operation. */
  left(operation: string | undefined): number {
    return Math.max(this.ofAll(), operation === undefined ? 0 : this.#leftOf(operation));
  }

  /** Of the rest that is everybody's alone. */
  ofAll(): number { return this.#leftOf(null); }

  /** Resolves after so many milliseconds, rejects with the signal's reason. */
  wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => { cancel(); reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted')); };
      const cancel = this.#timers.after(milliseconds, () => { signal?.removeEventListener('abort', leave); resolve(); });
      signal?.addEventListener('abort', leave, { once: true });
      if (signal?.aborted === true) leave();
    });
  }

  #leftOf(operation: string | null): number { return Math.max(0, (this.#until.get(operation) ?? 0) - this.#clock.now()); }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [operation, until] of this.#until) if (until <= now) this.#until.delete(operation);
  }
}
