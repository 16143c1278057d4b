/**
 * One limiter per account, whoever asks. What is asked on behalf of a caller who waits (lookups, pop-ups) overtakes what has days; which of
 * the two it is rides along in the asynchronous context, so that drivers need not know of it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Http } from '../core/ports.ts';
import type { Limiter, Priority } from '../outbox/limiter.ts';

const urgency = new AsyncLocalStorage<Priority>();

export const withPriority = <Value>(priority: Priority, work: () => Promise<Value>): Promise<Value> => urgency.run(priority, work);

/** Waits its turn before each request; the wait obeys the request's signal. */
export function pacedHttp(http: Http, limiter: Limiter): Http {
  return {
    request: async (request) => {
      await limiter.take(urgency.getStore() ?? 'durable', request.signal);
      return await http.request(request);
    },
  };
}
