/** Which accounts stand still, why and since when; and how much waits for each. Written by the server, read by `status` and `doctor`. */
import type { DeliveryState } from '../../core/ports.ts';
import type { AccountId, Instant } from '../../core/words.ts';
import type { Connection } from './connection.ts';
import { moment, number, text, whole, word } from './rows.ts';

export interface Standing {
  readonly account: AccountId; readonly why: 'locked-out' | 'unreachable'; readonly reason: string;
  readonly since: Instant; readonly looks: number; readonly nextLook: Instant;
}
/** Deliveries of one account in one state. `oldest`: when the oldest of them was committed. */
export interface Waiting { readonly account: AccountId; readonly state: DeliveryState; readonly number: number; readonly oldest: Instant }

const SET = `insert into standings (tenant, account, why, reason, since, looks, next_look) values (:tenant, :account, :why, :reason, :since, :looks, :next_look)
  on conflict (tenant, account) do update set why = excluded.why, reason = excluded.reason, since = excluded.since, looks = excluded.looks, next_look = excluded.next_look`;
const REMOVE = 'delete from standings where tenant = :tenant and account = :account';
const ALL = 'select * from standings where tenant = :tenant order by account';
const WAITING = `select account, state, count(*) as number, min(created_at) as oldest from deliveries
  where tenant = :tenant and state in ('pending', 'claimed', 'deferred', 'held', 'dead') group by account, state`;

export const standingStatements = { REMOVE, ALL, WAITING };

export function setStanding(connection: Connection, account: AccountId, standing: Standing | null): void {
  if (standing === null) { connection.run(REMOVE, { account }); return; }
  const { why, reason, since, looks, nextLook } = standing;
  connection.run(SET, { account, why, reason, since: whole(since), looks, next_look: whole(nextLook) });
}

export const standings = (connection: Connection): readonly Standing[] => connection.all(ALL, {}).map((row) => ({
  account: word<AccountId>(row, 'account'), why: word<Standing['why']>(row, 'why'), reason: text(row, 'reason'), since: moment(row, 'since'),
  looks: number(row, 'looks'), nextLook: moment(row, 'next_look'),
}));

export const waiting = (connection: Connection): readonly Waiting[] => connection.all(WAITING, {}).map((row) => ({
  account: word<AccountId>(row, 'account'), state: word<DeliveryState>(row, 'state'), number: number(row, 'number'), oldest: moment(row, 'oldest'),
}));
