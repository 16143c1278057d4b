import type { CallMemory } from '../../core/ports.ts';
import type { Connection } from './connection.ts';
import { text } from './rows.ts';

const GET = 'select value from call_memory where tenant = :tenant and account = :account and call = :call and name = :key';
const SET = `insert into call_memory (tenant, account, call, name, value) values (:tenant, :account, :call, :key, :value)
  on conflict (tenant, account, call, name) do update set value = excluded.value`;

/** What drivers remember about a call. Each `set` is on the disk when it returns. */
export function sqliteMemory(connection: Connection): CallMemory {
  return {
    get: (account, call, key) => {
      const row = connection.get(GET, { account, call, key });
      return row === undefined ? null : text(row, 'value');
    },
    set: (account, call, key, value) => void connection.run(SET, { account, call, key, value }),
  };
}
