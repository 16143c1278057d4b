import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configured, configuredAccounts } from '../cli/configured.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, table } from '../cli/print.ts';
import { explainConfig } from '../config/index.ts';

const check: Command = {
  command: 'check',
  describe: (texts) => texts.config.check,
  builder: (texts) => ({ examples: [['callme config check --config ./callme.yaml', texts.config.exampleCheck]] }),
  run: runCheck,
};

const explain: Command = {
  command: 'explain',
  describe: (texts) => texts.config.explain,
  builder: (texts) => ({ examples: [['callme config explain', texts.config.exampleExplain]] }),
  run: runExplain,
};

const config: Command = {
  command: 'config',
  describe: (texts) => texts.verbs.config,
  builder: () => ({}),
  children: [check, explain],
};
export default config;

async function runCheck(args: Args, io: CommandIo): Promise<ExitCode> {
  const { loaded, accounts } = await configuredAccounts(args, io);
  if (args.json) printJson(io, { ok: true, file: loaded.file, pbx: loaded.config.pbx.map(({ id }) => id),
    accounts: accounts.map(({ config: { id, driver } }) => ({ id, driver })), mistakes: [] });
  else printLine(io, io.texts.config.fine(loaded.file));
  return EXIT.fine;
}

function runExplain(args: Args, io: CommandIo): Promise<ExitCode> {
  const loaded = configured(args, io);
  const rows = explainConfig(loaded);
  if (args.json) printJson(io, { file: loaded.file, values: rows });
  else io.stdout(table(io.texts.config.head, rows.map(({ path, value, origin }) => [path, typeof value === 'string' ? value
    : JSON.stringify(value), origin])));
  return Promise.resolve(EXIT.fine);
}
