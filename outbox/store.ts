/** What the post room asks of a store, beyond `DeliveryStore`: a store that knows less of it still tells every call, only less cleverly. */
import type { Delivery, DeliveryStore, Settlement } from '../core/ports.ts';
import type { AccountId, Instant } from '../core/words.ts';

/** A delivery that was claimed. `urgent`: it is perishable itself, or a pop-up of its call waits behind it in its lane. */
export interface Claimed extends Delivery { readonly urgent?: boolean }

export interface ClaimMore {
  /** At most so many that are not urgent; default: `limit`. */
  readonly durable?: number;
  /** Take retries that are due and what was never tried in turns, the retries first; not given: the oldest first, whatever they are. */
  readonly retriesFirst?: boolean;
  /** Beyond the limit: what was never tried and fits rides along with what was claimed and fits, until there are `most` that fit. */
  readonly along?: { readonly most: number; fits(delivery: Delivery): boolean };
}

/** Why an account stands still, and since when. It outlives the process: `status` and `doctor` are other processes. */
export interface Standing {
  readonly account: AccountId;
  readonly why: 'locked-out' | 'unreachable';
  readonly reason: string;
  readonly since: Instant;
  /** How often it was asked since. */
  readonly looks: number;
  readonly nextLook: Instant;
}

export interface OutboxStore extends Omit<DeliveryStore, 'claim' | 'nextDue'> {
  claim(ask: Parameters<DeliveryStore['claim']>[0] & ClaimMore): readonly Claimed[];
  /** `urgent`: of perishable ones alone. */
  nextDue(accounts: readonly AccountId[], now: Instant, urgent?: boolean): Instant | null;
  /** All in one transaction; what `settle` would have said of each. */
  settleMany?(settled: readonly { readonly delivery: Delivery; readonly settlement: Settlement }[], now: Instant): readonly boolean[];
  /** Null: the account works. */
  mark?(account: AccountId, standing: Standing | null): void;
  standings?(): readonly Standing[];
}
