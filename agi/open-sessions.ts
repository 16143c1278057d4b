import type { AgiSession } from './session.ts';

/**
 * The sessions that are open now. Places in an array, used again and again, instead of a Set: a Set that gets and loses its members
 * all day rebuilds its table, and each old table keeps dead sessions alive until the next full collection (a tenth of a session's CPU
 * time, measured with bench/agi-route).
 */
export class OpenSessions {
  readonly #places: (AgiSession | null)[] = [];
  readonly #free: number[] = [];

  get size(): number { return this.#places.length - this.#free.length; }

  /** Keeps the session until it is closed. */
  add(session: AgiSession): void {
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = session;
    void session.closed.then(() => {
      this.#places[place] = null;
      this.#free.push(place);
    });
  }

  all(): AgiSession[] {
    return this.#places.filter((session) => session !== null);
  }
}
