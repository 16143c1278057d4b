/** argv in, exit code out. The only place that decides what an error means for whoever called us. */
import { CliFailure } from './failure.ts';
import { EXIT, type ExitCode, type Io } from './io.ts';
import { chooseLanguage } from './language.ts';
import { parse } from './parser.ts';
import { printJson } from './print.ts';
import { textsOf } from './texts/index.ts';

/** Runs one verb. Rejects only on a bug of ours: everything that the world can refuse has an exit code. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const language = chooseLanguage(argv, io.env);
  const texts = textsOf(language);
  const choice = await parse(argv, language, texts);
  if (choice.kind === 'say') { io.stdout(choice.text); return EXIT.fine; }
  if (choice.kind === 'usage') { io.stderr(`${choice.problem}\n${texts.seeHelp(choice.verb)}\n`); return EXIT.usage; }
  const { command, args } = choice;
  try {
    return await (command.run?.(args, { ...io, texts }) ?? Promise.resolve(EXIT.usage));
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    if (args.json) printJson(io, { ok: false, code: error.code, error: error.message, remedy: error.remedy, ...error.details });
    else io.stderr(`${error.message}\n${error.remedy === '' ? '' : `${texts.remedy}: ${error.remedy}\n`}`);
    return error.exit;
  }
}
