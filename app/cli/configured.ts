import { driverShelf } from '../driver-shelf.ts';
import { checkAccounts, loadConfig, showMistake, type CheckedAccount, type Config, type Loaded, type Mistake } from '../config/index.ts';
import type { Args, CommandIo } from './command.ts';
import { CliFailure } from './failure.ts';
import { EXIT } from './io.ts';

export type Ready = Extract<Loaded, { ok: true }>;

/** The configuration, or a CliFailure with exit code 2 that names every mistake. */
export function configured(args: Args, io: CommandIo): Ready {
  const loaded = loadConfig({ file: args.config, env: io.env, cwd: io.cwd });
  if (!loaded.ok) throw configFailure(loaded.file, loaded.mistakes, io);
  return loaded;
}

/** The same, and every account checked by its driver. */
export async function configuredAccounts(args: Args, io: CommandIo): Promise<{ readonly loaded: Ready; readonly config: Config;
  readonly accounts: readonly CheckedAccount[] }> {
  const loaded = configured(args, io);
  const { accounts, mistakes } = await checkAccounts(loaded, driverShelf);
  if (mistakes.length > 0) throw configFailure(loaded.file, mistakes, io);
  return { loaded, config: loaded.config, accounts };
}

export function configFailure(file: string, mistakes: readonly Mistake[], io: Pick<CommandIo, 'texts'>): CliFailure {
  const { texts } = io;
  const listed = mistakes.map((mistake) => showMistake(mistake, { expected: texts.expected, remedy: texts.remedy }));
  return new CliFailure({
    code: 'CONFIG', exit: EXIT.usage, message: [texts.mistakes(mistakes.length, file), ...listed].join('\n'), details: { file, mistakes },
  });
}
