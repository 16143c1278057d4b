/** Reading deliveries, together with the fact that each one carries. */
import type { Delivery, DeliveryState } from '../../core/ports.ts';
import type { AccountId, CallKey, DeliveryId, FactId, Lane } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import type { Connection, Row, Values } from './connection.ts';
import { factOf } from './parse.ts';
import { moment, momentOrNull, number, text, word } from './rows.ts';

const SELECT = `select deliveries.*, facts.body as body from deliveries
  join facts on facts.tenant = deliveries.tenant and facts.id = deliveries.fact where deliveries.tenant = :tenant`;
const ONE = `${SELECT} and deliveries.seq = :seq`;

export interface DeliveryFilter { readonly state?: DeliveryState; readonly account?: AccountId; readonly call?: CallKey; readonly limit: number }

/** The row number behind an id, or -1 for text that is no id of ours. */
export const sequence = (id: DeliveryId): number => /^[1-9]\d{0,14}$/.test(id) ? Number(id) : -1;

/** Null when there is none. Throws STORE_CORRUPT when its fact cannot be read. */
export function readDelivery(connection: Connection, seq: number): Delivery | null {
  const row = connection.get(ONE, { seq });
  return row === undefined ? null : deliveryRow(row, connection);
}

/** Newest first. */
export function listDeliveries(connection: Connection, filter: DeliveryFilter): readonly Delivery[] {
  const { sql, values } = listQuery(filter);
  return connection.all(sql, values).map((row) => deliveryRow(row, connection));
}

/** The texts are ours, the values are bound: eight different statements at most. */
export function listQuery({ limit, ...where }: DeliveryFilter): { readonly sql: string; readonly values: Values } {
  const columns = (['state', 'account', 'call'] as const).filter((column) => where[column] !== undefined);
  const conditions = columns.map((column) => ` and deliveries.${column} = :${column}`).join('');
  const values = Object.fromEntries(columns.map((column) => [column, where[column] ?? null]));
  return { sql: `${SELECT}${conditions} order by deliveries.seq desc limit :limit`, values: { ...values, limit } };
}

function deliveryRow(row: Row, { tenant }: Connection): Delivery {
  const fact = factOf(text(row, 'body'), word<FactId>(row, 'fact'));
  if (fact === null) throw unreadable(number(row, 'seq'), text(row, 'fact'));
  return {
    id: String(number(row, 'seq')) as DeliveryId, tenant, lane: word<Lane>(row, 'lane'), account: word<AccountId>(row, 'account'),
    call: word<CallKey>(row, 'call'), fact, state: word<DeliveryState>(row, 'state'), attempts: number(row, 'attempts'),
    createdAt: moment(row, 'created_at'), notBefore: moment(row, 'not_before'), deadline: momentOrNull(row, 'deadline'),
    reason: text(row, 'reason'), fence: number(row, 'fence'),
  };
}

function unreadable(seq: number, fact: string): StoreError {
  return new StoreError('STORE_CORRUPT', `the fact ${fact} of delivery ${seq} cannot be read: restore a backup`);
}
