/** What `callme reconcile` and `callme cdr import` share: which PBXs, which window, the work, and what went wrong with it. */
import { BooksError } from '../../cdr/errors.ts';
import type { Plan } from '../../core/plan.ts';
import type { Books, Store, Window } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import type { Args, CommandIo, Option } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT } from '../cli/io.ts';
import { showTime } from '../cli/print.ts';
import { now } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/index.ts';
import { PART_MS, reconcile, type Reconciled } from './run.ts';
import { whenOf } from './when.ts';

export type Pbx = Config['pbx'][number];
export interface Job { readonly pbx: Pbx; readonly books: Books }
export interface Work { readonly config: Config; readonly store: Store | null; readonly jobs: readonly Job[] }

const DAY_MS = 86_400_000;

export const windowOptions = ({ reconcile: says }: Texts): Readonly<Record<string, Option>> => ({
  pbx: { type: 'string', describe: says.pbx, placeholder: 'ID' },
  from: { type: 'string', describe: says.from, placeholder: 'WHEN' },
  to: { type: 'string', describe: says.to, placeholder: 'WHEN' },
});

/** Throws CliFailure, exit code 2. */
export function windowOf(args: Args, io: CommandIo): Window {
  const at = now();
  const moment = (name: 'from' | 'to', otherwise: number): number => {
    const text = args.text(name);
    const found = text === undefined ? instant(otherwise) : whenOf(text, at);
    if (found === null) throw usage(io.texts.reconcile.badWhen(`--${name}`, text ?? ''), io.texts.reconcile.badWhenRemedy);
    return found;
  };
  const window = { from: instant(moment('from', at - DAY_MS)), to: instant(moment('to', at)) };
  if (window.from >= window.to) throw usage(io.texts.reconcile.emptyWindow(showTime(window.from), showTime(window.to)), io.texts.reconcile.badWhenRemedy);
  return window;
}

/** The PBXs that are asked for; throws CliFailure where the one that is named is not there. */
export function chosenPbxs(args: Args, io: CommandIo, config: Config): readonly Pbx[] {
  const id = args.text('pbx');
  const chosen = config.pbx.filter((pbx) => id === undefined || pbx.id === id);
  if (chosen.length > 0) return chosen;
  throw usage(io.texts.capture.noPbx(id ?? ''), io.texts.reconcile.knownPbxs(config.pbx.map((pbx) => pbx.id).join(', ')));
}

export const usage = (message: string, remedy: string): CliFailure => new CliFailure({ code: 'USAGE', exit: EXIT.usage, message, remedy });

/** One after the other; closes the books. Throws CliFailure: 1 there is no store, or Ctrl-C; 3 the books cannot be read. */
export async function work(args: Args, io: CommandIo, { config, store, jobs }: Work): Promise<readonly Reconciled[]> {
  const window = windowOf(args, io);
  if (store === null) throw new CliFailure({ code: 'NO_STORE', exit: EXIT.problem, message: io.texts.store.none, remedy: io.texts.reconcile.noStoreRemedy });
  const done: Reconciled[] = [];
  for (const { pbx, books } of jobs) {
    done.push(await reconcile(window, {
      pbx: pbx.id, books, store, plan: planOf(config, pbx), clock: systemClock, signal: io.signal, dryRun: args.dryRun,
      onPart: (part) => { if (window.to - window.from > PART_MS) io.stderr(`${io.texts.reconcile.progress(pbx.id, showTime(part.window.from), part.rows, part.calls)}\n`); },
    }).catch((error: unknown) => { throw failure(error, io); }).finally(() => books.close()));
  }
  return done;
}

const planOf = (config: Config, pbx: Pbx): Plan => ({ accounts: config.crm.map(({ id }) => id), lines: pbx.lines, internal: config.debug.processInternalCalls });

function failure(error: unknown, io: CommandIo): unknown {
  if (error instanceof BooksError) return new CliFailure({ code: error.code, exit: EXIT.unreachable, message: io.texts.reconcile.cannotRead(error.message), remedy: error.remedy });
  if (io.signal.aborted) return new CliFailure({ code: 'INTERRUPTED', exit: EXIT.problem, message: io.texts.reconcile.interrupted });
  return error;
}
