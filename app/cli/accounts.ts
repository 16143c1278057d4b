import { openAccount, type Account } from '../accounts.ts';
import { systemClock } from '../clock.ts';
import type { CheckedAccount, Config } from '../config/index.ts';
import { NO_MEMORY } from '../driver-shelf.ts';
import { createHttp } from '../http.ts';
import { packageVersion } from '../package-root.ts';

/** Opens accounts for questions by hand, paced as the server's are, and closes their connections afterwards. */
export async function withAccounts<Result>(config: Config, checked: readonly CheckedAccount[],
  use: (accounts: readonly Account[]) => Promise<Result>): Promise<Result> {
  const http = createHttp({ version: packageVersion() });
  try {
    return await use(checked.map((account) => openAccount(account, {
      http, memory: NO_MEMORY, clock: systemClock, employees: config.employees, country: config.phones.country,
    })));
  } finally {
    await http.close();
  }
}
