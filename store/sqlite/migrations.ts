import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import { MIGRATION_1 } from './migrations/0001.ts';
import { MIGRATION_2 } from './migrations/0002.ts';
import { MIGRATION_3 } from './migrations/0003.ts';
import { MIGRATION_4 } from './migrations/0004.ts';

/** Migration n is entry n - 1. The version of a file is SQLite's `user_version`, which changes in the migration's own transaction. */
export const MIGRATIONS: readonly string[] = [MIGRATION_1, MIGRATION_2, MIGRATION_3, MIGRATION_4];
/** The version this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the file to this code's version. Each migration is one transaction that looks at the version again under the write lock: of
 * two processes that open at once, one migrates and the other finds nothing to do. A second run changes nothing.
 * Throws STORE_TOO_NEW before anything was changed, STORE_FOREIGN for another program's database.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  refuseNewer(version(database), migrations.length);
  while (version(database) < migrations.length) step(database, migrations);
}

function step(database: DatabaseSync, migrations: readonly string[]): void {
  database.exec('begin immediate');
  try {
    const from = version(database);
    refuseNewer(from, migrations.length);
    if (from === 0) refuseForeign(database);
    const statements = migrations[from];
    if (statements !== undefined) apply(database, statements, from + 1);
    database.exec('commit');
  } catch (failure) {
    if (database.isTransaction) database.exec('rollback');
    throw failure;
  }
}

function apply(database: DatabaseSync, statements: string, to: number): void {
  database.exec(statements);
  // '*' is no tenant: rows of meta that belong to the whole file.
  database.prepare("insert into meta (tenant, name, value) values ('*', ?, datetime('now'))").run(`migration ${to}`);
  database.exec(`pragma user_version = ${to}`);
}

export function version(database: DatabaseSync): number {
  const row = database.prepare('pragma user_version').get();
  return Number(row?.['user_version'] ?? 0);
}

function refuseNewer(found: number, known: number): void {
  if (found <= known) return;
  throw new StoreError('STORE_TOO_NEW',
    `the database has version ${found}, this CallMe knows ${known}: it was used by a newer CallMe; install that version again or restore a backup`);
}

function refuseForeign(database: DatabaseSync): void {
  const table = database.prepare("select name from sqlite_schema where type = 'table' limit 1").get();
  if (table === undefined) return;
  throw new StoreError('STORE_FOREIGN', 'the file is a database of another program: name another file in store.url');
}
