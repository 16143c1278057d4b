/** What was tried, and what came of it: one line per attempt, kept beside the delivery that it was about. Written in the transaction that settles it. */
import type { DeliveryId, Instant } from '../../core/words.ts';
import type { Connection, Row } from './connection.ts';
import { sequence } from './delivery-rows.ts';
import { momentOrNull, number, text, word, moment } from './rows.ts';

/** `lost`: CallMe ended in the middle of it, and nobody knows what the CRM said. `retried`, `dropped`: an operator did that. */
export type AttemptEnd = 'done' | 'skipped' | 'deferred' | 'held' | 'dead' | 'expired' | 'lost' | 'retried' | 'dropped';
export interface Attempt {
  /** When it began; null where an operator acted. */
  readonly beganAt: Instant | null;
  readonly endedAt: Instant;
  readonly end: AttemptEnd;
  readonly reason: string;
}

/** A held account is asked once a minute for as long as it takes: the newest tell enough. */
export const MOST_ATTEMPTS = 100;
const PRUNE_EACH = 25;

const INTO = 'insert into attempts (tenant, delivery, began_at, ended_at, what, reason) select tenant, seq,';
const SETTLED = `${INTO} updated_at, :now, :end, :reason from deliveries where tenant = :tenant and seq = :seq and fence = :fence and state = 'claimed'`;
const LOST = `${INTO} updated_at, :now, 'lost', '' from deliveries where tenant = :tenant and seq = :seq and state = 'claimed'`;
const ALL_LOST = `${INTO} updated_at, :now, 'lost', '' from deliveries where tenant = :tenant and state = 'claimed'`;
const BY_HAND = `${INTO} null, :now, :end, :reason from deliveries where tenant = :tenant and seq = :seq`;
const PRUNE = `delete from attempts where tenant = :tenant and delivery = :seq and seq <=
  (select seq from attempts where tenant = :tenant and delivery = :seq order by seq desc limit 1 offset ${MOST_ATTEMPTS})`;
const OF = 'select began_at, ended_at, what, reason from attempts where tenant = :tenant and delivery = :seq order by seq desc limit :limit';

export const attemptStatements = { SETTLED, LOST, ALL_LOST, BY_HAND, PRUNE, OF };

interface Settled { readonly seq: number; readonly fence: number; readonly end: AttemptEnd; readonly reason: string; readonly now: number }

/** Before the row changes: it is the row that knows when the attempt began. */
export function writeSettled(connection: Connection, settled: Settled): void {
  connection.run(SETTLED, { ...settled });
  if (settled.fence % PRUNE_EACH === 0) connection.run(PRUNE, { seq: settled.seq });
}
export const writeLost = (connection: Connection, seq: number, now: number): void => { connection.run(LOST, { seq, now }); };
export const writeAllLost = (connection: Connection, now: number): void => { connection.run(ALL_LOST, { now }); };
export const writeByHand = (connection: Connection, seq: number, by: { readonly end: 'retried' | 'dropped'; readonly reason: string; readonly now: number }): void => {
  connection.run(BY_HAND, { seq, ...by });
};

/** Oldest first, the newest {@link MOST_ATTEMPTS} of them. */
export function attemptsOf(connection: Connection, id: DeliveryId): readonly Attempt[] {
  return connection.all(OF, { seq: sequence(id), limit: MOST_ATTEMPTS }).map(attemptRow).reverse();
}

const attemptRow = (row: Row): Attempt => ({ beganAt: momentOrNull(row, 'began_at'), endedAt: moment(row, 'ended_at'), end: word<AttemptEnd>(row, 'what'), reason: text(row, 'reason') });

/** How many lines there are, for tests of the pruning. */
export const countAttempts = (connection: Connection): number => number(connection.get('select count(*) as number from attempts where tenant = :tenant', {}) ?? {}, 'number');
