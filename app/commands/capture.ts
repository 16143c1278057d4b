import type { CaptureEntry } from '../../ami/capture.ts';
import { CaptureWriter } from '../../ami/capture-writer.ts';
import { Supervisor } from '../../ami/supervisor.ts';
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
  const writer = new CaptureWriter({ path: file, log: openLog({ level: 'warn', terminal: io.terminal, secrets: secretsOf(loaded) }) });
  const heard = { entries: 0, up: false };
  const supervisor = listen(pbx, { heard, writer, io, secrets: secretsOf(loaded) });
  const flushing = setInterval(() => { writer.flush(); }, 1_000);
  await supervisor.start();
  await until(args.whole('seconds'), io.signal);
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

interface Listening { readonly heard: { entries: number; up: boolean }; readonly writer: CaptureWriter; readonly io: CommandIo; readonly secrets: readonly string[] }

function listen(pbx: Pbx, { heard, writer, io, secrets }: Listening): Supervisor {
  const { id } = pbx;
  const note = (entry: CaptureEntry): void => { heard.entries += 1; writer.write(entry); };
  return new Supervisor({
    pbx: id, log: openLog({ level: 'warn', terminal: io.terminal, secrets, out: { write: (line) => { io.stderr(line); } } }),
    settings: linkSettings(pbx),
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
