import { join } from 'node:path';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, showTime, table } from '../cli/print.ts';
import { DEFAULT_LIMIT, limitOf, now, withStore } from '../cli/stores.ts';
import type { Config } from '../config/index.ts';
import type { RecordingRow, RecordingState, Store } from '../../core/ports.ts';
import type { RecordingId } from '../../core/words.ts';
import { checkSpool, type SpoolProblem } from '../../recordings/check.ts';

const STATES: readonly RecordingState[] = ['growing', 'closed', 'spooled', 'encoded', 'uploaded', 'told', 'purged', 'empty', 'broken'];

const spool: Command = {
  command: 'spool',
  describe: (texts) => texts.verbs.spool,
  builder: () => ({}),
  children: [
    {
      command: 'list', describe: (texts) => texts.spool.list,
      builder: (texts) => ({
        options: { state: { type: 'string', describe: texts.spool.state, choices: STATES },
          limit: { type: 'number', describe: texts.store.limit, default: DEFAULT_LIMIT } },
        examples: [['callme spool list --state broken', texts.spool.exampleList]],
      }),
      run: (args, io) => withStore(args, io, (store) => list(args, io, store)),
    },
    {
      command: 'check', describe: (texts) => texts.spool.check,
      builder: (texts) => ({ options: { deep: { type: 'boolean', describe: texts.spool.deep } } }),
      run: (args, io) => withStore(args, io, (store, config) => check(args, io, { store, config })),
    },
    {
      command: 'retry <id>', describe: (texts) => texts.spool.retry, writes: true,
      builder: (texts) => ({ positionals: { id: { type: 'string', describe: texts.spool.id } },
        examples: [['callme spool retry main/2026/11/20/call-1790.17.wav', texts.spool.exampleRetry]] }),
      run: (args, io) => withStore(args, io, (store) => retry(args, io, store)),
    },
  ],
};
export default spool;

function list(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const state = STATES.find((known) => known === args.text('state'));
  const rows = store?.recordings.list({ limit: limitOf(args), ...(state === undefined ? {} : { state }) }) ?? [];
  if (args.json) printJson(io, rows);
  else io.stdout(rows.length === 0 ? `${io.texts.spool.none}\n` : table(io.texts.spool.head, rows.map(cells)));
  return EXIT.fine;
}

function cells(row: RecordingRow): readonly string[] {
  return [row.id, row.state, String(row.attempts), showTime(row.createdAt), row.seconds === null ? '' : row.seconds.toFixed(0), row.reason];
}

/** Rows of each state that are looked at. */
const CHECKED = 10_000;

async function check(args: Args, io: CommandIo, { store, config }: { readonly store: Store | null; readonly config: Config }): Promise<ExitCode> {
  const problems = await checkSpool({
    store: store?.recordings ?? { list: () => [], get: () => null },
    folders: new Map(config.pbx.map(({ id, recordings }) => [id, recordings])),
    settings: { ...config.recording, fallbackFolder: join(config.dataDir, 'recordings') },
    now: now(), signal: io.signal, limit: CHECKED, deep: args.flag('deep'),
  });
  if (args.json) printJson(io, { ok: problems.length === 0, problems });
  else reportProblems(io, problems);
  return problems.length === 0 ? EXIT.fine : EXIT.problem;
}

function reportProblems(io: CommandIo, problems: readonly SpoolProblem[]): void {
  if (problems.length === 0) printLine(io, io.texts.spool.fine);
  else io.stdout(table(io.texts.spool.checkHead, problems.map(({ recording, path, problem, remedy }) => [recording === '' ? path
    : recording, problem, remedy])));
}

function retry(args: Args, io: CommandIo, store: Store | null): ExitCode {
  const id = (args.text('id') ?? '') as RecordingId;
  const done = args.dryRun ? store !== null && store.recordings.get(id) !== null : store?.recordings.retry(id, now()) === true;
  if (!done) throw new CliFailure({ code: 'NO_RECORDING', exit: EXIT.problem, message: io.texts.spool.unknown(id),
    remedy: io.texts.spool.unknownRemedy });
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, retried: [id] });
  else printLine(io, args.dryRun ? io.texts.spool.wouldRetry(id) : io.texts.spool.retried(id));
  return EXIT.fine;
}
