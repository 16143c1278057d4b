/** Facts and the deliveries that carry them: written by the journal (a batch of events) and by the recordings (an MP3 is ready). */
import type { Fact } from '../../core/facts.ts';
import type { NewDelivery } from '../../core/ports.ts';
import type { CallKey, FactId, Instant } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import type { Connection, Row } from './connection.ts';
import { UNSETTLED } from './lanes.ts';
import { factOf } from './parse.ts';
import { text, whole, wholeOrNull } from './rows.ts';

const FACT = `insert into facts (tenant, id, call, kind, at, body) values (:tenant, :id, :call, :kind, :at, :body)
  on conflict (tenant, id) do nothing`;
// `due_at` 0: a pending delivery is due at once, whatever the clock of the PBX that stamped `at`.
const DELIVERY = `insert into deliveries
    (tenant, fact, account, lane, call, state, created_at, not_before, deadline, due_at, head, updated_at)
  values (:tenant, :fact, :account, :lane, :call, 'pending', :at, :at, :deadline, 0,
    not exists (select 1 from deliveries where tenant = :tenant and lane = :lane and ${UNSETTLED}), :at)
  on conflict (tenant, fact, account) do nothing`;
const OF_CALL = 'select id, body from facts where tenant = :tenant and call = :call order by seq';
const ONE = 'select id, body from facts where tenant = :tenant and id = :id';

/** True when the fact is new. */
export function insertFact(connection: Connection, fact: Fact): boolean {
  const { id, call, kind, at } = fact;
  return connection.run(FACT, { id, call, kind, at: whole(at), body: JSON.stringify(fact) }) === 1;
}

/** The order of insertion is the order of the lane. A delivery that is already there, in whatever state, stays as it is. */
export function insertDelivery(connection: Connection, delivery: NewDelivery, at: Instant): void {
  const { fact, account, lane, call, deadline } = delivery;
  connection.run(DELIVERY, { fact, account, lane, call, deadline: wholeOrNull(deadline), at: whole(at) });
}

export function factsOfCall(connection: Connection, call: CallKey): readonly Fact[] {
  return connection.all(OF_CALL, { call }).map(factRow);
}

export function oneFact(connection: Connection, id: FactId): Fact | null {
  const row = connection.get(ONE, { id });
  return row === undefined ? null : factRow(row);
}

function factRow(row: Row): Fact {
  const id = text(row, 'id');
  const fact = factOf(text(row, 'body'), id);
  if (fact !== null) return fact;
  throw new StoreError('STORE_CORRUPT', `the stored fact ${id} cannot be read: restore a backup`);
}
