import type { Args, Command, CommandIo, Shape } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printable, printJson, printJsonLine, printLine, showTime, table } from '../cli/print.ts';
import { DEFAULT_LIMIT, limitOf, withStore } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';
import { findCall, type Story } from '../calls/find.ts';
import { sentenceOf } from '../calls/sentences.ts';
import { tailCalls } from '../calls/tail.ts';
import type { Config } from '../config/index.ts';
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
      run: (args, io) => withStore(args, io, (store, config) => show(args, io, { story: storyOf(args, io, { store, config }), explained: false })),
    },
    {
      command: 'explain <id>', describe: (texts) => texts.calls.explain, builder: one,
      run: (args, io) => withStore(args, io, (store, config) => show(args, io, { story: storyOf(args, io, { store, config }), explained: true })),
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

function show(args: Args, io: CommandIo, { story, explained }: { readonly story: Story; readonly explained: boolean }): ExitCode {
  const { call, facts, notes, deliveries, recordings } = story;
  const spoken = facts.map((fact) => ({ at: fact.at, fact: fact.id, text: sentenceOf(fact, io.texts.calls) }));
  if (args.json) printJson(io, { ...call, facts, notes, recordings, deliveries: deliveries.map(({ fact, ...rest }) => ({ ...rest,
    fact: fact.id })), ...(explained ? { sentences: spoken } : {}) });
  else if (explained) explain(io, story);
  else { io.stdout(table(io.texts.calls.head, [cells(call, io.texts)])); printLine(io);
    for (const fact of facts) printLine(io, `${showTime(fact.at)}  ${fact.kind}  ${printable(JSON.stringify(fact))}`); told(io, story); }
  return EXIT.fine;
}

function explain(io: CommandIo, { call, facts, notes, deliveries, recordings }: Story): void {
  const says = io.texts.calls;
  const lines = [
    ...facts.map((fact) => ({ at: fact.at, text: sentenceOf(fact, says) })),
    ...notes.map(({ at, text }) => ({ at, text: says.noted(printable(text)) })),
  ].toSorted((left, right) => left.at - right.at);
  printLine(io, `${call.id}\n\n${says.partSeen}:`);
  for (const { at, text } of lines) printLine(io, `  ${showTime(at)}  ${text}`);
  told(io, { call, facts, notes, deliveries, recordings });
}

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
