import { instant } from '../../core/words.ts';
import type { Instant } from '../../core/words.ts';
import type { Timers } from '../../ami/timers.ts';

/** Time that goes only when a test says so. Promises settle between the timers that `pass` runs. */
export class FakeTimers implements Timers {
  #now = 1_800_000_000_000;
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>();
  #set = 0;
  #wake: (() => void)[] = [];

  now(): Instant {
    return instant(this.#now);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#due.add(timer);
    this.#set++;
    for (const wake of this.#wake.splice(0)) wake();
    return () => this.#due.delete(timer);
  }

  /** Milliseconds until each waiting timer, shortest first. */
  get waiting(): readonly number[] {
    return [...this.#due].map((timer) => timer.at - this.#now).sort((a, b) => a - b);
  }

  /** Resolves when that many timers have been set since the beginning. */
  async set(times: number): Promise<void> {
    while (this.#set < times) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** Resolves when a timer waits whose remaining milliseconds match. */
  async armed(matches: (ms: number) => boolean): Promise<void> {
    while (!this.waiting.some(matches)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#due.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }

  #next(end: number): { readonly at: number; readonly run: () => void } | undefined {
    return [...this.#due].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}
