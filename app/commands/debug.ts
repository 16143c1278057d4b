/** `callme debug [on|off]`: switches the detailed logs of the running server through its API, with a token of the configuration. */
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configured } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { type DebugTexts, debugTexts } from '../cli/texts/debug.ts';
import type { Texts } from '../cli/texts/index.ts';
import { type Config, showListen } from '../config/index.ts';
import { DETAIL_MINUTES, type DetailLevel, type DetailShown, isSubsystem, SUBSYSTEMS, type Subsystem } from '../detail.ts';
import { createHttp, HttpFailure } from '../http.ts';
import { packageVersion } from '../package-root.ts';

const subsystems = (texts: Texts) => ({ subsystems: { type: 'string' as const, describe: debugTexts(texts).subsystems } });

const debug: Command = {
  command: 'debug',
  describe: (texts) => debugTexts(texts).verb,
  builder: () => ({}),
  children: [
    { command: 'show', describe: (texts) => debugTexts(texts).show, builder: () => ({}), run: (args, io) => ask(args, io, null) },
    {
      command: 'on [subsystems]', describe: (texts) => debugTexts(texts).on, writes: true,
      builder: (texts) => ({ positionals: subsystems(texts), options: { minutes: { type: 'number', describe: debugTexts(texts).minutes, default: DETAIL_MINUTES.otherwise } },
        examples: [['callme debug on crm,http --minutes 10', debugTexts(texts).exampleOn]] }),
      run: (args, io) => ask(args, io, 'detail'),
    },
    {
      command: 'off [subsystems]', describe: (texts) => debugTexts(texts).off, writes: true,
      builder: (texts) => ({ positionals: subsystems(texts), examples: [['callme debug off', debugTexts(texts).exampleOff]] }),
      run: (args, io) => ask(args, io, 'normal'),
    },
  ],
};
export default debug;

interface Wish { readonly names: readonly Subsystem[]; readonly level: DetailLevel; readonly minutes: number }

async function ask(args: Args, io: CommandIo, level: DetailLevel | null): Promise<ExitCode> {
  const { config } = configured(args, io);
  const texts = debugTexts(io.texts);
  const wish = level === null ? null : wishOf(args, level, texts);
  if (wish !== null && args.dryRun) return would(args, io, wish);
  const shown = await request(config, wish, { io, texts });
  if (args.json) printJson(io, shown);
  else for (const name of SUBSYSTEMS) printLine(io, `${name}: ${stateOf(shown, name, texts)}`);
  return EXIT.fine;
}

function wishOf(args: Args, level: DetailLevel, texts: DebugTexts): Wish {
  const named = (args.text('subsystems') ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  const stranger = named.find((name) => !isSubsystem(name));
  if (stranger !== undefined) throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: texts.unknown(stranger.slice(0, 40), SUBSYSTEMS.join(', ')) });
  const { least, most, otherwise } = DETAIL_MINUTES;
  const minutes = level === 'detail' ? args.whole('minutes') : otherwise;
  if (minutes === undefined || minutes < least || minutes > most) throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: texts.wrongMinutes(least, most) });
  return { names: named.length === 0 ? SUBSYSTEMS : named.filter(isSubsystem), level, minutes };
}

function would(args: Args, io: CommandIo, { names, level, minutes }: Wish): ExitCode {
  const texts = debugTexts(io.texts);
  if (args.json) printJson(io, { dryRun: true, subsystems: Object.fromEntries(names.map((name) => [name, level])), minutes });
  else printLine(io, level === 'detail' ? texts.would.on(names.join(', '), minutes) : texts.would.off(names.join(', ')));
  return EXIT.fine;
}

function stateOf({ subsystems: levels, until }: DetailShown, name: Subsystem, texts: DebugTexts): string {
  return levels[name] === 'detail' ? texts.state.detail(until[name] ?? '') : texts.state.normal;
}

const ASK_MS = 5_000;

async function request(config: Config, wish: Wish | null, { io, texts }: { readonly io: CommandIo; readonly texts: DebugTexts }): Promise<DetailShown> {
  const [token] = config.web.tokens;
  if (token === undefined) throw new CliFailure({ code: 'NO_TOKEN', exit: EXIT.problem, message: texts.noTokens, remedy: texts.noTokensRemedy });
  const { host, port } = config.web.listen;
  const address = showListen({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port });
  const http = createHttp({ version: packageVersion() });
  try {
    const { status, body } = await http.request({
      url: `http://${address}/api/v1/debug`, headers: { authorization: `Bearer ${token.reveal()}` }, timeoutMs: ASK_MS, signal: io.signal,
      ...(wish === null ? { method: 'GET' } : { method: 'PUT', json: { subsystems: Object.fromEntries(wish.names.map((name) => [name, wish.level])), minutes: wish.minutes } }),
    });
    if (status !== 200 || !isShown(body)) throw new CliFailure({ code: 'REFUSED', exit: EXIT.problem, message: texts.refused(status), remedy: texts.refusedRemedy });
    return body;
  } catch (error) {
    if (error instanceof HttpFailure) throw new CliFailure({ code: 'AWAY', exit: EXIT.unreachable, message: texts.away(address), remedy: texts.awayRemedy });
    throw error;
  } finally {
    await http.close();
  }
}

/** What stands there may be another server. */
function isShown(body: unknown): body is DetailShown {
  if (typeof body !== 'object' || body === null) return false;
  const { subsystems: levels, until } = body as Partial<Record<keyof DetailShown, unknown>>;
  return typeof levels === 'object' && levels !== null && typeof until === 'object' && until !== null
    && SUBSYSTEMS.every((name) => ['normal', 'detail'].includes(String((levels as Readonly<Record<string, unknown>>)[name])));
}
