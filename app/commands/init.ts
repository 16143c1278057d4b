import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { DEFAULT_FILE } from '../config/index.ts';
import { managerSnippet } from '../init/manager.ts';
import { freshConfig } from '../init/template.ts';
import { asteriskAccount, makeDataFolder, writePrivate } from '../init/write.ts';
import { kitFolder } from '../package-root.ts';

const init: Command = {
  command: 'init',
  describe: (texts) => texts.verbs.init,
  writes: true,
  builder: (texts) => ({
    options: {
      'force': { type: 'boolean', describe: texts.init.force },
      'data-dir': { type: 'string', describe: texts.init.dataDir },
    },
    examples: [['callme init --config ./callme.yaml', texts.init.exampleHere], ['callme init --force', texts.init.exampleForce]],
  }),
  run,
};
export default init;

interface Places { readonly file: string; readonly dataDir: string }

function run(args: Args, io: CommandIo): Promise<ExitCode> {
  const places = placesOf(args, io);
  if (existsSync(places.file) && !args.flag('force')) {
    throw new CliFailure({ code: 'EXISTS', exit: EXIT.problem, message: io.texts.init.exists(places.file), remedy: io.texts.init.existsRemedy });
  }
  const secret = randomBytes(24).toString('hex');
  const text = freshConfig({ dataDir: places.dataDir, secret, token: randomBytes(24).toString('hex') });
  const madeFolder = args.dryRun ? false : write(places, text, io);
  report(args, io, { ...places, secret, madeFolder });
  return Promise.resolve(EXIT.fine);
}

/** root installs for the machine, anybody else tries it out where he stands. */
function placesOf(args: Args, io: CommandIo): Places {
  const root = process.getuid?.() === 0;
  const named = args.config ?? (io.env['CALLME_CONFIG'] === '' ? undefined : io.env['CALLME_CONFIG']);
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(io.cwd, path));
  return { file: at(named ?? (root ? DEFAULT_FILE : 'callme.yaml')),
    dataDir: at(args.text('data-dir') ?? (root ? '/var/lib/callme' : 'callme-data')) };
}

function write({ file, dataDir }: Places, text: string, io: CommandIo): boolean {
  const account = asteriskAccount();
  let what = dataDir;
  try {
    const made = makeDataFolder(dataDir, account);
    what = file;
    writePrivate(file, text, account);
    return made;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CliFailure({ code: 'CANNOT_WRITE', exit: EXIT.problem, message: io.texts.init.cannot(what, code),
      remedy: io.texts.init.cannotRemedy });
  }
}

interface Done extends Places { readonly secret: string; readonly madeFolder: boolean }

function report(args: Args, io: CommandIo, done: Done): void {
  const { texts } = io;
  const snippet = managerSnippet(kitFolder(), done.secret);
  if (args.json) { printJson(io, { ok: true, file: done.file, dataDir: done.dataDir, madeDataDir: done.madeFolder,
    dryRun: args.dryRun, manager: args.dryRun ? '' : snippet, next: commands(done) }); return; }
  printLine(io, args.dryRun ? texts.init.wouldWrite(done.file) : texts.init.wrote(done.file));
  if (done.madeFolder) printLine(io, texts.init.madeFolder(done.dataDir));
  if (args.dryRun) return;
  const [dialplan, doctor, serve] = commands(done);
  const steps = [
    texts.init.nextConfig(done.file),
    `${texts.init.nextManager}\n\n${indented(snippet)}\n`,
    `${texts.init.nextDialplan}\n       ${dialplan ?? ''}`, `${texts.init.nextDoctor}  ${doctor ?? ''}`, `${texts.init.nextServe}  ${serve ?? ''}`,
  ];
  printLine(io, `\n${texts.init.next}`);
  for (const [index, step] of steps.entries()) printLine(io, `  ${index + 1}. ${step}`);
}

function commands({ file }: Places): readonly string[] {
  const config = file === DEFAULT_FILE ? '' : ` --config ${file}`;
  return [`callme dialplan install${config}`, `callme doctor${config}`, `callme serve${config}`];
}

function indented(text: string): string { return text.split('\n').map((line) => `       ${line}`).join('\n'); }
