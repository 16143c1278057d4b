/** The configured accounts as living drivers: each with its own pace and its own memory of calls. */
import type { Driver } from '../crm/driver.ts';
import type { CallMemory, Clock, Http } from '../core/ports.ts';
import type { AccountId, Employee } from '../core/words.ts';
import { Limiter } from '../outbox/limiter.ts';
import type { CheckedAccount } from './config/index.ts';
import { pacedHttp, withPriority } from './pacing.ts';

export interface Account { readonly id: AccountId; readonly driver: Driver }

export interface AccountTools {
  readonly http: Http;
  readonly memory: CallMemory;
  readonly clock: Clock;
  readonly employees: readonly Employee[];
  readonly country: string;
}

export function openAccount(checked: CheckedAccount, tools: AccountTools): Account {
  const { kind, settings, config: { id } } = checked;
  const limiter = new Limiter({ ...kind.pace, clock: tools.clock });
  const driver = kind.create(settings.reveal(), {
    account: id, http: pacedHttp(tools.http, limiter), employees: tools.employees, country: tools.country,
    memory: (call) => ({ get: (key) => tools.memory.get(id, call, key), set: (key, value) => tools.memory.set(id, call, key, value) }),
  });
  return {
    id,
    driver: {
      lookup: (number, signal) => withPriority('perishable', () => driver.lookup(number, signal)),
      deliver: (fact, signal) => driver.deliver(fact, signal), check: (signal) => driver.check(signal),
    },
  };
}
