/**
 * Deliveries at rest and on their way. What is persisted: every state change, each in one transaction with the choice of the lane's next
 * head. What is counted before the try: attempts and fence, so that a process that dies in the middle has spent them. What is final:
 * done, skipped, dead, expired, dropped; only `retry` (an operator) brings dead and dropped ones back.
 */
import type { Delivery, DeliveryState, DeliveryStore, Settlement } from '../../core/ports.ts';
import type { AccountId, DeliveryId, Instant } from '../../core/words.ts';
import { instant } from '../../core/words.ts';
import { claimHeads, type ClaimAsk } from './claim.ts';
import type { Connection } from './connection.ts';
import { listDeliveries, readDelivery, sequence } from './delivery-rows.ts';
import { electHead, UNSETTLED } from './lanes.ts';
import { number, numberOrNull, text, whole } from './rows.ts';

const SETTLE = `update deliveries set state = :state, reason = :reason, not_before = coalesce(:not_before, not_before),
    due_at = :not_before, head = 0, node = null, updated_at = :now
  where tenant = :tenant and seq = :seq and fence = :fence and state = 'claimed'`;
const PERISHED = `tenant = :tenant and deadline <= :now and deadline is not null and ${UNSETTLED}
  and (state <> 'claimed' or due_at <= :now)`;
const ANY_PERISHED = `select 1 from deliveries where ${PERISHED} limit 1`;
const EXPIRE = `update deliveries set state = 'expired', reason = 'its deadline passed', due_at = null, head = 0, node = null, updated_at = :now
  where ${PERISHED} returning lane`;
const RELEASE = `update deliveries set state = 'pending', not_before = :now, due_at = 0, updated_at = :now
  where tenant = :tenant and account = :account and state = 'held'`;
const TAKE_BACK = `update deliveries set state = 'pending', due_at = 0, node = null, updated_at = :now where tenant = :tenant and state = 'claimed'`;
const RETRY = `update deliveries set state = 'pending', attempts = 0, not_before = :now, due_at = 0, reason = '', updated_at = :now
  where tenant = :tenant and seq = :seq and state in ('dead', 'held', 'deferred', 'dropped')`;
const DROP = `update deliveries set state = 'dropped', reason = :reason, due_at = null, head = 0, updated_at = :now
  where tenant = :tenant and seq = :seq and state in ('pending', 'deferred', 'held', 'dead')`;
const NEXT_DUE = `select min(due_at) as due from deliveries
  where tenant = :tenant and account = :account and (deadline is null) = :durable and head = 1`;
const LANE = 'select lane from deliveries where tenant = :tenant and seq = :seq';
const COUNT = 'select state, count(*) as number from deliveries where tenant = :tenant group by state';

export const deliveryStatements = { SETTLE, ANY_PERISHED, EXPIRE, RELEASE, NEXT_DUE };

export function sqliteDeliveries(connection: Connection): DeliveryStore {
  return {
    claim: (ask: ClaimAsk) => claimHeads(connection, ask),
    settle: (delivery, settlement, now) => settle(connection, delivery, settlement, now),
    nextDue: (accounts, now) => nextDue(connection, accounts, now),
    expire: (now) => expire(connection, now),
    takeBack: (now) => connection.run(TAKE_BACK, { now: whole(now) }),
    release: (account, now) => connection.run(RELEASE, { account, now: whole(now) }),
    list: (filter) => listDeliveries(connection, filter),
    get: (id) => readDelivery(connection, sequence(id)),
    retry: (id, now) => changeAtRest(connection, id, () => connection.run(RETRY, { seq: sequence(id), now: whole(now) })),
    drop: (id, reason, now) => changeAtRest(connection, id, () => connection.run(DROP, { seq: sequence(id), reason, now: whole(now) })),
    count: () => count(connection),
  };
}

function settle(connection: Connection, delivery: Delivery, settlement: Settlement, now: Instant): boolean {
  const { state, reason } = settlement;
  const notBefore = settlement.state === 'deferred' ? whole(settlement.notBefore) : null;
  return connection.transaction(() => {
    const changed = connection.run(SETTLE,
      { seq: sequence(delivery.id), fence: delivery.fence, state, reason, not_before: notBefore, now: whole(now) });
    if (changed === 1) electHead(connection, delivery.lane);
    return changed === 1;
  });
}

/** The look comes first because the outbox asks all day long, and an empty look takes no write lock. */
function expire(connection: Connection, now: Instant): number {
  const at = { now: whole(now) };
  if (connection.get(ANY_PERISHED, at) === undefined) return 0;
  return connection.transaction(() => {
    const rows = connection.all(EXPIRE, at);
    for (const lane of new Set(rows.map((row) => text(row, 'lane')))) electHead(connection, lane);
    return rows.length;
  });
}

function nextDue(connection: Connection, accounts: readonly AccountId[], now: Instant): Instant | null {
  const dues = accounts.flatMap((account) => [0, 1].map((durable) => dueOf(connection, account, durable)));
  const known = dues.filter((due) => due !== null);
  return known.length === 0 ? null : instant(Math.max(now, Math.min(...known)));
}

function dueOf(connection: Connection, account: AccountId, durable: number): number | null {
  const row = connection.get(NEXT_DUE, { account, durable });
  return row === undefined ? null : numberOrNull(row, 'due');
}

function changeAtRest(connection: Connection, id: DeliveryId, change: () => number): boolean {
  return connection.transaction(() => {
    const row = connection.get(LANE, { seq: sequence(id) });
    if (row === undefined || change() === 0) return false;
    electHead(connection, text(row, 'lane'));
    return true;
  });
}

function count(connection: Connection): Partial<Record<DeliveryState, number>> {
  const rows = connection.all(COUNT, {});
  return Object.fromEntries(rows.map((row) => [text(row, 'state'), number(row, 'number')]));
}
