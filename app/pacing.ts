/**
 * How fast each account is asked. What is asked on behalf of a caller who waits (lookups, pop-ups) overtakes what has days; which of the two it
 * is rides along in the asynchronous context, so that drivers need not know of it, and so does what a delivery met on its way.
 *
 * Two clocks rule a product: the bucket, which may be shared (Bitrix24 counts per portal and source address, crm-contracts 1.3), and the rests,
 * which are the account's own (it counts running time per key and method).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Http, HttpRequest } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Pace } from '../crm/driver.ts';
import { Limiter, type Priority, type Release } from '../outbox/limiter.ts';
import { Rests } from '../outbox/rests.ts';
import type { Timers } from '../outbox/timers.ts';
import { HttpFailure } from './http/failure.ts';

/** `restedMs`: the longest rest that kept a request of this work from being sent. */
interface Errand { readonly priority: Priority; restedMs: number | null }
const errand = new AsyncLocalStorage<Errand>();

export const withPriority = <Value>(priority: Priority, work: () => Promise<Value>): Promise<Value> => errand.run({ priority, restedMs: null }, work);

/** A delivery's work. A `try-later` that came of a rest says so (it tells nothing of the CRM's health), and for how long, where the driver did not. */
export async function onErrand(urgent: boolean, work: () => Promise<Verdict>): Promise<Verdict & { readonly rested?: true }> {
  const mine: Errand = { priority: urgent ? 'perishable' : 'durable', restedMs: null };
  const verdict = await errand.run(mine, work);
  if (verdict.kind !== 'try-later' || mine.restedMs === null) return verdict;
  return { ...verdict, retryAfterMs: verdict.retryAfterMs ?? mine.restedMs, rested: true };
}

/** The same for a delivery of many facts. */
export async function onErrandOfMany(work: () => Promise<readonly Verdict[]>): Promise<readonly (Verdict & { readonly rested?: true })[]> {
  const mine: Errand = { priority: 'durable', restedMs: null };
  const verdicts = await errand.run(mine, work);
  return verdicts.map((verdict) => (verdict.kind !== 'try-later' || mine.restedMs === null ? verdict
    : { ...verdict, retryAfterMs: verdict.retryAfterMs ?? mine.restedMs, rested: true as const }));
}

/** Longer than this nobody waits for a rest with a slot of the outbox in his hand: others could be told meanwhile. */
const PATIENCE_MS = 5_000;

/** Waits its turn before each request; the wait obeys the request's signal. Rejects HTTP_RESTING, not sent, where a rest is longer than the request can wait. */
export function pacedHttp(http: Http, limiter: Limiter, rests?: Rests): Http {
  return {
    request: async (request) => {
      const release = await turnOf(request, limiter, rests);
      try {
        return await http.request(request);
      } finally {
        release();
      }
    },
  };
}

async function turnOf(request: HttpRequest, limiter: Limiter, rests: Rests | undefined): Promise<Release> {
  const mine = errand.getStore();
  const priority = mine?.priority ?? 'durable';
  for (;;) {
    await rested(request, { rests, priority, mine });
    const release = await limiter.take(priority, request.signal);
    // The rest may have begun while this one waited in the queue.
    if (restOf(request, rests, priority) === 0) return release;
    release();
  }
}

/** A rest of one operation is a budget, and a pop-up may spend the last of it; where everything rests, everybody does. */
function restOf({ operation }: HttpRequest, rests: Rests | undefined, priority: Priority): number {
  if (rests === undefined) return 0;
  return priority === 'perishable' ? rests.ofAll() : rests.left(operation);
}

interface Resting { readonly rests: Rests | undefined; readonly priority: Priority; readonly mine: Errand | undefined }

async function rested(request: HttpRequest, { rests, priority, mine }: Resting): Promise<void> {
  const left = restOf(request, rests, priority);
  if (rests === undefined || left === 0) return;
  if (left < Math.min(request.timeoutMs, PATIENCE_MS)) {
    await rests.wait(left, request.signal);
    return;
  }
  if (mine !== undefined) mine.restedMs = Math.max(mine.restedMs ?? 0, left);
  const origin = URL.parse(request.url)?.origin ?? 'an address';
  throw new HttpFailure('HTTP_RESTING', origin, `it wants to be left alone${of(request)} for ${Math.ceil(left / 1000)} s more`, false, left);
}

const of = ({ operation }: HttpRequest): string => (operation === undefined ? '' : ` with ${operation.slice(0, 80)}`);

export interface AccountPace {
  /** The account's own way to the network. */
  http(http: Http): Http;
  /** What drivers get as `tools.rest`. */
  rest(operation: string | null, milliseconds: number): void;
}
export interface Pacing {
  /**
   * Accounts that name one `bucket` share it, and the pace of the first of them counts. `bucket`: the account's id, or what the product counts by
   * (Bitrix24: the portal's address, because two accounts behind our address are one for it).
   */
  of(account: { readonly bucket: string; readonly pace: Pace }): AccountPace;
}

export function createPacing(world: { readonly clock: Clock; readonly timers?: Timers }): Pacing {
  const buckets = new Map<string, Limiter>();
  return {
    of: ({ bucket, pace }) => {
      const limiter = buckets.get(bucket) ?? new Limiter({ ...pace, ...world, start: 'reserve' });
      buckets.set(bucket, limiter);
      const rests = new Rests(world);
      return { http: (http) => pacedHttp(http, limiter, rests), rest: (operation, milliseconds) => { rests.rest(operation, milliseconds); } };
    },
  };
}
