import { type Account, openAccount } from '../accounts.ts';
import { systemClock } from '../clock.ts';
import type { CheckedAccount, Config } from '../config/index.ts';
import { createHttp } from '../http.ts';
import { packageVersion } from '../package-root.ts';
import { NO_SHELVES } from '../shelves.ts';
import { numbersOf, surroundingsOf } from '../surroundings.ts';
import type { CommandIo } from './command.ts';
import { openExisting } from './stores.ts';

/**
 * Opens accounts for questions by hand, paced as the server's are, and closes their connections afterwards. They share the server's store, where
 * there is one: an account with tokens that change has them there.
 */
export async function withAccounts<Result>(config: Config, checked: readonly CheckedAccount[], io: Pick<CommandIo, 'texts'>,
  use: (accounts: readonly Account[]) => Promise<Result>): Promise<Result> {
  const http = createHttp({ version: packageVersion() });
  const store = openExisting(config, io);
  const tools = { http, shelves: store ?? NO_SHELVES, clock: systemClock, ...surroundingsOf(config, numbersOf(config)) };
  try {
    return await use(checked.map((account) => openAccount(account, tools)));
  } finally {
    await http.close();
    store?.close();
  }
}
