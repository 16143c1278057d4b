/**
 * `callme capture`: what the AMI says, into a file that may be sent away; `--mask FILE` makes such a file of one that exists.
 * Longer than a hundred lines because it is one verb with two sources.
 */
import { statSync } from 'node:fs';
import { headLine, maskedHead } from '../../ami/capture-head.ts';
import type { CaptureEntry } from '../../ami/capture.ts';
import { CaptureWriter } from '../../ami/capture-writer.ts';
import { AmiError } from '../../ami/errors.ts';
import { contentOf, maskCapture } from '../../ami/mask-capture.ts';
import { Masker } from '../../ami/mask.ts';
import { Supervisor } from '../../ami/supervisor.ts';
import type { Log } from '../../core/ports.ts';
import type { PbxId } from '../../core/words.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configured } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { type Config, secretsOf } from '../config/index.ts';
import { linkSettings } from '../ears.ts';
import { openLog } from '../logs.ts';
import { packageVersion } from '../package-root.ts';
import { profileOf } from '../profile.ts';
import { chosenProfile } from '../replaying.ts';
import { STOP_MS } from '../serve.ts';

const capture: Command = {
  command: 'capture',
  describe: (texts) => texts.verbs.capture,
  builder: (texts) => ({
    options: {
      out: { type: 'string', describe: texts.capture.out, placeholder: 'FILE' },
      pbx: { type: 'string', describe: texts.capture.pbx, placeholder: 'ID' },
      seconds: { type: 'number', describe: texts.capture.seconds },
      unmasked: { type: 'boolean', describe: texts.capture.unmasked },
      mask: { type: 'string', describe: texts.capture.mask, placeholder: 'FILE' },
      external: { type: 'string', describe: texts.capture.external, placeholder: 'REGEX' },
      internal: { type: 'string', describe: texts.capture.internal, placeholder: 'REGEX' },
    },
    examples: [
      ['callme capture --out story.ndjson --seconds 60', texts.capture.example],
      ['callme capture --mask old.ndjson --out story.ndjson', texts.capture.exampleMask],
    ],
  }),
  run: (args, io) => (args.text('mask') === undefined ? listened(args, io) : remade(args.text('mask') ?? '', args, io)),
};
export default capture;

type Pbx = Config['pbx'][number];

async function listened(args: Args, io: CommandIo): Promise<ExitCode> {
  const loaded = configured(args, io);
  const pbx = chosen(loaded.config, args.text('pbx'), io);
  const file = args.text('out') ?? 'callme-capture.ndjson';
  const seconds = duration(args, io);
  const log = logOn(io, secretsOf(loaded));
  const profile = profileOf(loaded.config, pbx);
  const masker = args.flag('unmasked') ? null : new Masker(profile);
  const writer = opened(file, log, masker === null ? 'unmasked' : 'masked', io);
  const head = { masked: false, pbx: pbx.id, version: packageVersion(), profile };
  writer.head(headLine(masker === null ? head : maskedHead(head, masker)));
  if (masker === null) io.stderr(`${io.texts.capture.personal}\n`);
  const heard = await listen({ pbx, seconds, writer, io, log, mask: (entry) => masker?.entry(entry) ?? entry });
  return told({ file, ...heard, masked: masker !== null, idsHoldNumbers: masker?.idsHoldNumbers ?? false, broken: writer.broken }, args, io);
}

/** A capture that exists, masked: nobody is asked, and the configuration is not needed. */
async function remade(path: string, args: Args, io: CommandIo): Promise<ExitCode> {
  if (args.flag('unmasked')) throw usage(io.texts.capture.maskUnmasked);
  const file = args.text('out') ?? 'callme-capture-masked.ndjson';
  if (isSame(path, file)) throw usage(io.texts.capture.same(file), io.texts.capture.newOut);
  if (contentOf(file) !== null) throw usage(io.texts.capture.exists(file), io.texts.capture.newOut);
  const pbx = args.text('pbx');
  try {
    const masked = await maskCapture({
      path, out: { path: file, log: logOn(io, []) }, version: packageVersion(), profileOf: chosenProfile(args, io), signal: io.signal,
      ...(pbx !== undefined && { pbx: pbx as PbxId }),
    });
    return told({ file, ...masked, masked: true, connected: true }, args, io);
  } catch (error) {
    throw failure(error);
  }
}

