import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { TenantId } from '../../core/words.ts';
import { StoreError, type StoreCode } from '../errors.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;
export type Values = Readonly<Record<string, SQLInputValue>>;

/**
 * One tenant's view of one database file. Every statement is bound with `:tenant`, and node:sqlite refuses a named value that the
 * statement does not mention: a query that forgets its tenant fails in the first test that runs it.
 */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #tenant: TenantId;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, tenant: TenantId) {
    this.#database = database;
    this.#tenant = tenant;
  }

  get tenant(): TenantId { return this.#tenant; }

  /** Returns how many rows changed. */
  run(sql: string, values: Values): number {
    return Number(guarded(() => this.#prepared(sql).run(this.#bound(values))).changes);
  }

  get(sql: string, values: Values): Row | undefined {
    return guarded(() => this.#prepared(sql).get(this.#bound(values)));
  }

  all(sql: string, values: Values): readonly Row[] {
    return guarded(() => this.#prepared(sql).all(this.#bound(values)));
  }

  /**
   * All of `work`, or nothing. Takes the write lock at once (`begin immediate`): a transaction that reads first and writes later can be
   * refused in the middle when another process wrote in between, and the busy timeout does not help there.
   */
  transaction<T>(work: () => T): T {
    guarded(() => this.#database.exec('begin immediate'));
    try {
      const result = work();
      guarded(() => this.#database.exec('commit'));
      return result;
    } catch (failure) {
      // SQLite rolls back by itself on a full disk and on some I/O errors.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw failure;
    }
  }

  /**
   * A transaction whose deleted bytes are overwritten with zeros (SQLite by itself leaves them in free pages) and whose log is put away, so that what a
   * person wants deleted is not on the disk any more. Where a reader stands in the way for long (a backup), the log goes with a later checkpoint:
   * whoever calls meanwhile must not wait for him.
   */
  erasing<T>(work: () => T): T {
    guarded(() => this.#database.exec('pragma secure_delete = on'));
    try {
      return this.transaction(work);
    } finally {
      this.#database.exec('pragma secure_delete = off');
      this.#putLogAway();
    }
  }

  #putLogAway(): void {
    const patience = Number(this.#database.prepare('pragma busy_timeout').get()?.['timeout'] ?? 0);
    this.#database.exec(`pragma busy_timeout = ${Math.min(patience, CHECKPOINT_MS)}`);
    guarded(() => this.#database.exec('pragma wal_checkpoint(truncate)'));
    this.#database.exec(`pragma busy_timeout = ${patience}`);
  }

  /** The last connection to close a file also empties its write-ahead log. May be called twice. */
  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #bound(values: Values): Record<string, SQLInputValue> {
    return { tenant: this.#tenant, ...values };
  }
}

/** How long a reader may keep us from putting the log away. */
const CHECKPOINT_MS = 50;

/** SQLite's primary result codes (sqlite.org/rescode.html) that are not a bug of ours. */
const CODES: ReadonlyMap<number, readonly [StoreCode, string]> = new Map([
  [5, ['STORE_BUSY', 'another process holds the database: try again']],
  [8, ['STORE_CANNOT_OPEN', 'the database is read-only for this user: check the owner and the mode of dataDir']],
  [10, ['STORE_IO', 'the disk refused to read or write: check the disk']],
  [11, ['STORE_CORRUPT', 'the database file is damaged: restore a backup']],
  [13, ['STORE_FULL', 'no space left for the database: free some']],
  [14, ['STORE_CANNOT_OPEN', 'the database file cannot be opened: check that dataDir exists and who owns it']],
  [26, ['STORE_FOREIGN', 'the file is not an SQLite database: name another file in store.url']],
]);

/** Runs one call into SQLite; what the world refuses becomes a StoreError, our own mistakes (SQL, constraints) pass as they are. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (failure) {
    throw translated(failure);
  }
}

function translated(failure: unknown): unknown {
  if (!(failure instanceof Error) || !('errcode' in failure) || typeof failure.errcode !== 'number') return failure;
  const known = CODES.get(failure.errcode & 0xff);
  return known === undefined ? failure : new StoreError(known[0], known[1], failure);
}
