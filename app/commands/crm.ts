import type { Account } from '../accounts.ts';
import { withAccounts } from '../cli/accounts.ts';
import type { Args, Command, CommandIo, Option, Shape } from '../cli/command.ts';
import { configuredAccounts } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printable, printJson, printLine, table } from '../cli/print.ts';
import type { Texts } from '../cli/texts/index.ts';
import type { Contact } from '../../core/words.ts';
import { stateOf } from '../../crm/check.ts';
import type { CheckLine } from '../../crm/driver.ts';

const crm: Command = {
  command: 'crm',
  describe: (texts) => texts.verbs.crm,
  builder: () => ({}),
  children: [
    { command: 'check', describe: (texts) => texts.crm.check, builder: (texts) => ({ options: options(texts),
      examples: [['callme crm check', texts.crm.exampleCheck]] }), run: (args, io) => ask(args, io, check) },
    { command: 'lookup <phone>', describe: (texts) => texts.crm.lookup, builder: lookupShape, run: (args, io) => ask(args, io, lookup) },
  ],
};
export default crm;

function options(texts: Texts): Readonly<Record<string, Option>> {
  return { account: { type: 'string', describe: texts.crm.account }, timeout: { type: 'number', describe: texts.crm.timeout, default: 10 } };
}

function lookupShape(texts: Texts): Shape {
  return { positionals: { phone: { type: 'string', describe: texts.crm.phone } }, options: options(texts),
    examples: [['callme crm lookup +74951234567', texts.crm.exampleLookup]] };
}

type Question = (args: Args, io: CommandIo, accounts: readonly Account[]) => Promise<ExitCode>;

async function ask(args: Args, io: CommandIo, question: Question): Promise<ExitCode> {
  const { config, accounts } = await configuredAccounts(args, io);
  const named = args.text('account');
  const chosen = accounts.filter(({ config: { id } }) => named === undefined || id === named);
  if (chosen.length === 0) {
    const message = named === undefined ? io.texts.crm.none : io.texts.crm.noAccount(named);
    throw new CliFailure({ code: 'NO_ACCOUNT', exit: named === undefined ? EXIT.problem : EXIT.usage, message });
  }
  return withAccounts(config, chosen, io, (opened) => question(args, io, opened));
}

function deadline(args: Args, io: CommandIo): AbortSignal {
  return AbortSignal.any([io.signal, AbortSignal.timeout(Math.max(args.whole('timeout') ?? 10, 1) * 1_000)]);
}

/** The answer of one account, or why there is none. */
type Answer<Value> = { readonly id: string; readonly value: Value } | { readonly id: string; readonly why: string };

function answers<Value>(accounts: readonly Account[], question: (account: Account) => Promise<Value>): Promise<readonly Answer<Value>[]> {
  return Promise.all(accounts.map((account) => question(account).then(
    (value) => ({ id: account.id, value }),
    (error: unknown) => ({ id: account.id, why: error instanceof Error ? error.message : String(error) }),
  )));
}

async function check(args: Args, io: CommandIo, accounts: readonly Account[]): Promise<ExitCode> {
  const found = await answers(accounts, ({ driver }) => driver.check(deadline(args, io)));
  const rows = found.flatMap((answer): readonly CheckRow[] => ('why' in answer
    ? [{ id: answer.id, state: 'unreachable', code: 'reachable', what: answer.why, remedy: io.texts.findings.accountRemedy }]
    : answer.value.map((line: CheckLine) => ({ id: answer.id, state: stateOf(line), code: line.code, what: line.what, remedy: line.remedy }))));
  if (args.json) printJson(io, { ok: rows.every(({ state }) => state === 'ok' || state === 'warn'), lines: rows });
  else for (const row of rows) reportCheck(io, row);
  return exitOf(found, rows.some(({ state }) => state === 'fail'));
}

type CheckRow = Omit<CheckLine, 'ok'> & { readonly id: string; readonly state: 'ok' | 'warn' | 'fail' | 'unreachable' };

function reportCheck(io: CommandIo, row: CheckRow): void {
  const { doctor: { states }, crm: { codes } } = io.texts;
  printLine(io, `${states[row.state === 'unreachable' ? 'fail' : row.state]}  ${row.id}: ${codes[row.code]}: ${printable(row.what)}`);
  if (row.state !== 'ok' && row.remedy !== '') printLine(io, `${' '.repeat(states.ok.length + 2)}${io.texts.remedy}: ${row.remedy}`);
}

async function lookup(args: Args, io: CommandIo, accounts: readonly Account[]): Promise<ExitCode> {
  const phone = args.text('phone') ?? '';
  const found = await answers(accounts, ({ driver }) => driver.lookup(phone, deadline(args, io)));
  if (args.json) printJson(io, found.map((answer) => ({ id: answer.id,
    ...('why' in answer ? { state: 'unreachable', reason: answer.why }
    : { state: answer.value === null ? 'nobody' : 'found', contact: answer.value }) })));
  else io.stdout(table(io.texts.crm.head, found.map((answer) => cells(io, answer))));
  return exitOf(found, false);
}

function cells(io: CommandIo, answer: Answer<Contact | null>): readonly string[] {
  if ('why' in answer) return [answer.id, io.texts.crm.unreachable(answer.id, answer.why)];
  const contact = answer.value;
  if (contact === null) return [answer.id, io.texts.crm.nobody];
  return [answer.id, contact.id, contact.type, contact.name, contact.owner?.extension ?? contact.owner?.crmUser ?? ''];
}

function exitOf(found: readonly Answer<unknown>[], problem: boolean): ExitCode {
  if (found.some((answer) => 'why' in answer)) return EXIT.unreachable;
  return problem ? EXIT.problem : EXIT.fine;
}