interface Done {
  readonly file: string; readonly entries: number; readonly connected: boolean; readonly masked: boolean;
  readonly idsHoldNumbers: boolean; readonly broken: boolean;
}

function told({ idsHoldNumbers, broken, ...done }: Done, args: Args, io: CommandIo): ExitCode {
  const { capture: texts } = io.texts;
  if (args.json) printJson(io, done);
  else printLine(io, texts.done(done.entries, done.file));
  if (done.masked && done.entries > 0) io.stderr(`${texts.look}\n`);
  if (done.masked && idsHoldNumbers) io.stderr(`${texts.ids}\n`);
  if (!done.connected) return EXIT.unreachable;
  return broken ? EXIT.problem : EXIT.fine;
}

/** On stderr: what is printed on stdout is for whoever called. */
const logOn = (io: CommandIo, secrets: readonly string[]): Log =>
  openLog({ level: 'warn', terminal: false, secrets, out: { write: (line) => { io.stderr(line); } } });

function chosen(config: Config, id: string | undefined, { texts }: CommandIo): Pbx {
  const pbx = config.pbx.find((each) => id === undefined || each.id === id);
  if (pbx !== undefined) return pbx;
  throw new CliFailure({ code: 'NO_PBX', exit: EXIT.usage, message: texts.capture.noPbx(id ?? '') });
}

/** Seconds, undefined = until a signal. A duration that Node's timers cannot hold would end at once, one that is no whole number never. */
function duration(args: Args, { texts }: CommandIo): number | undefined {
  const seconds = args.whole('seconds');
  if (args.text('seconds') === undefined || (seconds !== undefined && seconds > 0 && seconds <= LONGEST_SECONDS)) return seconds;
  throw usage(`--seconds 1…${LONGEST_SECONDS}: ${texts.capture.seconds}`);
}

const LONGEST_SECONDS = 2_000_000;

const usage = (message: string, remedy = ''): CliFailure => new CliFailure({ code: 'USAGE', exit: EXIT.usage, message, remedy });

function failure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  if (error instanceof AmiError) return new CliFailure({ code: error.code, exit: EXIT.usage, message: error.message, remedy: error.remedy });
  return new CliFailure({ code: 'CAPTURE_FILE', exit: EXIT.usage, message: error instanceof Error ? error.message : String(error) });
}

/** Goes on with a file of the same sort; masked lines behind unmasked ones would be sent away together. */
function opened(path: string, log: Log, sort: 'masked' | 'unmasked', { texts }: CommandIo): CaptureWriter {
  if ((contentOf(path) ?? sort) !== sort) throw usage(texts.capture.otherSort(path, sort), texts.capture.newOut);
  try {
    return new CaptureWriter({ path, log });
  } catch (error) {
    throw failure(error);
  }
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

interface Listening {
  readonly pbx: Pbx; readonly seconds: number | undefined; readonly writer: CaptureWriter; readonly mask: (entry: CaptureEntry) => CaptureEntry;
  readonly io: CommandIo; readonly log: Log;
}

/** Writes what the PBX says until the time is over or a signal comes. */
async function listen({ seconds, writer, io, ...more }: Listening): Promise<{ readonly entries: number; readonly connected: boolean }> {
  const heard = { entries: 0, connected: false };
  const supervisor = supervised({ ...more, io, writer }, heard);
  const flushing = setInterval(() => { writer.flush(); }, 1_000);
  await supervisor.start();
  await until(seconds, io.signal);
  clearInterval(flushing);
  await supervisor.stop(STOP_MS);
  writer.close();
  return heard;
}

function supervised({ pbx, writer, mask, io, log }: Omit<Listening, 'seconds'>, heard: { entries: number; connected: boolean }): Supervisor {
  const { id } = pbx;
  const note = (entry: CaptureEntry): void => { heard.entries += 1; writer.write(mask(entry)); };
  return new Supervisor({
    pbx: id, log, settings: linkSettings(pbx),
    listener: {
      onHeaders: (headers, at) => { note({ kind: 'headers', at, pbx: id, headers }); },
      onResync: (alive, at) => { note({ kind: 'resync', at, pbx: id, alive }); },
      onLost: (at) => { note({ kind: 'lost', at, pbx: id }); },
      onState: ({ name, reason }) => { heard.connected ||= name === 'up'; io.stderr(`${io.texts.capture.link(name, reason)}\n`); },
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
