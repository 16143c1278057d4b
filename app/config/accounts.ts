/** The driver-specific half of the configuration: each account's keys, checked by its own driver's schema. */
import type { DriverKind } from '../../crm/driver.ts';
import { didYouMean } from './did-you-mean.ts';
import type { AccountConfig, Loaded } from './load.ts';
import { sortMistakes, type Mistake } from './mistakes.ts';
import { parseWith, place } from './parse.ts';
import { Secret } from './secret.ts';

export interface DriverShelf {
  /** Null when there is no such driver. */
  load(name: string): Promise<DriverKind | null>;
  names(): Promise<readonly string[]>;
}
export interface CheckedAccount { readonly config: AccountConfig; readonly kind: DriverKind; readonly settings: Secret<unknown> }
export interface CheckedAccounts { readonly accounts: readonly CheckedAccount[]; readonly mistakes: readonly Mistake[] }

/** Never throws for what the operator wrote; a driver that cannot even be loaded is a bug and does throw. */
export async function checkAccounts(loaded: Extract<Loaded, { ok: true }>, shelf: DriverShelf): Promise<CheckedAccounts> {
  const results = await Promise.all(loaded.config.crm.map((account, index) => checkAccount(loaded, shelf, { account, index })));
  const accounts = results.flatMap((result) => (result.account === null ? [] : [result.account]));
  return { accounts, mistakes: sortMistakes(results.flatMap((result) => result.mistakes)) };
}

interface Result { readonly account: CheckedAccount | null; readonly mistakes: readonly Mistake[] }

async function checkAccount(loaded: Extract<Loaded, { ok: true }>, shelf: DriverShelf,
  which: { account: AccountConfig; index: number }): Promise<Result> {
  const { account, index } = which;
  const kind = await shelf.load(account.driver);
  if (kind === null) return { account: null, mistakes: [noDriver(loaded, index, account.driver, await shelf.names())] };
  const parsed = parseWith(kind.settings, account.settings.reveal(), loaded.from, ['crm', index]);
  if (!parsed.ok) return { account: null, mistakes: parsed.mistakes };
  return { account: { config: account, kind, settings: new Secret(parsed.value) }, mistakes: [] };
}

function noDriver(loaded: Extract<Loaded, { ok: true }>, index: number, name: string, known: readonly string[]): Mistake {
  const near = didYouMean(name, known);
  return {
    ...place(['crm', index, 'driver'], { from: loaded.from, prefix: [] }),
    problem: `there is no driver "${name}"`, expected: `one of ${known.join(', ')}`, remedy: near === null ? 'choose one of these'
      : `did you mean "${near}"?`,
  };
}
