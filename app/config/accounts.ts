/** The driver-specific half of the configuration: each account's keys, checked by its own driver's schema. */
import { dirname } from 'node:path';
import { z } from 'zod';
import type { DriverKind } from '../../crm/driver.ts';
import { didYouMean } from './did-you-mean.ts';
import type { AccountConfig, Loaded } from './load.ts';
import { sortMistakes, type Mistake } from './mistakes.ts';
import { parseWith, place } from './parse.ts';
import { Secret } from './secret.ts';

export interface DriverShelf {
  /** Null when there is no such driver; `from`: the folder of the configuration file, from where paths and packages lead. */
  load(name: string, from?: string): Promise<DriverKind | null | WrongDriver>;
  names(): Promise<readonly string[]>;
}
/** A driver of the operator's own that cannot be used, and why. */
export interface WrongDriver { readonly wrong: string }

/** What a driver from outside is handed, where it exports a function: beside its own file there may be no zod. */
export const DRIVER_KIT = { z };
export interface CheckedAccount { readonly config: AccountConfig; readonly kind: DriverKind; readonly settings: Secret<unknown> }
export interface CheckedAccounts { readonly accounts: readonly CheckedAccount[]; readonly mistakes: readonly Mistake[] }

/** Never throws for what the operator wrote; one of CallMe's own drivers that cannot even be loaded is a bug and does throw. */
export async function checkAccounts(loaded: Extract<Loaded, { ok: true }>, shelf: DriverShelf): Promise<CheckedAccounts> {
  const results = await Promise.all(loaded.config.crm.map((account, index) => checkAccount(loaded, shelf, { account, index })));
  const accounts = results.flatMap((result) => (result.account === null ? [] : [result.account]));
  return { accounts, mistakes: sortMistakes(results.flatMap((result) => result.mistakes)) };
}

interface Result { readonly account: CheckedAccount | null; readonly mistakes: readonly Mistake[] }

async function checkAccount(loaded: Extract<Loaded, { ok: true }>, shelf: DriverShelf,
  which: { account: AccountConfig; index: number }): Promise<Result> {
  const { account, index } = which;
  const kind = await shelf.load(account.driver, dirname(loaded.file));
  if (kind === null) return { account: null, mistakes: [noDriver(loaded, index, account.driver, await shelf.names())] };
  if ('wrong' in kind) return { account: null, mistakes: [wrongDriver(loaded, index, kind)] };
  const parsed = parseWith(asZod(kind.settings), account.settings.reveal(), loaded.from, ['crm', index]);
  if (!parsed.ok) return { account: null, mistakes: parsed.mistakes };
  return { account: { config: account, kind, settings: new Secret(parsed.value) }, mistakes: [] };
}

function noDriver(loaded: Extract<Loaded, { ok: true }>, index: number, name: string, known: readonly string[]): Mistake {
  const near = didYouMean(name, known);
  return {
    ...place(['crm', index, 'driver'], { from: loaded.from, prefix: [] }),
    problem: `there is no driver "${name}"`, expected: `one of ${known.join(', ')}, a path (./my-driver.ts), or a package`,
    remedy: near !== null ? `did you mean "${near}"?` : isFile(name) ? `a file beside this one is written "./${name}"` : INSTALL,
  };
}

const isFile = (name: string): boolean => /\.[mc]?[jt]s$/.test(name);
const INSTALL = 'choose one of these, or install the package beside this file';

const wrongDriver = (loaded: Extract<Loaded, { ok: true }>, index: number, { wrong }: WrongDriver): Mistake => ({
  ...place(['crm', index, 'driver'], { from: loaded.from, prefix: [] }),
  problem: wrong, expected: 'a file or package whose default export is a driver',
  remedy: 'correct the path, or the driver: docs/writing-a-driver.md says what it is made of',
});

/** The least that a schema from outside must be: zod of any version, or an object of one's own. */
interface Foreign { safeParse(value: unknown): ForeignResult }
type ForeignResult = { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: { readonly issues: readonly unknown[] } };

/** Our zod's schemas say of themselves what they expect; of others only the issues are known. */
function asZod<Settings>(schema: z.ZodType<Settings> | Foreign): z.ZodType<Settings> {
  if (schema instanceof z.ZodType) return schema;
  return z.unknown().transform((value, context): Settings => {
    const read = schema.safeParse(value);
    if (read.success) return read.data as Settings;
    for (const issue of read.error.issues) for (const known of issuesOf(issue)) context.addIssue({ code: 'custom', ...known });
    if (context.issues.length === 0) context.addIssue({ code: 'custom', message: 'the driver does not take these settings' });
    return z.NEVER;
  });
}

const foreignIssue = z.object({
  path: z.array(z.union([z.string(), z.number()])).catch([]), message: z.string().catch('is not right'), keys: z.array(z.string()).optional().catch(undefined),
}).catch({ path: [], message: 'is not right' });

/** `unrecognized_keys` names them in `keys`, and the section in `path`. */
function issuesOf(issue: unknown): readonly { readonly path: (string | number)[]; readonly message: string }[] {
  const { path, message, keys } = foreignIssue.parse(issue);
  return keys === undefined ? [{ path, message }] : keys.map((key) => ({ path: [...path, key], message: 'is not a known key' }));
}
