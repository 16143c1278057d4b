import { AmiError } from '../../ami/errors.ts';
import { explainReplay } from '../calls/replayed.ts';
import type { Effect } from '../../core/effects.ts';
import type { Fact } from '../../core/facts.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJsonLine, printLine, showTime, table } from '../cli/print.ts';
import { chosenProfile, replayEffects } from '../replaying.ts';

const replay: Command = {
  command: 'replay <file>',
  describe: (texts) => texts.verbs.replay,
  builder: (texts) => ({
    positionals: { file: { type: 'string', describe: texts.replay.file } },
    options: {
      explain: { type: 'boolean', describe: texts.replay.explain },
      external: { type: 'string', describe: texts.replay.external, placeholder: 'REGEX' },
      internal: { type: 'string', describe: texts.replay.internal, placeholder: 'REGEX' },
    },
    examples: [['callme replay story.ndjson --json', texts.replay.example]],
  }),
  run,
};
export default replay;

async function run(args: Args, io: CommandIo): Promise<ExitCode> {
  const { count, facts, notes } = await told(args, io);
  if (!args.json && count === 0) printLine(io, io.texts.replay.none);
  else if (!args.json && args.flag('explain')) for (const line of explainReplay(facts, notes, io.texts)) printLine(io, line);
  else if (!args.json) io.stdout(table(io.texts.replay.head, facts.map((fact) => [showTime(fact.at), fact.id, summary(fact)])));
  return count > 0 ? EXIT.fine : EXIT.problem;
}

type Note = Extract<Effect, { readonly kind: 'note' }>;

/** With `--json` each fact is printed as it comes, and not kept. */
async function told(args: Args, io: CommandIo): Promise<{ readonly count: number; readonly facts: readonly Fact[]; readonly notes: readonly Note[] }> {
  let count = 0;
  const facts: Fact[] = [];
  const notes: Note[] = [];
  try {
    for await (const effect of replayEffects(args.text('file') ?? '', chosenProfile(args, io))) {
      if (effect.kind === 'note' && !args.json) notes.push(effect);
      if (effect.kind !== 'tell') continue;
      count += 1;
      if (args.json) printJsonLine(io, effect.fact);
      else facts.push(effect.fact);
    }
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    throw new CliFailure({ code: error.code, exit: EXIT.usage, message: error.message, remedy: error.remedy });
  }
  return { count, facts, notes };
}

const HEAD: ReadonlySet<string> = new Set(['id', 'pbx', 'call', 'linkedid', 'at', 'certain', 'kind', 'startedAt', 'source', 'because']);

/** Whatever the fact says beside its head, as one line; `--json` has the rest. */
function summary(fact: Fact): string {
  const words = Object.entries(fact).filter(([key]) => !HEAD.has(key)).map(([key, value]: [string, unknown]) => `${key}=${key === 'client' && 'client' in fact ? fact.client.number : spelt(value)}`);
  return [...(fact.certain ? [] : ['(uncertain)']), ...words].join(' ');
}

const spelt = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
