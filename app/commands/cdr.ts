import { resolve } from 'node:path';
import { openBooks } from '../../cdr/open.ts';
import type { BooksSettings } from '../../cdr/settings.ts';
import type { Store } from '../../core/ports.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { withStore } from '../cli/stores.ts';
import { isTimezone } from '../config/fields.ts';
import type { Config } from '../config/index.ts';
import { profileOf } from '../profile.ts';
import { settingsOf } from '../reconcile/books.ts';
import { asJson, printUnreadable, totalsOf } from '../reconcile/report.ts';
import { chosenPbxs, type Job, type Pbx, usage, windowOf, windowOptions, work } from '../reconcile/verb.ts';
import { configuredJobs } from './reconcile.ts';

const SOURCES = ['csv', 'mysql', 'postgres'] as const;
type Source = (typeof SOURCES)[number];
const SCHEMES: Readonly<Record<Exclude<Source, 'csv'>, RegExp>> = { mysql: /^(mysql|mariadb):\/\/./, postgres: /^postgres(ql)?:\/\/./ };

const cdr: Command = {
  command: 'cdr',
  describe: (texts) => texts.verbs.cdr,
  builder: () => ({}),
  children: [{
    command: 'import', describe: (texts) => texts.reconcile.import, writes: true,
    builder: (texts) => ({
      options: {
        source: { type: 'string', describe: texts.reconcile.source, choices: SOURCES },
        cel: { type: 'string', describe: texts.reconcile.cel, placeholder: 'FILE' },
        cdr: { type: 'string', describe: texts.reconcile.cdr, placeholder: 'FILE' },
        url: { type: 'string', describe: texts.reconcile.url, placeholder: 'URL' },
        timezone: { type: 'string', describe: texts.reconcile.timezone, placeholder: 'NAME' },
        ...windowOptions(texts),
      },
      examples: [['callme cdr import --source csv --cel /var/log/asterisk/cel-custom/Master.csv --from 30d', texts.reconcile.exampleImport]],
    }),
    run: (args, io) => withStore(args, io, (store, config) => run(args, io, { store, config })),
  }],
};
export default cdr;

async function run(args: Args, io: CommandIo, { store, config }: { readonly store: Store | null; readonly config: Config }): Promise<ExitCode> {
  const window = windowOf(args, io);
  const found = await work(args, io, { config, store, jobs: jobsOf(args, io, config) });
  const { told, differs, missing, filled } = totalsOf(found);
  const unreadable = found.reduce((sum, each) => sum + each.unreadable.length, 0);
  const counts = { imported: args.dryRun ? missing : filled, skipped: told + differs, unreadable };
  const report = { ok: unreadable === 0, dryRun: args.dryRun, window };
  if (args.json) printJson(io, { ...counts, ...(asJson(found, report) as object) });
  else {
    for (const each of found) printUnreadable(io, each);
    printLine(io, (args.dryRun ? io.texts.reconcile.wouldImport : io.texts.reconcile.imported)(counts));
  }
  return report.ok ? EXIT.fine : EXIT.problem;
}

/** The source that the command line names, else those of the configuration. Throws CliFailure, exit code 2. */
function jobsOf(args: Args, io: CommandIo, config: Config): readonly Job[] {
  const source = SOURCES.find((known) => known === args.text('source'));
  if (source === undefined && ['cel', 'cdr', 'url'].some((name) => args.text(name) !== undefined)) throw usage(io.texts.reconcile.noSource, io.texts.reconcile.noSourceRemedy);
  if (source === undefined) return configuredJobs(args, io, config);
  const [pbx, ...others] = chosenPbxs(args, io, config);
  if (pbx === undefined || others.length > 0) throw usage(io.texts.reconcile.whichPbx, io.texts.reconcile.knownPbxs(config.pbx.map(({ id }) => id).join(', ')));
  return [{ pbx, books: openBooks(named(args, io, { source, pbx }), { pbx: pbx.id, profile: profileOf(config, pbx) }) }];
}

function named(args: Args, io: CommandIo, { source, pbx }: { readonly source: Source; readonly pbx: Pbx }): BooksSettings {
  const { reconcile: says } = io.texts;
  const configured = pbx.cdr?.source === source ? settingsOf(pbx.cdr) : null;
  const zone = args.text('timezone') ?? pbx.cdr?.timezone;
  if (zone !== undefined && !isTimezone(zone)) throw usage(says.badZone(zone), says.badZoneRemedy);
  const timezone = zone === undefined ? {} : { timezone: zone };
  if (source !== 'csv') {
    const url = args.text('url');
    // The address holds a password: it is never repeated.
    if (url !== undefined && !SCHEMES[source].test(url)) throw usage(says.badUrl(source), says.badUrlRemedy(source));
    if (url !== undefined) return { source, url, cel: 'cel', cdr: 'cdr', ...timezone };
  }
  const files = (['cel', 'cdr'] as const).flatMap((name) => { const file = args.text(name); return file === undefined ? [] : [[name, resolve(io.cwd, file)] as const]; });
  if (source === 'csv' && files.length > 0) return { source, ...Object.fromEntries(files), ...timezone };
  if (configured !== null) return { ...configured, ...timezone };
  throw usage(source === 'csv' ? says.noFile : says.noUrl, source === 'csv' ? says.noFileRemedy : says.badUrlRemedy(source));
}
