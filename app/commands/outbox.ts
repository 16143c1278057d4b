import type { Args, Command, CommandIo, Option } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, showTime, table } from '../cli/print.ts';
import { DEFAULT_LIMIT, limitOf, now, withStore } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';
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
          state: { type: 'string', describe: texts.outbox.state, choices: STATES }, account: account(texts),
          call: { type: 'string', describe: texts.outbox.call }, limit: { type: 'number', describe: texts.store.limit, default: DEFAULT_LIMIT },
        },
        examples: [['callme outbox list --state dead', texts.outbox.exampleDead]],
      }),
      run: (args, io) => withStore(args, io, (store) => list(args, io, store)),
    },
    { command: 'show <id>', describe: (texts) => texts.outbox.show, builder: (texts) => ({ positionals: { id: id(texts) } }),
      run: (args, io) => withStore(args, io, (store) => show(args, io, store)) },
    {
      command: 'retry [id]', describe: (texts) => texts.outbox.retry, writes: true,
      builder: (texts) => ({
        positionals: { id: id(texts) }, options: { all: { type: 'boolean', describe: texts.outbox.all }, account: account(texts) },
        examples: [['callme outbox retry --all --account b24', texts.outbox.exampleRetry]],
      }),
      run: (args, io) => withStore(args, io, (store) => retry(args, io, store)),
    },
    {
      command: 'drop <id>', describe: (texts) => texts.outbox.drop, writes: true,
      builder: (texts) => ({ positionals: { id: id(texts) }, options: { reason: { type: 'string', describe: texts.outbox.reason } } }),
      run: (args, io) => withStore(args, io, (store) => drop(args, io, store)),
    },
  ],
};
export default outbox;

function account(texts: Texts): Option { return { type: 'string', describe: texts.outbox.account }; }
function id(texts: Texts): Option { return { type: 'string', describe: texts.outbox.id }; }

function list(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const state = STATES.find((known) => known === args.text('state'));
  const [of, call] = [args.text('account'), args.text('call')];
  const rows = store?.deliveries.list({
    limit: limitOf(args), ...(state === undefined ? {} : { state }), ...(of === undefined ? {} : { account: of as AccountId }),
      ...(call === undefined ? {} : { call: call as CallKey }),
  }) ?? [];
  if (args.json) printJson(io, rows.map(brief));
  else io.stdout(rows.length === 0 ? `${io.texts.outbox.none}\n` : table(io.texts.outbox.head, rows.map(cells)));
  return EXIT.fine;
}

/** The fact as its id and kind: a list stays a list. */
function brief({ fact, ...rest }: Delivery): Readonly<Record<string, unknown>> { return { ...rest, fact: fact.id, kind: fact.kind }; }

function cells(row: Delivery): readonly string[] {
  const next = row.state === 'pending' || row.state === 'deferred' ? showTime(row.notBefore) : '';
  return [row.id, row.state, row.account, row.call, row.fact.kind, String(row.attempts), next, row.reason];
}

function show(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const found = store?.deliveries.get((args.text('id') ?? '') as DeliveryId) ?? null;
  if (found === null) throw unknown(io, args.text('id') ?? '');
  if (args.json) printJson(io, found);
  else io.stdout(`${table(io.texts.outbox.head, [cells(found)])}\n${JSON.stringify(found.fact, null, 2)}\n`);
  return EXIT.fine;
}

function retry(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const ids = args.flag('all') ? resting(args, store) : [args.text('id')].flatMap((one) => (one === undefined ? [] : [one as DeliveryId]));
  if (ids.length === 0 && !args.flag('all')) throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: io.texts.outbox.which });
  const done = ids.filter((one) => (args.dryRun ? canRetry(store, one) : store?.deliveries.retry(one, now()) === true));
  if (done.length === 0 && !args.flag('all')) throw unknown(io, ids[0] ?? '');
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, retried: done });
  else printLine(io, args.dryRun ? io.texts.outbox.wouldRetry(done.length) : io.texts.outbox.retried(done.length));
  return EXIT.fine;
}

function resting(args: Args, store: Store | null): readonly DeliveryId[] {
  const of = args.text('account');
  const filter = of === undefined ? {} : { account: of as AccountId };
  return (['dead', 'held'] as const).flatMap((state) => store?.deliveries.list({ ...filter, state, limit: 10_000 }) ?? []).map((row) => row.id);
}

const AT_REST: readonly DeliveryState[] = ['dead', 'held', 'deferred', 'dropped'];

function canRetry(store: Store | null, one: DeliveryId): boolean { return AT_REST.includes(store?.deliveries.get(one)?.state ?? 'done'); }

function drop(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const one = (args.text('id') ?? '') as DeliveryId;
  const done = args.dryRun ? store !== null && store.deliveries.get(one) !== null
    : store?.deliveries.drop(one, args.text('reason') ?? io.texts.outbox.byOperator, now()) === true;
  if (!done) throw unknown(io, one);
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, dropped: [one] });
  else printLine(io, args.dryRun ? io.texts.outbox.wouldDrop(one) : io.texts.outbox.dropped(one));
  return EXIT.fine;
}

function unknown(io: CommandIo, one: string): CliFailure {
  return new CliFailure({ code: 'NO_DELIVERY', exit: EXIT.problem, message: io.texts.outbox.unknown(one), remedy: io.texts.outbox.unknownRemedy });
}
