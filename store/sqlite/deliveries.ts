/**
 * Deliveries at rest and on their way. What is persisted: every state change, each in one transaction with the choice of the lane's next
 * head. What is counted before the try: attempts and fence, so that a process that dies in the middle has spent them. What is final:
 * done, skipped, dead, expired, dropped; only `retry` (an operator) brings dead and dropped ones back. What burns nothing: being locked out
 * (`held` gives the attempt back), so that a week without a valid token brings no call nearer to its end.
 */
import type { Delivery, DeliveryState, DeliveryStore, Settlement } from '../../core/ports.ts';
import type { AccountId, DeliveryId, Instant } from '../../core/words.ts';
import { instant } from '../../core/words.ts';
import { attemptsOf, type Attempt, writeAllLost, writeByHand, writeSettled } from './attempts.ts';
import { claimHeads, type Claimed, type ClaimAsk } from './claim.ts';
import type { Connection } from './connection.ts';
import { listDeliveries, readDelivery, sequence } from './delivery-rows.ts';
import { electHead, UNSETTLED } from './lanes.ts';
import { number, numberOrNull, text, whole } from './rows.ts';
import { setStanding, type Standing, standings, type Waiting, waiting } from './standings.ts';

const SETTLE = `update deliveries set state = :state, reason = :reason, not_before = coalesce(:not_before, not_before),
    due_at = :not_before, head = 0, node = null, attempts = attempts - (:state = 'held'), updated_at = :now
  where tenant = :tenant and seq = :seq and fence = :fence and state = 'claimed'`;
const PERISHED = `tenant = :tenant and deadline <= :now and deadline is not null and ${UNSETTLED}
  and (state <> 'claimed' or due_at <= :now)`;
const ANY_PERISHED = `select 1 from deliveries where ${PERISHED} limit 1`;
const EXPIRE = `update deliveries set state = 'expired', reason = 'its deadline passed', due_at = null, head = 0, node = null, updated_at = :now
  where ${PERISHED} returning lane`;
const RELEASE = `update deliveries set state = 'pending', not_before = :now, due_at = 0, updated_at = :now
  where tenant = :tenant and account = :account and state = 'held'`;
const TAKE_BACK = `update deliveries set state = 'pending', due_at = 0, node = null, updated_at = :now where tenant = :tenant and state = 'claimed'`;
const REST = "('dead', 'held', 'deferred', 'dropped')";
const RETRY = `update deliveries set state = 'pending', attempts = 0, not_before = :now, due_at = 0, reason = '', updated_at = :now
  where tenant = :tenant and seq = :seq and state in ${REST}`;
const AT_REST = 'select seq, lane from deliveries where tenant = :tenant and state = :state and seq > :after order by seq limit :limit';
const AT_REST_OF = 'select seq, lane from deliveries where tenant = :tenant and state = :state and +account = :account and seq > :after order by seq limit :limit';
const DROP = `update deliveries set state = 'dropped', reason = :reason, due_at = null, head = 0, updated_at = :now
  where tenant = :tenant and seq = :seq and state in ('pending', 'deferred', 'held', 'dead')`;
const NEXT_DUE = `select min(due_at) as due from deliveries
  where tenant = :tenant and account = :account and (deadline is null) = :durable and head = 1`;
const LANE = 'select lane from deliveries where tenant = :tenant and seq = :seq';
const COUNT = 'select state, count(*) as number from deliveries where tenant = :tenant group by state';

export const deliveryStatements = { SETTLE, ANY_PERISHED, EXPIRE, RELEASE, NEXT_DUE, AT_REST, AT_REST_OF };

/** Everything in these states, of one account or of all. */
export interface Which { readonly states: readonly DeliveryState[]; readonly account?: AccountId }

/** What this store knows of deliveries beyond the port. */
export interface SqliteDeliveries extends DeliveryStore {
  claim(ask: ClaimAsk): readonly Claimed[];
  nextDue(accounts: readonly AccountId[], now: Instant, urgent?: boolean): Instant | null;
  settleMany(settled: readonly { readonly delivery: Delivery; readonly settlement: Settlement }[], now: Instant): readonly boolean[];
  mark(account: AccountId, standing: Standing | null): void;
  standings(): readonly Standing[];
  waiting(): readonly Waiting[];
  /** Oldest first. */
  attempts(id: DeliveryId): readonly Attempt[];
  /** As `retry`, of all that fit: a few hundred a transaction, so that a server beside it is never kept waiting. Returns their ids. */
  retryAll(which: Which, now: Instant): readonly DeliveryId[];
  dropAll(which: Which, reason: string, now: Instant): readonly DeliveryId[];
}

