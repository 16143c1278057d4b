/** `callme outbox`. Longer, because each of its four verbs speaks to people, to machines and of what it would do. */
import type { Args, Command, CommandIo, Option } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, table } from '../cli/print.ts';
import { DEFAULT_LIMIT, limitOf, now, withStore } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';
import type { Config } from '../config/index.ts';
import { accountLine, nextOf } from '../outbox/sentences.ts';
import { historyOf, showDelivery } from '../outbox/show.ts';
import { type AccountStanding, ledgerOf, standingsOf } from '../outbox/standing.ts';
import type { Delivery, DeliveryState, Store } from '../../core/ports.ts';
import type { AccountId, CallKey, DeliveryId } from '../../core/words.ts';

const STATES: readonly DeliveryState[] = ['pending', 'claimed', 'done', 'skipped', 'deferred', 'held', 'dead', 'expired', 'dropped'];

const outbox: Command = {
  command: 'outbox',
  describe: (texts) => texts.verbs.outbox,
  builder: () => ({}),
  children: [
    {
      command: 'list', describe: (texts) => texts.outbox.list,
      builder: (texts) => ({
        options: {
          state: { type: 'string', describe: texts.outbox.state, choices: STATES }, account: account(texts.outbox.account),
          call: { type: 'string', describe: texts.outbox.call }, limit: { type: 'number', describe: texts.store.limit, default: DEFAULT_LIMIT },
        },
        examples: [['callme outbox list --state dead', texts.outbox.exampleDead]],
      }),
      run: (args, io) => withStore(args, io, (store, config) => list(args, io, { store, config })),
    },
    { command: 'show <id>', describe: (texts) => texts.outbox.show, builder: (texts) => ({ positionals: { id: id(texts) } }),
      run: (args, io) => withStore(args, io, (store, config) => show(args, io, { store, config })) },
    {
      command: 'retry [id]', describe: (texts) => texts.outbox.retry, writes: true,
      builder: (texts) => ({
        positionals: { id: id(texts) },
        options: { account: account(texts.outbox.retryAccount), 'all-dead': { type: 'boolean', describe: texts.outbox.allDead }, all: { type: 'boolean', describe: texts.outbox.all } },
        examples: [['callme outbox retry --account b24', texts.outbox.exampleRetry], ['callme outbox retry --all-dead', texts.outbox.exampleAllDead]],
      }),
      run: (args, io) => withStore(args, io, (store, config) => retry(args, io, { store, config })),
    },
    {
      command: 'drop [id]', describe: (texts) => texts.outbox.drop, writes: true,
      builder: (texts) => ({
        positionals: { id: id(texts) },
        options: { reason: { type: 'string', describe: texts.outbox.reason }, account: account(texts.outbox.account), all: { type: 'boolean', describe: texts.outbox.dropAll } },
        examples: [['callme outbox drop --account old --all', texts.outbox.exampleDropAll]],
      }),
      run: (args, io) => withStore(args, io, (store, config) => drop(args, io, { store, config })),
    },
  ],
};
export default outbox;

interface Place { readonly store: Store | null; readonly config: Config }

function account(describe: string): Option { return { type: 'string', describe }; }
function id(texts: Texts): Option { return { type: 'string', describe: texts.outbox.id }; }

function list(args: Args, io: CommandIo, { store, config }: Place): ExitCode {
  const state = STATES.find((known) => known === args.text('state'));
  const [of, call, limit] = [args.text('account'), args.text('call'), limitOf(args)];
  const rows = store?.deliveries.list({
    limit, ...(state === undefined ? {} : { state }), ...(of === undefined ? {} : { account: of as AccountId }), ...(call === undefined ? {} : { call: call as CallKey }),
  }) ?? [];
  if (args.json) printJson(io, rows.map(brief));
  else report(io, rows, { limit, standings: standingsOf(store, config).filter((one) => of === undefined || one.id === of) });
  return EXIT.fine;
}

function report(io: CommandIo, rows: readonly Delivery[], { limit, standings }: { readonly limit: number; readonly standings: readonly AccountStanding[] }): void {
  io.stdout(rows.length === 0 ? `${io.texts.outbox.none}\n` : table(io.texts.outbox.head, rows.map((row) => cells(io, row, standings))));
  if (rows.length === limit) printLine(io, io.texts.outbox.more(limit));
  printAccounts(io, standings.filter(({ state }) => state !== 'works'));
}

/** Each account in a line, and below it what to do. */
export function printAccounts(io: CommandIo, standings: readonly AccountStanding[]): void {
  for (const standing of standings) {
    const { text, remedy } = accountLine(standing, io.texts);
    printLine(io, text);
    if (remedy !== '') printLine(io, `  ${io.texts.remedy}: ${remedy}`);
  }
}

/** The fact as its id and kind: a list stays a list. */
function brief({ fact, ...rest }: Delivery): Readonly<Record<string, unknown>> { return { ...rest, fact: fact.id, kind: fact.kind }; }

/** The state as `--state` takes it, and in words. */
function cells({ texts: { outbox: says } }: CommandIo, row: Delivery, standings: readonly AccountStanding[]): readonly string[] {
  const next = nextOf(row, standings.find((one) => one.id === row.account), says, now());
  return [row.id, `${row.state} (${says.states[row.state]})`, row.account, row.call, row.fact.kind, String(row.attempts), next, row.reason];
}

