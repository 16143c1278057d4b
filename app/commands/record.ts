/** `callme record pause|resume ID`: over an AMI link of its own, beside the server, which hears of it as of every pause. */
import { AmiError } from '../../ami/errors.ts';
import { type Link, openLink } from '../../ami/link.ts';
import type { Call } from '../../core/calls.ts';
import type { Store } from '../../core/ports.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { withStore } from '../cli/stores.ts';
import type { Config } from '../config/index.ts';
import { linkSettings } from '../ears.ts';
import { openLog } from '../logs.ts';
import { Recorder, type RecorderAct, type RecorderRefusal } from '../recorder.ts';

const child = (what: RecorderAct): Command => ({
  command: `${what} <id>`, describe: (texts) => texts.record[what], writes: true,
  builder: (texts) => ({ positionals: { id: { type: 'string', describe: texts.record.id } },
    examples: [[`callme record ${what} main/1790.17`, what === 'pause' ? texts.record.examplePause : texts.record.exampleResume]] }),
  run: (args, io) => withStore(args, io, (store, config) => run(what, args, { io, store, config })),
});

const record: Command = {
  command: 'record',
  describe: (texts) => texts.verbs.record,
  builder: () => ({}),
  children: [child('pause'), child('resume')],
};
export default record;

interface Place { readonly io: CommandIo; readonly store: Store | null; readonly config: Config }

async function run(what: RecorderAct, args: Args, place: Place): Promise<ExitCode> {
  const { io, config } = place;
  const name = args.text('id') ?? '';
  const call = openCall(name, place);
  const pbx = config.pbx.find(({ id }) => id === call?.pbx);
  if (call === null || pbx === undefined) throw failure('NO_CALL', name, io);
  if (!args.dryRun) await withLink(pbx, call, io, (link) => acted(what, call, link, io));
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, call: call.key, what });
  else printLine(io, (args.dryRun ? io.texts.record.would : io.texts.record.done)[what](call.key));
  return EXIT.fine;
}

/** `main/1790.17`, or any linkedid that was united into an open call. */
function openCall(name: string, { store, config }: Place): Call | null {
  const open = config.pbx.flatMap(({ id }) => store?.journal.openCalls(id) ?? []);
  return open.find((call) => !call.ended && (call.key === name || call.linkeds.some((linked) => linked === name || `${call.pbx}/${linked}` === name))) ?? null;
}

async function withLink(pbx: Config['pbx'][number], call: Call, io: CommandIo, use: (link: Link) => Promise<void>): Promise<void> {
  const link = await openLink(linkSettings(pbx), { onEvent: () => undefined, signal: io.signal }).catch((error: unknown) => {
    throw error instanceof AmiError ? failure('PBX_AWAY', call.key, io, error) : error;
  });
  try {
    await use(link);
  } finally {
    link.close(new AmiError('AMI_DOWN', 'done'));
  }
}

async function acted(what: RecorderAct, call: Call, door: Link, io: CommandIo): Promise<void> {
  const log = openLog({ level: 'silent', terminal: false, secrets: [], out: { write: () => undefined } });
  const answer = await new Recorder({ pbxOf: () => ({ door, call: () => call }), log }).act(call.key, what);
  if (!answer.ok) throw failure(answer.code, call.key, io, new AmiError('AMI_DOWN', answer.reason));
}

/** Asterisk's own words stand behind the sentence where there are some. */
function failure(code: RecorderRefusal, call: string, { texts }: CommandIo, error?: AmiError): CliFailure {
  const said = error === undefined ? '' : `: ${error.message}`;
  return new CliFailure({ code, exit: code === 'PBX_AWAY' ? EXIT.unreachable : EXIT.problem,
    message: `${texts.record.refused[code](call)}${code === 'PBX_AWAY' || code === 'PBX_REFUSED' ? said : ''}`, remedy: error?.remedy || texts.record.remedies[code] });
}
