import type { Args, Command, CommandIo } from '../cli/command.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson } from '../cli/print.ts';
import { withStore } from '../cli/stores.ts';
import type { Config } from '../config/index.ts';
import type { Store } from '../../core/ports.ts';
import { openBooksOf } from '../reconcile/books.ts';
import { asJson, printReport, totalsOf } from '../reconcile/report.ts';
import { chosenPbxs, type Job, usage, windowOf, windowOptions, work } from '../reconcile/verb.ts';

const reconcile: Command = {
  command: 'reconcile',
  describe: (texts) => texts.verbs.reconcile,
  builder: (texts) => ({
    options: windowOptions(texts),
    examples: [['callme reconcile --dry-run', texts.reconcile.exampleLook], ['callme reconcile --from 7d', texts.reconcile.exampleWeek]],
  }),
  writes: true,
  run: (args, io) => withStore(args, io, (store, config) => run(args, io, { store, config })),
};
export default reconcile;

async function run(args: Args, io: CommandIo, { store, config }: { readonly store: Store | null; readonly config: Config }): Promise<ExitCode> {
  const window = windowOf(args, io);
  const found = await work(args, io, { config, store, jobs: configuredJobs(args, io, config) });
  const { missing, filled, differs } = totalsOf(found);
  const report = { ok: missing === filled && differs === 0, dryRun: args.dryRun, window };
  if (args.json) printJson(io, asJson(found, report));
  else printReport(io, found, report);
  return report.ok ? EXIT.fine : EXIT.problem;
}

/** Throws CliFailure, exit code 2, where no chosen PBX has books. */
export function configuredJobs(args: Args, io: CommandIo, config: Config): readonly Job[] {
  const jobs = chosenPbxs(args, io, config).flatMap((pbx): Job[] => {
    const books = openBooksOf(config, pbx);
    return books === null ? [] : [{ pbx, books }];
  });
  if (jobs.length === 0) throw usage(io.texts.reconcile.noBooks, io.texts.reconcile.noBooksRemedy);
  return jobs;
}
