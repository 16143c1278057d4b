/**
 * Claiming: urgent ones first, then the oldest, heads of lanes alone (see migration 1 for `head` and `due_at`). Each look reads at most
 * `limit` entries of one index per account and kind, so its cost grows neither with the history nor with the backlog.
 *
 * Urgent is what is perishable, and the head of a lane in which a perishable one waits: with 20,000 calls to tell after an outage, the pop-up
 * of a new call stands behind the durable "call offered" of the same lane, which nobody would reach within its deadline. How many those are
 * grows with the calls that ring now, and with nothing else.
 */
import type { Delivery, DeliveryStore } from '../../core/ports.ts';
import type { AccountId } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import { writeLost } from './attempts.ts';
import type { Connection, Row } from './connection.ts';
import { readDelivery } from './delivery-rows.ts';
import { electHead, UNSETTLED } from './lanes.ts';
import { number, text, whole } from './rows.ts';

/** What a post room may ask besides; where it does not, the oldest come first, up to `limit`. */
export interface ClaimMore {
  /** At most so many that are not urgent. */
  readonly durable?: number;
  /** Due retries and what was never tried in turns, the retries first. */
  readonly retriesFirst?: boolean;
  /** Beyond the limit: what was never tried and fits, until `most` that fit are claimed, if one that fits was claimed anyway. */
  readonly along?: { readonly most: number; fits(delivery: Delivery): boolean };
}
export type ClaimAsk = Parameters<DeliveryStore['claim']>[0] & ClaimMore;
export interface Claimed extends Delivery { readonly urgent?: boolean }

const COLUMNS = 'seq, lane, state, attempts';
const HEADS = `select ${COLUMNS} from deliveries where tenant = :tenant and account = :account and head = 1`;
const PERISHABLE = `${HEADS} and (deadline is null) = 0 and due_at <= :now and deadline > :now order by due_at, seq limit :limit`;
/** The heads that keep pop-ups waiting: from the pop-ups to the heads (`cross join` keeps that order), because the other way leads through the whole backlog. */
const AWAITED = `select distinct head.seq, head.lane, head.state, head.attempts from deliveries waits indexed by deliveries_perishing
  cross join deliveries head indexed by deliveries_lane on head.tenant = :tenant and head.lane = waits.lane
  where waits.tenant = :tenant and waits.deadline is not null and waits.deadline > :now and waits.${UNSETTLED} and waits.account = :account and waits.head = 0
    and head.${UNSETTLED} and head.head = 1 and head.deadline is null and head.due_at <= :now
  order by head.seq limit :limit`;
/** Never tried, in the order they came. */
const FRESH = `${HEADS} and (deadline is null) = 1 and due_at = 0 order by seq limit :limit`;
/** Deferred and due, or claimed by somebody whose lease ran out. */
const AGAIN = `${HEADS} and (deadline is null) = 1 and due_at > 0 and due_at <= :now order by due_at, seq limit :limit`;
const CLAIM = `update deliveries set state = 'claimed', attempts = attempts + 1, fence = fence + 1, node = :node, due_at = :until, updated_at = :now
  where tenant = :tenant and seq = :seq`;
const BURY = `update deliveries set state = 'dead', reason = :reason, due_at = null, head = 0, node = null, updated_at = :now
  where tenant = :tenant and seq = :seq`;

export const claimStatements = { PERISHABLE, AWAITED, FRESH, AGAIN, CLAIM };

/** The look comes first because most wakes find nothing, and an empty look takes no write lock. */
export function claimHeads(connection: Connection, ask: ClaimAsk): readonly Claimed[] {
  if (ask.limit < 1 || isNothing(candidates(connection, ask))) return [];
  return connection.transaction(() => {
    const { urgent, calm } = candidates(connection, ask);
    const taken = [...urgent.flatMap((row) => take(connection, row, ask)).map((one) => ({ ...one, urgent: true })), ...calm.flatMap((row) => take(connection, row, ask))];
    return [...taken, ...ridersOf(connection, taken, ask)];
  });
}

interface Candidates { readonly urgent: readonly Row[]; readonly calm: readonly Row[] }
const isNothing = ({ urgent, calm }: Candidates): boolean => urgent.length + calm.length === 0;

function candidates(connection: Connection, ask: ClaimAsk): Candidates {
  const { limit, durable = limit, retriesFirst } = ask;
  const urgent = distinct(ask.accounts.flatMap((account) => urgentOf(connection, ask, account)).toSorted(byAge)).slice(0, limit);
  const room = Math.min(durable, limit - urgent.length);
  if (room < 1) return { urgent, calm: [] };
  const known = new Set(urgent.map((row) => number(row, 'seq')));
  const of = (sql: string, more: { readonly now?: number }): readonly Row[] =>
    ask.accounts.flatMap((account) => connection.all(sql, { account, limit, ...more })).filter((row) => !known.has(number(row, 'seq'))).toSorted(byAge);
  const [fresh, again] = [of(FRESH, {}), of(AGAIN, { now: whole(ask.now) })];
  return { urgent, calm: (retriesFirst === undefined ? [...fresh, ...again].toSorted(byAge) : inTurns(retriesFirst ? again : fresh, retriesFirst ? fresh : again)).slice(0, room) };
}

function urgentOf(connection: Connection, { now, limit }: ClaimAsk, account: AccountId): readonly Row[] {
  const due = { account, now: whole(now), limit };
  return [...connection.all(PERISHABLE, due), ...connection.all(AWAITED, due)];
}

const byAge = (one: Row, other: Row): number => number(one, 'seq') - number(other, 'seq');
const distinct = (rows: readonly Row[]): readonly Row[] => rows.filter((row, index) => index === 0 || number(row, 'seq') !== number(rows[index - 1] ?? row, 'seq'));
const inTurns = (first: readonly Row[], second: readonly Row[]): readonly Row[] =>
  Array.from({ length: Math.max(first.length, second.length) }, (_, index) => [first[index], second[index]]).flat().filter((row) => row !== undefined);

/** Only durable ones that nobody waits for ride, and only for the first time: what failed once goes alone. */
function ridersOf(connection: Connection, taken: readonly Claimed[], ask: ClaimAsk): readonly Claimed[] {
  const { along, accounts } = ask;
  const fits = (one: Delivery): boolean => along?.fits(one) === true && one.deadline === null;
  const riding = taken.filter((one) => one.attempts === 1 && one.urgent !== true && fits(one)).length;
  const seats = (along?.most ?? 0) - riding;
  if (riding === 0 || seats < 1) return [];
  // Some of those that wait do not fit: twice as many are looked at.
  const rows = accounts.flatMap((account) => connection.all(FRESH, { account, limit: seats * 2 })).toSorted(byAge);
  return rows.filter((row) => number(row, 'attempts') === 0 && readable(connection, row, fits)).slice(0, seats).flatMap((row) => take(connection, row, ask));
}

/** One that cannot be read is no rider; it is buried when it is claimed for itself. */
function readable(connection: Connection, row: Row, fits: (one: Delivery) => boolean): boolean {
  try {
    const delivery = readDelivery(connection, number(row, 'seq'));
    return delivery !== null && fits(delivery);
  } catch (failure) {
    if (failure instanceof StoreError && failure.code === 'STORE_CORRUPT') return false;
    throw failure;
  }
}

function take(connection: Connection, row: Row, ask: ClaimAsk): readonly Claimed[] {
  const seq = number(row, 'seq');
  const now = whole(ask.now);
  if (text(row, 'state') === 'claimed') writeLost(connection, seq, now);
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
