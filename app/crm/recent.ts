/** What was seen lately, bounded: the oldest goes first. */
export class Recent {
  readonly #seen = new Map<string, number>();
  readonly #ms: number;
  readonly #most: number;
  readonly #now: () => number;

  constructor(ms: number, most: number, now: () => number) {
    this.#ms = ms;
    this.#most = most;
    this.#now = now;
  }

  /** Whether it was seen within the time; from now on it was. */
  seen(id: string): boolean {
    const now = this.#now();
    const before = this.#seen.get(id);
    this.#seen.delete(id);
    this.#seen.set(id, now);
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > this.#most && oldest.done !== true) this.#seen.delete(oldest.value);
    return before !== undefined && now - before < this.#ms;
  }
}
