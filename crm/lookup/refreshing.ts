/**
 * Asks again, every few minutes, about the numbers that call often, so that their names and owners are new before they call. One question at a
 * time per account: callers who wait come first. An account that cannot tell is left alone until the next round.
 */
import type { Clock } from '../../core/ports.ts';
import type { Instant } from '../../core/words.ts';
import type { Desk } from './desk.ts';

export interface Timers { after(milliseconds: number, act: () => void): () => void }

export const systemTimers: Timers = {
  after: (milliseconds, act) => {
    const timer = setTimeout(act, milliseconds);
    timer.unref();
    return () => { clearTimeout(timer); };
  },
};

/** 240 s, and up to 60 s more or less: many CallMes must not ask one CRM in step. */
const [EVERY_MS, JITTER_MS] = [240_000, 60_000];
/** Numbers that were asked for so often since the last rounds, and so many of them per account and round. */
const [OFTEN, MOST] = [2, 100];
/** When somebody asks for a refresh of everything. */
const MOST_OF_ALL = 1_000;

export interface RefreshTools<Value> {
  readonly desks: readonly Desk<Value>[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  /** Once per round. */
  readonly tidy: () => void;
}

type List<Value> = ReturnType<Desk<Value>['cache']['favourites']>;
interface Errand<Value> { readonly desk: Desk<Value>; readonly list: List<Value> }

export class Refreshing<Value> {
  readonly #tools: RefreshTools<Value>;
  #cancel: (() => void) | null = null;
  #round: { readonly numbers: number; readonly done: Promise<void> } | null = null;
  #started = false;
  #ended = false;
  /** When the last round was through. */
  last: Instant | null = null;

  constructor(tools: RefreshTools<Value>) { this.#tools = tools; }

  start(): void {
    if (this.#started) return;
    [this.#started, this.#ended] = [true, false];
    this.#schedule();
  }

  async stop(): Promise<void> {
    [this.#started, this.#ended] = [false, true];
    this.#cancel?.();
    this.#cancel = null;
    await this.#round?.done;
  }

  /** Asks about everything that is known, behind the caller's back. Returns how many numbers that are; where a round is under way, of that one. */
  everything(): number {
    return this.#run(() => this.#tools.desks.map((desk) => ({ desk, list: desk.cache.favourites(0, MOST_OF_ALL) })));
  }

  #schedule(): void {
    const wait = EVERY_MS - JITTER_MS + Math.floor(this.#tools.random() * 2 * JITTER_MS);
    this.#cancel = this.#tools.timers.after(wait, () => {
      this.#tools.tidy();
      this.#run(() => this.#tools.desks.map((desk) => ({ desk, list: desk.cache.favourites(OFTEN, MOST) })));
      this.#schedule();
    });
  }

  #run(errands: () => readonly Errand<Value>[]): number {
    if (this.#round !== null) return this.#round.numbers;
    const mine = errands();
    const numbers = mine.reduce((sum, { list }) => sum + list.length, 0);
    const done = Promise.all(mine.map((errand) => this.#renew(errand))).then(() => {
      this.last = this.#tools.clock.now();
      this.#round = null;
    });
    this.#round = { numbers, done };
    return numbers;
  }

  async #renew({ desk, list }: Errand<Value>): Promise<void> {
    for (const [key, { number, line }] of list) {
      if (this.#isEnded()) return;
      const told = await desk.renew({ key, number: number === '' ? key : number, line });
      if (told.kind === 'failed') return;
    }
  }

  /** A method, because the compiler would believe the first answer for ever. */
  #isEnded(): boolean { return this.#ended; }
}
