/** The accounts as the post room sees them: how many letters at a time, which may go together, and how urgent each question is. */
import type { Delivery } from '../../core/ports.ts';
import type { Deliver } from '../../outbox/attempt.ts';
import type { Batch } from '../../outbox/batch.ts';
import type { OutboxAccount } from '../../outbox/dispatcher.ts';
import type { Account } from '../accounts.ts';
import { onErrand, onErrandOfMany } from '../pacing.ts';

/**
 * Durable deliveries of one account that may be under way at once, and as many urgent ones beside them: together as many as the HTTP client has
 * connections to one host (`app/http.ts`). The account's limiter paces the requests below that.
 */
const IN_FLIGHT = 4;

export interface Posting { readonly accounts: readonly OutboxAccount[]; readonly deliver: Deliver }

export function postingOf(accounts: readonly Account[]): Posting {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  return {
    accounts: accounts.map((account) => ({ id: account.id, inFlight: IN_FLIGHT, ...batchOf(account) })),
    deliver: async (delivery, signal, urgent) => {
      const account = byId.get(delivery.account);
      if (account === undefined) return { kind: 'refused', reason: `account ${delivery.account} is no longer configured` };
      return await onErrand(urgent, () => account.driver.deliver(delivery.fact, signal));
    },
  };
}

function batchOf({ driver: { many } }: Account): { readonly batch?: Batch } {
  if (many === undefined || many.most < 2) return {};
  const facts = (deliveries: readonly Delivery[]) => deliveries.map(({ fact }) => fact);
  return { batch: {
    most: many.most, fits: ({ fact }) => many.fits(fact),
    deliver: (deliveries, signal) => onErrandOfMany(() => many.deliver(facts(deliveries), signal)),
  } };
}
