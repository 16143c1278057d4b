import type { AccountMemory } from '../../core/ports.ts';
import type { Connection } from './connection.ts';
import { text, whole } from './rows.ts';

const GET = 'select value from account_memory where tenant = :tenant and account = :account and name = :key';
const SET = `insert into account_memory (tenant, account, name, value) values (:tenant, :account, :key, :value)
  on conflict (tenant, account, name) do update set value = excluded.value`;
const REMOVE = 'delete from account_memory where tenant = :tenant and account = :account and name = :key';
/** One statement is one transaction: of two processes that claim at once, one finds the other's row. */
const CLAIM = `insert into account_claims (tenant, account, name, owner, until) values (:tenant, :account, :key, :owner, :until)
  on conflict (tenant, account, name) do update set owner = excluded.owner, until = excluded.until
    where account_claims.until <= :now or account_claims.owner = excluded.owner`;
const RELEASE = 'delete from account_claims where tenant = :tenant and account = :account and name = :key and owner = :owner';

export const accountStatements = { GET, SET, REMOVE, CLAIM, RELEASE };

/** What drivers remember of their accounts. Each change is on the disk when it returns. */
export function sqliteAccounts(connection: Connection): AccountMemory {
  return {
    get: (account, key) => {
      const row = connection.get(GET, { account, key });
      return row === undefined ? null : text(row, 'value');
    },
    set: (account, key, value) => void connection.run(SET, { account, key, value }),
    remove: (account, key) => void connection.run(REMOVE, { account, key }),
    claim: (account, key, { owner, now, until }) => connection.run(CLAIM, { account, key, owner, now: whole(now), until: whole(until) }) === 1,
    release: (account, key, owner) => void connection.run(RELEASE, { account, key, owner }),
  };
}
