import { existsSync } from 'node:fs';
import { AmiError } from '../../ami/errors.ts';
import type { Profile } from '../../ami/parties.ts';
import type { Fact } from '../../core/facts.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configured } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJsonLine, printLine, showTime, table } from '../cli/print.ts';
import { DEFAULT_FILE } from '../config/index.ts';
import { replay as replayed } from '../replaying.ts';

const replay: Command = {
  command: 'replay <file>',
  describe: (texts) => texts.verbs.replay,
  builder: (texts) => ({
    positionals: { file: { type: 'string', describe: texts.replay.file } },
    options: {
      external: { type: 'string', describe: texts.replay.external, placeholder: 'REGEX' },
      internal: { type: 'string', describe: texts.replay.internal, placeholder: 'REGEX' },
    },
    examples: [['callme replay story.ndjson --json', texts.replay.example]],
  }),
  run,
};
export default replay;

async function run(args: Args, io: CommandIo): Promise<ExitCode> {
  const rows: string[][] = [];
  let facts = 0;
  try {
    for await (const fact of replayed(args.text('file') ?? '', profile(args, io))) {
      facts += 1;
      if (args.json) printJsonLine(io, fact);
      else rows.push([showTime(fact.at), fact.id, summary(fact)]);
    }
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    throw new CliFailure({ code: error.code, exit: EXIT.usage, message: error.message, remedy: error.remedy });
  }
  if (!args.json && facts > 0) io.stdout(table(io.texts.replay.head, rows));
  if (!args.json && facts === 0) printLine(io, io.texts.replay.none);
  return facts > 0 ? EXIT.fine : EXIT.problem;
}

/** A capture comes from anywhere: the configuration of this machine helps, but is not needed. */
function profile(args: Args, io: CommandIo): Profile {
  const named = args.config !== undefined || io.env['CALLME_CONFIG'] !== undefined || existsSync(DEFAULT_FILE);
  const config = named ? configured(args, io).config : null;
  const external = args.text('external');
  const internal = args.text('internal');
  return {
    external: external === undefined ? config?.pbx[0]?.external ?? [/^(PJSIP|SIP|IAX2|DAHDI)\/trunk/] : [expression(external)],
    internal: internal === undefined ? config?.phones.internal ?? /^[0-9]{2,5}$/ : expression(internal),
  };
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: error instanceof Error ? error.message : String(error) });
  }
}

const HEAD: ReadonlySet<string> = new Set(['id', 'pbx', 'call', 'linkedid', 'at', 'certain', 'kind', 'startedAt']);

/** Whatever the fact says beside its head, as one line. */
function summary(fact: Fact): string {
  const words = Object.entries(fact).filter(([key]) => !HEAD.has(key)).map(([key, value]: [string, unknown]) => `${key}=${key === 'client' && 'client' in fact ? fact.client.number : spelt(value)}`);
  return [...(fact.certain ? [] : ['(uncertain)']), ...words].join(' ');
}

const spelt = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
