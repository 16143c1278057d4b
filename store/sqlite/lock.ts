/**
 * One `callme serve` per store. The lock is an open exclusive transaction on an empty database beside the store: the kernel frees it however
 * its process dies, so there is no stale lock file to delete by hand, and whoever holds it knows that every claim in the store is a dead one's.
 */
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import { guarded } from './connection.ts';

export interface StoreLock { release(): void }

/** Throws STORE_IN_USE when another process has it. */
export function lockSqlite(path: string): StoreLock {
  const database = guarded(() => new DatabaseSync(`${path}.lock`, { timeout: 0 }));
  try {
    guarded(() => { database.exec('pragma journal_mode = delete; begin exclusive'); });
  } catch (failure) {
    database.close();
    const busy = failure instanceof StoreError && failure.code === 'STORE_BUSY';
    throw busy ? new StoreError('STORE_IN_USE', `another callme serve works with ${path}: stop it first, or give this one its own dataDir`, failure) : failure;
  }
  return { release: () => { if (database.isOpen) database.close(); } };
}
