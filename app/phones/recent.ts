/** The latest answers, so many and no more: what was not asked for longest goes first. */
export class Recent<Value> {
  /** A Map keeps the order of insertion: the first key is the one not asked for longest. */
  readonly #answers = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) { this.#most = most; }

  get size(): number { return this.#answers.size; }

  /** The answer to `key`, made by `make` where it is not known. */
  of(key: string, make: () => Value): Value {
    const known = this.#answers.get(key);
    const value = known ?? make();
    if (known !== undefined) this.#answers.delete(key);
    this.#answers.set(key, value);
    const oldest = this.#answers.size > this.#most ? this.#answers.keys().next() : null;
    if (oldest?.done === false) this.#answers.delete(oldest.value);
    return value;
  }
}
