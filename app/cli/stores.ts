import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Store } from '../../core/ports.ts';
import { DEFAULT_TENANT, instant, type Instant } from '../../core/words.ts';
import { StoreError } from '../../store/errors.ts';
import { openStore } from '../../store/open.ts';
import type { Config } from '../config/index.ts';
import type { Args, CommandIo } from './command.ts';
import { configured } from './configured.ts';
import { CliFailure } from './failure.ts';
import { EXIT, type ExitCode } from './io.ts';

/**
 * Runs something on the store beside a running server, and closes it. `null` where there is no store yet: looking must not make one,
 * because root's look would leave a database that the service cannot write.
 */
export async function withStore(args: Args, io: CommandIo,
  use: (store: Store | null, config: Config) => ExitCode | Promise<ExitCode>): Promise<ExitCode> {
  const { config } = configured(args, io);
  const store = openExisting(config, io);
  try {
    return await use(store, config);
  } catch (error) {
    throw error instanceof StoreError ? failure(error, io) : error;
  } finally {
    store?.close();
  }
}

export function openExisting(config: Config, io: Pick<CommandIo, 'texts'>): Store | null {
  const url = config.store.url.reveal();
  if (url.startsWith('sqlite:') && !existsSync(resolve(config.dataDir, url.slice('sqlite:'.length)))) return null;
  try {
    return openStore({ url, dataDir: config.dataDir, tenant: DEFAULT_TENANT });
  } catch (error) {
    throw error instanceof StoreError ? failure(error, io) : error;
  }
}

function failure(error: StoreError, { texts }: Pick<CommandIo, 'texts'>): CliFailure {
  return new CliFailure({ code: error.code, exit: EXIT.problem, message: texts.store.cannot(error.message), remedy: texts.store.cannotRemedy });
}

export const DEFAULT_LIMIT = 50;

/** How many rows a list shows at most. */
export function limitOf(args: Args): number { return Math.min(Math.max(args.whole('limit') ?? DEFAULT_LIMIT, 1), 10_000); }

export function now(): Instant { return instant(Date.now()); }
