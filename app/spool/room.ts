/** What every `callme spool` verb works with: the store, the configuration, the storage, and words for people. */
import type { Args, CommandIo } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { now, withStore } from '../cli/stores.ts';
import type { Config } from '../config/index.ts';
import { openStorage, surroundings, type Surroundings } from '../keeping.ts';
import { whenOf } from '../reconcile/when.ts';
import type { Log, RecordingRow, Store } from '../../core/ports.ts';
import type { Instant, RecordingId } from '../../core/words.ts';
import type { Storage } from '../../recordings/storage/storage.ts';

export interface SpoolRoom extends Surroundings {
  readonly args: Args;
  readonly io: CommandIo;
  readonly config: Config;
  readonly store: Store;
  readonly storage: Storage;
  readonly log: Log;
}

/** Opens what a verb needs and closes it again. `without` is what it says where no store is there yet. */
export function withSpool(args: Args, io: CommandIo, use: (room: SpoolRoom) => ExitCode | Promise<ExitCode>, without: () => ExitCode | Promise<ExitCode>): Promise<ExitCode> {
  return withStore(args, io, async (store, config) => {
    if (store === null) return without();
    const log = verbLog(io);
    const storage = openStorage({ config, clock: { now }, log });
    try {
      return await use({ args, io, config, store, storage, log, ...surroundings(config, store) });
    } finally {
      storage.close();
    }
  });
}

/** Warnings of the room are for whoever typed the verb; what it says besides is not. */
function verbLog({ stderr }: Pick<CommandIo, 'stderr'>): Log {
  const tell = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    stderr(`${message}: ${Object.values(fields).map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ')}\n`);
  };
  const quiet = (): void => undefined;
  const log: Log = { debug: quiet, info: quiet, warn: tell, error: tell, child: () => log };
  return log;
}

export function noSuch(io: Pick<CommandIo, 'texts'>, id: string): CliFailure {
  return new CliFailure({ code: 'NO_RECORDING', exit: EXIT.problem, message: io.texts.spool.noSuch(id), remedy: io.texts.spool.unknownRemedy });
}

/** The row that the positional `id` names. Throws CliFailure. */
export function namedRow({ args, io, store }: Pick<SpoolRoom, 'args' | 'io' | 'store'>): RecordingRow {
  const id = args.text('id') ?? '';
  const row = store.recordings.get(id as RecordingId);
  if (row === null) throw noSuch(io, id);
  return row;
}

/** `--from`, `--to`. Throws CliFailure where it is no time. */
export function whenOption({ args, io }: Pick<SpoolRoom, 'args' | 'io'>, option: 'from' | 'to'): Instant | undefined {
  const text = args.text(option);
  if (text === undefined) return undefined;
  const at = whenOf(text, now());
  if (at === null) throw new CliFailure({ code: 'BAD_TIME', exit: EXIT.usage, message: io.texts.spool.badWhen(`--${option}`, text), remedy: io.texts.spool.badWhenRemedy });
  return at;
}

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Long work shows at a terminal that it goes on: one line of stderr, written over. Machines and pipes get nothing. */
export function progress(io: CommandIo): { readonly step: (count: number) => void; readonly end: () => void } {
  let shown = false;
  return {
    step: (count) => {
      if (!io.terminal || count % EACH !== 0) return;
      shown = true;
      io.stderr(`\r${io.texts.spool.looked(count)}`);
    },
    end: () => { if (shown) io.stderr('\r\u001b[K'); },
  };
}
const EACH = 100;
