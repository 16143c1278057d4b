import type { Args, Command, CommandIo, Shape } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printable, printJson, printJsonLine, printLine, showTime, table } from '../cli/print.ts';
import { DEFAULT_LIMIT, limitOf, withStore } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';
import { findCall, type Story } from '../calls/find.ts';
import { explain, explanation, type ExplainOptions } from '../calls/explain.ts';
import { tailCalls } from '../calls/tail.ts';
import type { Config } from '../config/index.ts';
import type { Plan } from '../../core/plan.ts';
import type { CallRow, Store } from '../../core/ports.ts';

const calls: Command = {
  command: 'calls',
  describe: (texts) => texts.verbs.calls,
  builder: () => ({}),
  children: [
    {
      command: 'list', describe: (texts) => texts.calls.list,
      builder: (texts) => ({ options: { limit: { type: 'number', describe: texts.store.limit, default: DEFAULT_LIMIT } },
        examples: [['callme calls list --json', texts.calls.exampleList]] }),
      run: (args, io) => withStore(args, io, (store) => list(args, io, store)),
    },
    {
      command: 'show <id>', describe: (texts) => texts.calls.show, builder: one,
      run: (args, io) => withStore(args, io, (store, config) => show(args, io, storyOf(args, io, { store, config }))),
    },
    {
      command: 'explain <id>', describe: (texts) => texts.calls.explain, builder: one,
      run: (args, io) => withStore(args, io, (store, config) => explained(args, io, { story: storyOf(args, io, { store, config }), config })),
    },
    {
      command: 'tail', describe: (texts) => texts.calls.tail,
      builder: (texts) => ({ options: { 'interval-ms': { type: 'number', describe: texts.calls.interval, default: 500 } } }),
      run: (args, io) => withStore(args, io, (store) => tail(args, io, store)),
    },
  ],
};
export default calls;

function one(texts: Texts): Shape {
  return { positionals: { id: { type: 'string', describe: texts.calls.id } },
    examples: [['callme calls explain main/1790.17', texts.calls.exampleExplain]] };
}

function list(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const rows = store?.journal.calls({ limit: limitOf(args) }) ?? [];
  if (args.json) printJson(io, rows);
  else io.stdout(rows.length === 0 ? `${io.texts.calls.none}\n` : table(io.texts.calls.head, rows.map((row) => cells(row, io.texts))));
  return EXIT.fine;
}

function cells(row: CallRow, { calls: says }: Texts): readonly string[] {
  return [row.id, row.state, row.direction, row.outcome ?? '', row.client, row.line, row.owner ?? '', showTime(row.startedAt),
    says.seconds(row.talkSeconds)];
}

function storyOf(args: Args, io: CommandIo, { store, config }: { readonly store: Store | null; readonly config: Config }): Story {
  const id = args.text('id') ?? '';
  const story = store === null ? null : findCall(store, config, id);
  if (story !== null) return story;
  const message = store === null ? io.texts.store.none : io.texts.calls.unknown(id);
  throw new CliFailure({ code: 'NO_CALL', exit: EXIT.problem, message, remedy: io.texts.calls.unknownRemedy });
}

function show(args: Args, io: CommandIo, story: Story): ExitCode {
  if (args.json) { printJson(io, asJson(story)); return EXIT.fine; }
  io.stdout(table(io.texts.calls.head, [cells(story.call, io.texts)]));
  printLine(io);
  for (const fact of story.facts) printLine(io, `${showTime(fact.at)}  ${fact.kind}  ${printable(JSON.stringify(fact))}`);
  told(io, story);
  return EXIT.fine;
}

/** A delivery names its fact, which stands among the facts already. */
const asJson = ({ call, deliveries, ...story }: Story): object => ({ ...call, ...story, deliveries: deliveries.map(({ fact, ...rest }) => ({ ...rest, fact: fact.id })) });

function explained(args: Args, io: CommandIo, { story, config }: { readonly story: Story; readonly config: Config }): ExitCode {
  const told = { ...story, id: story.call.id };
  const options: ExplainOptions = { times: 'local', plan: planOf(config, story.call.pbx) };
  if (args.json) printJson(io, { ...asJson(story), ...explanation(told, io.texts, options) });
  else for (const line of explain(told, io.texts, options)) printLine(io, line);
  return EXIT.fine;
}

/** Who is told what by the configuration as it is now. */
const planOf = (config: Config, pbx: string): Plan =>
  ({ accounts: config.crm.map(({ id }) => id), lines: config.pbx.find(({ id }) => id === pbx)?.lines ?? [], internal: config.debug.processInternalCalls });

function told(io: CommandIo, { deliveries, recordings }: Story): void {
  const says = io.texts.calls;
  if (deliveries.length > 0) printLine(io, `\n${says.partTold}:`);
  for (const { fact, account, state, attempts, reason } of deliveries.toReversed()) {
    printLine(io, `  ${says.delivery(fact.kind, account, state, attempts, printable(reason))}`);
  }
  if (recordings.length > 0) printLine(io, `\n${says.partRecorded}:`);
  for (const { file, state, reason } of recordings) printLine(io, `  ${says.recording(printable(file), state, printable(reason))}`);
}

async function tail(args: Args, io: CommandIo, store: Store | null): Promise<ExitCode> {
  if (store === null) throw new CliFailure({ code: 'NO_STORE', exit: EXIT.problem, message: io.texts.store.none });
  const intervalMs = Math.max(args.whole('interval-ms') ?? 500, 50);
  for await (const row of tailCalls(store.journal, { intervalMs, signal: io.signal })) {
    if (args.json) printJsonLine(io, row);
    else printLine(io, cells(row, io.texts).map(printable).filter((cell) => cell !== '').join('  '));
  }
  return EXIT.fine;
}
