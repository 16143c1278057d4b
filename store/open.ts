import { resolve } from 'node:path';
import type { Store } from '../core/ports.ts';
import type { TenantId } from '../core/words.ts';
import { StoreError } from './errors.ts';
import { lockSqlite, type StoreLock } from './sqlite/lock.ts';
import { makeFolder, openSqliteStore } from './sqlite/open.ts';

export type { StoreLock } from './sqlite/lock.ts';

export interface StoreAddress {
  /** `sqlite:callme.db` (relative to `dataDir`) or `sqlite:/absolute/path.db`. */
  readonly url: string;
  readonly dataDir: string;
  readonly tenant: TenantId;
}

/** For `callme serve` alone: the commands look into the same store beside it. Throws StoreError, STORE_IN_USE when another server has it. */
export function lockStore({ url, dataDir }: Omit<StoreAddress, 'tenant'>): StoreLock {
  const path = sqlitePath(url, dataDir);
  makeFolder(path);
  return lockSqlite(path);
}

/** Opens the store that the config's `store.url` names. Throws StoreError; the message never repeats the URL (it may hold a password). */
export function openStore({ url, dataDir, tenant }: StoreAddress): Store {
  const scheme = /^([a-z][a-z0-9+]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  if (scheme === 'sqlite') return openSqliteStore({ path: sqlitePath(url, dataDir), tenant });
  throw new StoreError('STORE_NOT_SUPPORTED', refusal(scheme));
}

function sqlitePath(url: string, dataDir: string): string {
  const file = url.slice('sqlite:'.length);
  if (file.trim() === '') throw new StoreError('STORE_NOT_SUPPORTED', 'store.url names no file: write sqlite:callme.db');
  return resolve(dataDir, file);
}

function refusal(scheme: string): string {
  if (scheme === 'postgres' || scheme === 'postgresql') return 'PostgreSQL is not in this version yet: use sqlite:, for example sqlite:callme.db';
  return `store.url begins with '${scheme.slice(0, 20)}': use sqlite:, for example sqlite:callme.db`;
}
