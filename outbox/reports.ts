/** What the outbox says: one line per settlement, one when an account stops, one when it goes on; nothing for each probe between. */
import type { Delivery, Log, Settlement } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import type { AccountId } from '../core/words.ts';
import { spoken } from './attempt.ts';
import type { Breaker, Change } from './breaker.ts';

/** Called once for every settlement that the store took, with the driver's answer and what was made of it. */
export type OnSettled = (delivery: Delivery, verdict: Verdict, settlement: Settlement) => void;

export interface Settled { readonly delivery: Delivery; readonly verdict: Verdict; readonly settlement: Settlement }

export const about = ({ id, account, call, fact }: Delivery) => ({ delivery: id, account, call, fact: fact.id });

/** A listener that throws is our bug or a plug-in's, but the delivery is settled: the post room goes on. */
export function reportSettled(to: { readonly log: Log; readonly onSettled?: OnSettled }, { delivery, verdict, settlement }: Settled): void {
  const fields = { ...about(delivery), state: settlement.state, attempts: delivery.attempts, reason: settlement.reason };
  if (settlement.state === 'dead') to.log.warn(fields, 'a delivery is dead: see `callme outbox show`');
  else to.log.debug(fields, 'a delivery was settled');
  try {
    to.onSettled?.(delivery, verdict, settlement);
  } catch (failure) {
    to.log.error({ ...about(delivery), failure: spoken(failure) }, 'the listener for settled deliveries failed');
  }
}

export function reportBreaker(log: Log, desk: { readonly account: { readonly id: AccountId }; readonly breaker: Breaker }, change: Change): void {
  const { account, breaker: { status } } = desk;
  if (change === 'closed') log.info({ account: account.id }, 'the account answers again: its deliveries go on');
  if (change !== 'opened' || status.state !== 'open') return;
  const fields = { account: account.id, reason: status.reason };
  if (status.why === 'locked-out') log.error(fields, LOCKED_OUT);
  else log.warn(fields, UNREACHABLE);
}

const LOCKED_OUT = 'the CRM does not let this account in: its deliveries wait; renew its key or token and its rights (`callme crm check` '
  + 'says what is missing); CallMe looks again every minute';
const UNREACHABLE = 'the CRM of this account does not answer: its deliveries wait and are told when it is back; check its address and the network';
