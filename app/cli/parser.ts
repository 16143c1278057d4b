/** The door to yargs: argv in, one chosen command with its arguments (or a text to print) out. Nothing is run here. */
import yargs, { type Argv, type Options } from 'yargs';
import { didYouMean } from '../config/did-you-mean.ts';
import { packageVersion } from '../package-root.ts';
import { Args, type Command, type Option } from './command.ts';
import { VERBS, type Entry } from './registry.ts';
import type { Language, Texts } from './texts/index.ts';

export type Choice =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Args }
  /** `--help`, `--version`. */
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'usage'; readonly problem: string; readonly verb: string };

interface Chosen { command: Command; values: Readonly<Record<string, unknown>> }
interface Speech { readonly texts: Texts; readonly choose: (chosen: Chosen) => void }

const WIDTH = 110;

export async function parse(argv: readonly string[], language: Language, texts: Texts): Promise<Choice> {
  let chosen = null as Chosen | null;
  const speech: Speech = { texts, choose: (found) => { chosen = found; } };
  const parser = root(argv, language, texts);
  for (const entry of VERBS) addVerb(parser, entry, speech);
  const { text, error } = await understand(parser, argv);
  if (error !== null && error.name !== 'YError') throw error;
  if (error !== null) return { kind: 'usage', problem: strangeVerb(argv, texts) ?? (error.message === '' ? text : error.message),
    verb: verbOf(argv) };
  return chosen === null || text !== '' ? { kind: 'say', text: `${text}\n` }
    : { kind: 'run', command: chosen.command, args: new Args(chosen.values) };
}

/** yargs tells errors of the command line twice, to its callback and by rejecting; anything else it rejects with is a bug of ours. */
async function understand(parser: Argv, argv: readonly string[]): Promise<{ readonly text: string; readonly error: Error | null }> {
  const heard: { text: string; error: Error | null } = { text: '', error: null };
  try {
    await parser.parseAsync([...argv], {}, (error, _values, output) => {
      heard.text = output;
      heard.error = error ?? null;
    });
  } catch (error) {
    heard.error ??= error instanceof Error ? error : new Error(String(error));
  }
  return heard;
}

function root(argv: readonly string[], language: Language, texts: Texts): Argv {
  return yargs([...argv]).scriptName('callme').locale(language).usage(texts.usage).wrap(WIDTH).exitProcess(false).showHelpOnFail(false)
    .parserConfiguration({ 'camel-case-expansion': false, 'duplicate-arguments-array': false, 'parse-positional-numbers': false })
    .option('config', { type: 'string', describe: texts.options.config, global: true, requiresArg: true })
    .option('json', { type: 'boolean', describe: texts.options.json, global: true })
    .option('lang', { choices: ['ru', 'en'], describe: texts.options.lang, global: true, requiresArg: true })
    .help('help', texts.options.help).alias('help', 'h').version('version', texts.options.version, packageVersion())
    .strict().demandCommand(1, texts.noVerb).recommendCommands()
    .example('callme init', texts.examples.init).example('callme dialplan install --dry-run', texts.examples.dialplan)
    .example('callme doctor', texts.examples.doctor).example('callme calls explain main/1790.17', texts.examples.explain)
    .epilog(texts.epilog);
}

function addVerb(parser: Argv, entry: Entry, speech: Speech): void {
  let command: Command | null = null;
  parser.command(entry.usage ?? entry.verb, speech.texts.verbs[entry.verb], async (inner) => {
    command = (await entry.load()).default;
    return build(inner, command, speech);
  }, (values) => { if (command !== null) speech.choose({ command, values }); });
}

function build(parser: Argv, command: Command, speech: Speech): Argv {
  const shape = command.builder(speech.texts);
  for (const [name, option] of Object.entries(shape.options ?? {})) parser.option(name, optionOf(option));
  for (const [name, option] of Object.entries(shape.positionals ?? {})) parser.positional(name,
    { type: 'string', describe: option.describe, ...(option.choices === undefined ? {} : { choices: option.choices }) });
  for (const [line, what] of shape.examples ?? []) parser.example(line, what);
  if (command.writes === true) parser.option('dry-run', { type: 'boolean', describe: speech.texts.options.dryRun });
  for (const child of command.children ?? []) addChild(parser, child, speech);
  return command.children === undefined ? parser : parser.demandCommand(1, speech.texts.noAction);
}

function addChild(parser: Argv, child: Command, speech: Speech): void {
  parser.command(child.command, child.describe(speech.texts), (inner) => build(inner, child, speech),
    (values) => speech.choose({ command: child, values }));
}

function optionOf(option: Option): Options {
  return {
    type: option.type, describe: option.describe,
    ...(option.default === undefined ? {} : { default: option.default }),
    ...(option.choices === undefined ? {} : { choices: option.choices }),
    ...(option.type === 'boolean' ? {} : { requiresArg: true }),
  };
}

/** yargs calls a mistyped verb an unknown argument and does not guess. */
function strangeVerb(argv: readonly string[], texts: Texts): string | null {
  const word = argv[0];
  const verbs = VERBS.map(({ verb }) => verb);
  if (word === undefined || word.startsWith('-') || verbs.some((verb) => verb === word)) return null;
  return texts.unknownVerb(word, didYouMean(word, verbs));
}

function verbOf(argv: readonly string[]): string {
  const word = argv.find((candidate) => VERBS.some(({ verb }) => verb === candidate));
  return word === undefined ? 'callme' : `callme ${word}`;
}
