/**
 * Claiming: perishable first, then the oldest, heads of lanes alone (see migration 1 for `head` and `due_at`). Each look reads at most
 * `limit` entries of one index per account and kind, so its cost grows neither with the history nor with the backlog.
 */
import type { Delivery, DeliveryStore } from '../../core/ports.ts';
import type { AccountId } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import type { Connection, Row } from './connection.ts';
import { readDelivery } from './delivery-rows.ts';
import { electHead } from './lanes.ts';
import { number, text, whole } from './rows.ts';

export type ClaimAsk = Parameters<DeliveryStore['claim']>[0];

const HEADS = 'select seq, lane, deadline is null as durable from deliveries where tenant = :tenant and account = :account and head = 1';
const PERISHABLE = `${HEADS} and (deadline is null) = 0 and due_at <= :now and deadline > :now order by due_at, seq limit :limit`;
/** Never tried, in the order they came. */
const FRESH = `${HEADS} and (deadline is null) = 1 and due_at = 0 order by seq limit :limit`;
/** Deferred and due, or claimed by somebody whose lease ran out. */
const AGAIN = `${HEADS} and (deadline is null) = 1 and due_at > 0 and due_at <= :now order by due_at, seq limit :limit`;
const CLAIM = `update deliveries set state = 'claimed', attempts = attempts + 1, fence = fence + 1, node = :node, due_at = :until, updated_at = :now
  where tenant = :tenant and seq = :seq`;
const BURY = `update deliveries set state = 'dead', reason = :reason, due_at = null, head = 0, node = null, updated_at = :now
  where tenant = :tenant and seq = :seq`;

export const claimStatements = { PERISHABLE, FRESH, AGAIN, CLAIM };

/** The look comes first because most wakes find nothing, and an empty look takes no write lock. */
export function claimHeads(connection: Connection, ask: ClaimAsk): readonly Delivery[] {
  if (ask.limit < 1 || candidates(connection, ask).length === 0) return [];
  return connection.transaction(() => candidates(connection, ask).flatMap((row) => take(connection, row, ask)));
}

function candidates(connection: Connection, ask: ClaimAsk): readonly Row[] {
  const rows = ask.accounts.flatMap((account) => headsOf(connection, ask, account));
  return rows.sort(byClaim).slice(0, ask.limit);
}

function headsOf(connection: Connection, { now, limit }: ClaimAsk, account: AccountId): readonly Row[] {
  const due = { account, now: whole(now), limit };
  return [...connection.all(PERISHABLE, due), ...connection.all(FRESH, { account, limit }), ...connection.all(AGAIN, due)];
}

function byClaim(one: Row, other: Row): number {
  return number(one, 'durable') - number(other, 'durable') || number(one, 'seq') - number(other, 'seq');
}

function take(connection: Connection, row: Row, ask: ClaimAsk): readonly Delivery[] {
  const seq = number(row, 'seq');
  const now = whole(ask.now);
  connection.run(CLAIM, { seq, node: ask.node, until: now + whole(ask.leaseMs), now });
  try {
    const delivery = readDelivery(connection, seq);
    return delivery === null ? [] : [delivery];
  } catch (failure) {
    return bury(connection, row, now, failure);
  }
}

/** One fact that nobody can read must not stop the whole post room: it becomes a dead letter, visible in the counts. */
function bury(connection: Connection, row: Row, now: number, failure: unknown): readonly Delivery[] {
  if (!(failure instanceof StoreError) || failure.code !== 'STORE_CORRUPT') throw failure;
  connection.run(BURY, { seq: number(row, 'seq'), reason: failure.message, now });
  electHead(connection, text(row, 'lane'));
  return [];
}