export function sqliteDeliveries(connection: Connection): SqliteDeliveries {
  return {
    claim: (ask) => claimHeads(connection, ask),
    settle: (delivery, settlement, now) => connection.transaction(() => settle(connection, delivery, settlement, now)),
    settleMany: (settled, now) => connection.transaction(() => settled.map(({ delivery, settlement }) => settle(connection, delivery, settlement, now))),
    mark: (account, standing) => { setStanding(connection, account, standing); },
    standings: () => standings(connection),
    waiting: () => waiting(connection),
    attempts: (id) => attemptsOf(connection, id),
    retryAll: (which, now) => changeAll(connection, which, (seq) => retry(connection, seq, now)),
    dropAll: (which, reason, now) => changeAll(connection, which, (seq) => drop(connection, { seq, reason, now: whole(now) })),
    nextDue: (accounts, now, urgent) => nextDue(connection, { accounts, kinds: urgent === true ? [0] : [0, 1] }, now),
    expire: (now) => expire(connection, now),
    takeBack: (now) => connection.transaction(() => {
      writeAllLost(connection, whole(now));
      return connection.run(TAKE_BACK, { now: whole(now) });
    }),
    release: (account, now) => connection.run(RELEASE, { account, now: whole(now) }),
    list: (filter) => listDeliveries(connection, filter),
    get: (id) => readDelivery(connection, sequence(id)),
    retry: (id, now) => connection.transaction(() => changeAtRest(connection, id, () => retry(connection, sequence(id), now))),
    drop: (id, reason, now) => connection.transaction(() => changeAtRest(connection, id, () => drop(connection, { seq: sequence(id), reason, now: whole(now) }))),
    count: () => count(connection),
  };
}

function settle(connection: Connection, delivery: Delivery, settlement: Settlement, now: Instant): boolean {
  const { state, reason } = settlement;
  const notBefore = settlement.state === 'deferred' ? whole(settlement.notBefore) : null;
  const row = { seq: sequence(delivery.id), fence: delivery.fence, reason, now: whole(now) };
  writeSettled(connection, { ...row, end: state });
  const changed = connection.run(SETTLE, { ...row, state, not_before: notBefore });
  if (changed === 1) electHead(connection, delivery.lane);
  return changed === 1;
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

/** `kinds`: 0 perishable, 1 durable. */
function nextDue(connection: Connection, { accounts, kinds }: { readonly accounts: readonly AccountId[]; readonly kinds: readonly number[] }, now: Instant): Instant | null {
  const dues = accounts.flatMap((account) => kinds.map((durable) => dueOf(connection, account, durable)));
  const known = dues.filter((due) => due !== null);
  return known.length === 0 ? null : instant(Math.max(now, Math.min(...known)));
}

function dueOf(connection: Connection, account: AccountId, durable: number): number | null {
  const row = connection.get(NEXT_DUE, { account, durable });
  return row === undefined ? null : numberOrNull(row, 'due');
}

function changeAtRest(connection: Connection, id: DeliveryId, change: () => number): boolean {
  const row = connection.get(LANE, { seq: sequence(id) });
  if (row === undefined || change() === 0) return false;
  electHead(connection, text(row, 'lane'));
  return true;
}

function retry(connection: Connection, seq: number, now: Instant): number {
  const changed = connection.run(RETRY, { seq, now: whole(now) });
  if (changed === 1) writeByHand(connection, seq, { end: 'retried', reason: '', now: whole(now) });
  return changed;
}

function drop(connection: Connection, row: { readonly seq: number; readonly reason: string; readonly now: number }): number {
  const changed = connection.run(DROP, row);
  if (changed === 1) writeByHand(connection, row.seq, { end: 'dropped', reason: row.reason, now: row.now });
  return changed;
}

const AT_A_TIME = 200;

function changeAll(connection: Connection, { states, account }: Which, change: (seq: number) => number): readonly DeliveryId[] {
  return states.flatMap((state) => {
    const done: DeliveryId[] = [];
    for (let after = 0, more = true; more;) {
      const page = { state, after, limit: AT_A_TIME };
      const ids = (account === undefined ? connection.all(AT_REST, page) : connection.all(AT_REST_OF, { ...page, account })).map((row) => String(number(row, 'seq')) as DeliveryId);
      connection.transaction(() => { for (const id of ids) if (changeAtRest(connection, id, () => change(sequence(id)))) done.push(id); });
      after = Number(ids.at(-1) ?? after);
      more = ids.length === AT_A_TIME;
    }
    return done;
  });
}

function count(connection: Connection): Partial<Record<DeliveryState, number>> {
  const rows = connection.all(COUNT, {});
  return Object.fromEntries(rows.map((row) => [text(row, 'state'), number(row, 'number')]));
}
