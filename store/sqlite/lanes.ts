/** Who is next in a lane. Every change of a delivery's state ends here, in the same transaction. */
import type { Connection } from './connection.ts';
import { number } from './rows.ts';

/** Word for word the condition of the partial indexes: SQLite uses them only where a query repeats it. */
export const UNSETTLED = "state in ('pending', 'claimed', 'deferred', 'held')";

/**
 * The claimed one stays head although an operator revives an older one meanwhile: two of a lane under way at once could reach the CRM
 * in the wrong order, which is worse than one step out of order.
 */
const WINNER = `select seq from deliveries where tenant = :tenant and lane = :lane and ${UNSETTLED}
  order by state = 'claimed' desc, seq limit 1`;
const STEP_DOWN = `update deliveries set head = 0 where tenant = :tenant and lane = :lane and ${UNSETTLED} and head = 1 and seq <> :seq`;
const STEP_UP = 'update deliveries set head = 1 where tenant = :tenant and seq = :seq and head = 0';

export const laneStatements = { WINNER, STEP_DOWN, STEP_UP };

/** Marks the head of the lane anew. */
export function electHead(connection: Connection, lane: string): void {
  const winner = connection.get(WINNER, { lane });
  if (winner === undefined) return;
  const seq = number(winner, 'seq');
  connection.run(STEP_DOWN, { lane, seq });
  connection.run(STEP_UP, { seq });
}
