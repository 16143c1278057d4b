import type { Args, Command, CommandIo, Option } from '../cli/command.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { DEFAULT_LIMIT } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';
import { check, repair } from '../spool/check.ts';
import { exportSpool } from '../spool/export.ts';
import { list, retry, STATES, unknown } from '../spool/list.ts';
import { hold, purge, release } from '../spool/purge.ts';
import { withSpool, type SpoolRoom } from '../spool/room.ts';

type Verb = (room: SpoolRoom) => ExitCode | Promise<ExitCode>;

/** Where there is no store yet, there are no recordings: a list is empty, and no recording has that name. */
const run = (verb: Verb, without: (args: Args, io: CommandIo) => ExitCode) => (args: Args, io: CommandIo): Promise<ExitCode> => withSpool(args, io, verb, () => without(args, io));

function nothing(args: Args, io: CommandIo, json: unknown): ExitCode {
  if (args.json) printJson(io, json);
  else printLine(io, io.texts.spool.none);
  return EXIT.fine;
}
const empty = (json: unknown) => (args: Args, io: CommandIo): ExitCode => nothing(args, io, json);
const refused = (args: Args, io: CommandIo): ExitCode => { throw unknown(io, args.text('id') ?? ''); };

const id = (texts: Texts): Readonly<Record<string, Option>> => ({ id: { type: 'string', describe: texts.spool.id } });
const EXAMPLE = 'main/2026/11/20/call-1790.17.wav';

const spool: Command = {
  command: 'spool',
  describe: (texts) => texts.verbs.spool,
  builder: () => ({}),
  children: [
    {
      command: 'list', describe: (texts) => texts.spool.list,
      builder: (texts) => ({
        options: { state: { type: 'string', describe: texts.spool.state, choices: STATES }, call: { type: 'string', describe: texts.spool.call },
          limit: { type: 'number', describe: texts.store.limit, default: DEFAULT_LIMIT } },
        examples: [['callme spool list --state broken', texts.spool.exampleList]],
      }),
      run: run(list, empty([])),
    },
    {
      command: 'check', describe: (texts) => texts.spool.check,
      builder: (texts) => ({ options: { deep: { type: 'boolean', describe: texts.spool.deep } } }),
      run: run(check, empty({ ok: true, problems: [] })),
    },
    {
      command: 'repair', describe: (texts) => texts.spool.repair, writes: true,
      builder: (texts) => ({ options: { deep: { type: 'boolean', describe: texts.spool.deep } } }),
      run: run(repair, empty({ ok: true, repairs: [] })),
    },
    {
      command: 'retry <id>', describe: (texts) => texts.spool.retry, writes: true,
      builder: (texts) => ({ positionals: id(texts), examples: [[`callme spool retry ${EXAMPLE}`, texts.spool.exampleRetry]] }),
      run: run(retry, refused),
    },
    {
      command: 'purge', describe: (texts) => texts.spool.purge, writes: true,
      builder: (texts) => ({ examples: [['callme spool purge --dry-run', texts.spool.examplePurge]] }),
      run: run(purge, empty({ ok: true, going: [], staying: [] })),
    },
    {
      command: 'export', describe: (texts) => texts.spool.export, writes: true,
      builder: (texts) => ({
        options: { out: { type: 'string', describe: texts.spool.out }, from: { type: 'string', describe: texts.spool.from }, to: { type: 'string', describe: texts.spool.to },
          call: { type: 'string', describe: texts.spool.call } },
        examples: [['callme spool export --call main/1790.17 --out /tmp/case-42', texts.spool.exampleExport]],
      }),
      run: run(exportSpool, empty({ ok: true, exported: [], failed: [] })),
    },
    {
      command: 'hold <id>', describe: (texts) => texts.spool.hold, writes: true,
      builder: (texts) => ({ positionals: id(texts), options: { reason: { type: 'string', describe: texts.spool.reason } },
        examples: [[`callme spool hold ${EXAMPLE} --reason "case 42"`, texts.spool.exampleHold]] }),
      run: run(hold, refused),
    },
    {
      command: 'release <id>', describe: (texts) => texts.spool.release, writes: true, builder: (texts) => ({ positionals: id(texts) }),
      run: run(release, refused),
    },
  ],
};
export default spool;
