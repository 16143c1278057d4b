import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../core/ports.ts';
import { instant, type Instant } from '../../core/words.ts';
import type { Cancel, Timers } from '../../outbox/timers.ts';

/** A clock that stands still until `advance` moves it, and the timers that hang on it. */
export class FakeTime implements Clock, Timers {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly act: () => void }>();
  readonly #soon = new Set<() => void>();

  constructor(now = 1_790_000_000_000) { this.#now = now; }

  now(): Instant { return instant(this.#now); }

  after(milliseconds: number, act: () => void): Cancel {
    const timer = { at: this.#now + milliseconds, act };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  soon(act: () => void): Cancel {
    this.#soon.add(act);
    return () => void this.#soon.delete(act);
  }

  /** How many timers wait: a stopped service must leave none. */
  get pending(): number { return this.#timers.size + this.#soon.size; }

  /** Sets the clock without a timer firing, as after a machine's sleep or a correction. */
  jump(milliseconds: number): void { this.#now += milliseconds; }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    do {
      for (const act of [...this.#soon]) {
        if (this.#soon.delete(act)) act();
      }
      await turn();
    } while (this.#soon.size > 0);
  }

  /** Lets time pass: each timer fires at its own instant, with everything that follows from it. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await this.settle();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
      await this.settle();
    }
    this.#now = until;
    await this.settle();
  }

  #next(until: number) {
    const due = [...this.#timers].filter((timer) => timer.at <= until).sort((one, other) => one.at - other.at);
    return due[0] ?? null;
  }
}
