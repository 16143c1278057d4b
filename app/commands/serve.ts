import { once } from 'node:events';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configuredAccounts } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { systemClock } from '../clock.ts';
import { secretsOf } from '../config/index.ts';
import { Detail } from '../detail.ts';
import { openLog } from '../logs.ts';
import { packageVersion } from '../package-root.ts';
import { CallMe, STOP_MS } from '../serve.ts';
import { Watchdog } from '../watchdog.ts';

const serve: Command = {
  command: 'serve',
  describe: (texts) => texts.verbs.serve,
  builder: (texts) => ({ examples: [['callme serve --config ./callme.yaml', texts.serve.example]] }),
  run,
};
export default serve;

/** Runs until SIGINT or SIGTERM; a second signal ends the process at once, as the system does it. */
async function run(args: Args, io: CommandIo): Promise<ExitCode> {
  const { loaded, config, accounts } = await configuredAccounts(args, io);
  const version = packageVersion();
  const secrets = secretsOf(loaded);
  const detail = new Detail({ clock: systemClock });
  const log = openLog({ level: config.log.level, terminal: io.terminal, secrets, detail: detail.isOn });
  const callMe = opened(() => new CallMe({ config, accounts, log, version, detail, secrets }), io);
  const watchdog = new Watchdog({ dataDir: config.dataDir, log });
  await callMe.start().catch((error: unknown) => { throw startFailure(error, io); });
  await watchdog.start();
  log.info({ version, config: loaded.file, agi: callMe.agi.address, web: callMe.web.address, accounts: accounts.map(({ config: { id } }) => id) }, 'CallMe is running');
  if (!io.signal.aborted) await once(io.signal, 'abort');
  log.info({}, 'stopping');
  await callMe.stop(STOP_MS);
  await watchdog.stop();
  return EXIT.fine;
}

function opened(open: () => CallMe, io: CommandIo): CallMe {
  try {
    return open();
  } catch (error) {
    throw startFailure(error, io);
  }
}

/** What the world refused at start (a taken port, a store that cannot be opened) has a code; anything else is a bug and stays one. */
function startFailure(error: unknown, { texts }: CommandIo): unknown {
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (!known) return error;
  const remedy = 'remedy' in error && typeof error.remedy === 'string' && error.remedy !== '' ? error.remedy : texts.serve.cannotRemedy;
  return new CliFailure({ code: String(error.code), exit: EXIT.problem, message: error.message, remedy });
}
