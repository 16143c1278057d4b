import { AmiError } from './errors.ts';
import { within } from './timers.ts';
import type { Timers } from './timers.ts';
import type { Headers } from './wire.ts';

/** Decides about items that carry our ActionID: not for me, more to come, or the result. */
export interface Collector<Result> {
  take(item: Headers): 'not-mine' | 'more' | { readonly result: Result };
}

/** A plain action waits for its response. An event with our ActionID (OriginateResponse) is none, though it has a `Response` header. */
export const oneAnswer: Collector<Headers> = {
  take: (item) => (item.has('event') ? 'not-mine' : { result: item }),
};

interface Waiting {
  offer(item: Headers): boolean;
  fail(reason: AmiError): void;
}

/** Actions in flight: each settles exactly once, by its answer, its deadline or the end of the link. */
export class Pending {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Waiting>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** `ms` is for the whole of it, also of a list. Rejects with AMI_TIMEOUT, or with the reason given to `failAll`. */
  wait<Result>(id: string, what: string, ms: number, collector: Collector<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const offer = (item: Headers): boolean => {
      const taken = collector.take(item);
      if (taken === 'not-mine') return false;
      if (taken !== 'more') resolve(taken.result);
      return true;
    };
    this.#waiting.set(id, { offer: guarded(offer, reject), fail: reject });
    const late = (): AmiError => new AmiError('AMI_TIMEOUT', `no answer to ${what} within ${ms} ms`, 'is Asterisk overloaded or hanging?');
    return within(this.#timers, ms, promise, late).finally(() => this.#waiting.delete(id));
  }

  /** True when the item belongs to an action of ours. */
  offer(id: string, item: Headers): boolean {
    return this.#waiting.get(id)?.offer(item) ?? false;
  }

  failAll(reason: AmiError): void {
    for (const waiting of this.#waiting.values()) waiting.fail(reason);
    this.#waiting.clear();
  }
}

/** A collector that throws (its cap was reached) fails its own action and nothing else. */
function guarded(offer: (item: Headers) => boolean, reject: (reason: unknown) => void): (item: Headers) => boolean {
  return (item) => {
    try {
      return offer(item);
    } catch (error) {
      reject(error);
      return true;
    }
  };
}