function show(args: Args, io: CommandIo, { store, config }: Place): ExitCode {
  const one = args.text('id') ?? '';
  const found = store?.deliveries.get(one as DeliveryId) ?? null;
  if (store === null || found === null) {
    throw new CliFailure({ code: 'NO_DELIVERY', exit: EXIT.problem, message: io.texts.outbox.noSuch(one), remedy: io.texts.outbox.unknownRemedy });
  }
  const [history, standing] = [historyOf(store, found.id), standingsOf(store, config).find(({ id: each }) => each === found.account)];
  if (args.json) printJson(io, { ...found, history });
  else io.stdout(showDelivery(found, { history, standing, now: now() }, io.texts));
  return EXIT.fine;
}

function retry(args: Args, io: CommandIo, place: Place): ExitCode {
  const states: readonly DeliveryState[] = args.flag('all') ? ['dead', 'held'] : args.flag('all-dead') ? ['dead'] : ['dead', 'held', 'deferred'];
  const one = args.text('id');
  const many = args.flag('all') || args.flag('all-dead') || args.text('account') !== undefined;
  if (one === undefined && !many) throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: io.texts.outbox.which });
  const done = one === undefined ? allOf(args, io, place, { states, act: 'retry' }) : [one].filter((each) => retryOne(args, place.store, each as DeliveryId));
  if (one !== undefined && done.length === 0) throw unknown(io, one);
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, retried: done });
  else printLine(io, args.dryRun ? io.texts.outbox.wouldRetry(done.length) : io.texts.outbox.retried(done.length));
  return EXIT.fine;
}

function retryOne(args: Args, store: Store | null, one: DeliveryId): boolean {
  if (args.dryRun) return AT_REST.includes(store?.deliveries.get(one)?.state ?? 'done');
  return store?.deliveries.retry(one, now()) === true;
}
const AT_REST: readonly DeliveryState[] = ['dead', 'held', 'deferred', 'dropped'];
const NOT_TOLD: readonly DeliveryState[] = ['pending', 'deferred', 'held', 'dead'];

/** Everything in these states (of `--account`, where given); returns the ids, with `--dry-run` those that it would be. */
function allOf(args: Args, io: CommandIo, { store, config }: Place, { states, act }: { readonly states: readonly DeliveryState[]; readonly act: 'retry' | 'drop' }): readonly string[] {
  const of = named(args, io, { store, config });
  const ledger = store === null ? null : ledgerOf(store.deliveries);
  if (store === null || ledger === null) return [];
  const which = { states, ...(of === undefined ? {} : { account: of }) };
  if (args.dryRun) return states.flatMap((state) => store.deliveries.list({ state, ...(of === undefined ? {} : { account: of }), limit: EVERYTHING }).map((row) => row.id));
  return act === 'retry' ? ledger.retryAll(which, now()) : ledger.dropAll(which, args.text('reason') ?? io.texts.outbox.byOperator, now());
}
const EVERYTHING = 1_000_000;

/** A mistyped account must not look like one for which nothing waits. */
function named(args: Args, io: CommandIo, { store, config }: Place): AccountId | undefined {
  const of = args.text('account');
  if (of === undefined) return undefined;
  const known = standingsOf(store, config).map(({ id: each }) => each);
  if (known.some((each) => each === of) || (store?.deliveries.list({ account: of as AccountId, limit: 1 }) ?? []).length > 0) return of as AccountId;
  throw new CliFailure({ code: 'NO_ACCOUNT', exit: EXIT.usage, message: io.texts.outbox.noAccount(of), remedy: io.texts.outbox.noAccountRemedy(known.join(', ')) });
}

function drop(args: Args, io: CommandIo, place: Place): ExitCode {
  const one = args.text('id');
  const all = args.flag('all') && args.text('account') !== undefined;
  if (one === undefined && !all) throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: io.texts.outbox.whichDrop });
  const done = one === undefined ? allOf(args, io, place, { states: NOT_TOLD, act: 'drop' }) : [one].filter((each) => dropOne(args, io, place.store, each as DeliveryId));
  if (one !== undefined && done.length === 0) throw unknown(io, one);
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, dropped: done });
  else printLine(io, droppedLine(io.texts.outbox, { one, count: done.length, dryRun: args.dryRun }));
  return EXIT.fine;
}

function dropOne(args: Args, io: CommandIo, store: Store | null, one: DeliveryId): boolean {
  if (args.dryRun) return NOT_TOLD.includes(store?.deliveries.get(one)?.state ?? 'done');
  return store?.deliveries.drop(one, args.text('reason') ?? io.texts.outbox.byOperator, now()) === true;
}

function droppedLine(says: Texts['outbox'], { one, count, dryRun }: { readonly one: string | undefined; readonly count: number; readonly dryRun: boolean }): string {
  if (one !== undefined) return dryRun ? says.wouldDrop(one) : says.dropped(one);
  return dryRun ? says.wouldDropAll(count) : says.droppedAll(count);
}

function unknown(io: CommandIo, one: string): CliFailure {
  return new CliFailure({ code: 'NO_DELIVERY', exit: EXIT.problem, message: io.texts.outbox.unknown(one), remedy: io.texts.outbox.unknownRemedy });
}
