import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../../core/ports.ts';
import type { TenantId } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import { sqliteAccounts } from './accounts.ts';
import { sqliteAddressBook } from './address-book.ts';
import { Connection, guarded } from './connection.ts';
import { sqliteContacts } from './contacts.ts';
import { sqliteDeliveries } from './deliveries.ts';
import { sqliteJournal } from './journal.ts';
import { sqliteMemory } from './memory.ts';
import { migrate } from './migrations.ts';
import { sqliteRecordings } from './recordings.ts';

export interface SqliteAddress {
  /** Absolute path of the file, or `:memory:`. The folder is made if it is missing. */
  readonly path: string;
  readonly tenant: TenantId;
  /** How long a statement waits for another process's write lock, milliseconds. */
  readonly busyMs?: number;
}

/** CallMe's own commands hold the lock for milliseconds; this is for a backup tool or a slow disk. The process stands still meanwhile. */
const BUSY_MS = 5_000;

/** Opens (and, where needed, makes or migrates) the embedded store. Throws StoreError. */
export function openSqliteStore({ path, tenant, busyMs = BUSY_MS }: SqliteAddress): Store {
  const connection = new Connection(openDatabase(path, busyMs), tenant);
  return {
    journal: sqliteJournal(connection),
    deliveries: sqliteDeliveries(connection),
    memory: sqliteMemory(connection),
    accounts: sqliteAccounts(connection),
    contacts: sqliteContacts(connection),
    addressBook: sqliteAddressBook(connection),
    recordings: sqliteRecordings(connection),
    close: () => connection.close(),
  };
}

/** The file with its settings and its schema, without a tenant. */
export function openDatabase(path: string, busyMs: number): DatabaseSync {
  if (path !== ':memory:') prepareFile(path);
  const database = guarded(() => new DatabaseSync(path, { timeout: busyMs, enableForeignKeyConstraints: true, defensive: true }));
  try {
    guarded(() => settle(database, busyMs));
    guarded(() => migrate(database));
    return database;
  } catch (failure) {
    database.close();
    throw failure;
  }
}

/** The file holds names and numbers of clients: a new one is for our user alone. SQLite gives its -wal and -shm the mode of the file. */
function prepareFile(path: string): void {
  makeFolder(path);
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (failure) {
    throw cannotOpen(path, failure);
  }
}

/** Throws STORE_CANNOT_OPEN. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  } catch (failure) {
    throw cannotOpen(path, failure);
  }
}

const cannotOpen = (path: string, failure: unknown): StoreError => new StoreError('STORE_CANNOT_OPEN', `cannot open the database ${path}: check that its folder exists and who owns it`, failure);

/**
 * WAL: readers (the CLI) never wait for the writer. FULL: a commit is on the disk when it returns, not only safe against a dead process.
 * The switch to WAL does not wait for the busy timeout when another process does the same at this moment, hence the loop.
 */
function settle(database: DatabaseSync, busyMs: number): void {
  const turns = Math.max(1, Math.ceil(busyMs / WAL_PAUSE_MS));
  for (let turn = 1; !switched(database, turn === turns); turn += 1) pause(WAL_PAUSE_MS);
  database.exec('pragma synchronous = FULL');
  // 32 MB of log before it is copied into the file (SQLite's default is 4 MB): in a rush the copying costs as much as the commits.
  database.exec('pragma wal_autocheckpoint = 8000');
}

const WAL_PAUSE_MS = 20;
const SQLITE_BUSY = 5;

function switched(database: DatabaseSync, last: boolean): boolean {
  try {
    database.exec('pragma journal_mode = WAL');
    return true;
  } catch (failure) {
    const busy = failure instanceof Error && 'errcode' in failure && failure.errcode === SQLITE_BUSY;
    if (!busy || last) throw failure;
    return false;
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
