import type { CaptureEntry } from '../../ami/capture.ts';
import { CaptureWriter } from '../../ami/capture-writer.ts';
import { Supervisor } from '../../ami/supervisor.ts';
import type { Log } from '../../core/ports.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configured } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { type Config, secretsOf } from '../config/index.ts';
import { linkSettings } from '../ears.ts';
import { openLog } from '../logs.ts';
import { STOP_MS } from '../serve.ts';

const capture: Command = {
  command: 'capture',
  describe: (texts) => texts.verbs.capture,
  builder: (texts) => ({
    options: {
      out: { type: 'string', describe: texts.capture.out, default: 'callme-capture.ndjson', placeholder: 'FILE' },
      pbx: { type: 'string', describe: texts.capture.pbx, placeholder: 'ID' },
      seconds: { type: 'number', describe: texts.capture.seconds },
    },
    examples: [['callme capture --out story.ndjson --seconds 60', texts.capture.example]],
  }),
  run,
};
export default capture;

type Pbx = Config['pbx'][number];

async function run(args: Args, io: CommandIo): Promise<ExitCode> {
  const loaded = configured(args, io);
  const pbx = chosen(loaded.config, args.text('pbx'), io);
  const file = args.text('out') ?? 'callme-capture.ndjson';
  const seconds = duration(args, io);
  // On stderr: what is printed on stdout is for whoever called.
  const log = openLog({ level: 'warn', terminal: false, secrets: secretsOf(loaded), out: { write: (line) => { io.stderr(line); } } });
  const writer = opened(file, log);
  const heard = { entries: 0, up: false };
  const supervisor = listen(pbx, { heard, writer, io, log });
  const flushing = setInterval(() => { writer.flush(); }, 1_000);
  await supervisor.start();
  await until(seconds, io.signal);
  clearInterval(flushing);
  await supervisor.stop(STOP_MS);
  writer.close();
  if (args.json) printJson(io, { file, entries: heard.entries, connected: heard.up });
  else printLine(io, io.texts.capture.done(heard.entries, file));
  return heard.up ? EXIT.fine : EXIT.unreachable;
}

function chosen(config: Config, id: string | undefined, { texts }: CommandIo): Pbx {
  const pbx = config.pbx.find((each) => id === undefined || each.id === id);
  if (pbx !== undefined) return pbx;
  throw new CliFailure({ code: 'NO_PBX', exit: EXIT.usage, message: texts.capture.noPbx(id ?? '') });
}

/** Seconds, undefined = until a signal. A duration that Node's timers cannot hold would end at once, one that is no whole number never. */
function duration(args: Args, { texts }: CommandIo): number | undefined {
  const seconds = args.whole('seconds');
  if (args.text('seconds') === undefined || (seconds !== undefined && seconds > 0 && seconds <= LONGEST_SECONDS)) return seconds;
  throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: `--seconds 1…${LONGEST_SECONDS}: ${texts.capture.seconds}` });
}

const LONGEST_SECONDS = 2_000_000;

function opened(path: string, log: Log): CaptureWriter {
  try {
    return new CaptureWriter({ path, log });
  } catch (error) {
    throw new CliFailure({ code: 'CAPTURE_FILE', exit: EXIT.usage, message: error instanceof Error ? error.message : String(error) });
  }
}

interface Listening { readonly heard: { entries: number; up: boolean }; readonly writer: CaptureWriter; readonly io: CommandIo; readonly log: Log }

function listen(pbx: Pbx, { heard, writer, io, log }: Listening): Supervisor {
  const { id } = pbx;
  const note = (entry: CaptureEntry): void => { heard.entries += 1; writer.write(entry); };
  return new Supervisor({
    pbx: id, log, settings: linkSettings(pbx),
    listener: {
      onHeaders: (headers, at) => { note({ kind: 'headers', at, pbx: id, headers }); },
      onResync: (alive, at) => { note({ kind: 'resync', at, pbx: id, alive }); },
      onLost: (at) => { note({ kind: 'lost', at, pbx: id }); },
      onState: ({ name, reason }) => { heard.up ||= name === 'up'; io.stderr(`${io.texts.capture.link(name, reason)}\n`); },
    },
  });
}

function until(seconds: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(done, seconds * 1000);
    function done(): void { clearTimeout(timer); signal.removeEventListener('abort', done); resolve(); }
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
