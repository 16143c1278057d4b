/** What can go wrong with a store, as stable codes. The message names the remedy and never holds a connection URL (it may carry a password). */
export type StoreCode =
  /** The file was written by a newer CallMe. Nothing was changed in it. */
  | 'STORE_TOO_NEW'
  /** The file is some other program's database, or no database at all. */
  | 'STORE_FOREIGN'
  /** The URL names a kind of store that this version does not have. */
  | 'STORE_NOT_SUPPORTED'
  /** Folder missing, no permission. */
  | 'STORE_CANNOT_OPEN'
  /** Another process held the write lock longer than the busy timeout. Nothing was written. */
  | 'STORE_BUSY'
  /** Another `callme serve` works with this store. */
  | 'STORE_IN_USE'
  /** No space left. Nothing was written. */
  | 'STORE_FULL'
  /** Reading or writing failed below SQLite. */
  | 'STORE_IO'
  /** The file, or a row in it, cannot be understood. */
  | 'STORE_CORRUPT'
  /** The row that a change names does not exist. */
  | 'STORE_NO_ROW';

export class StoreError extends Error {
  readonly code: StoreCode;

  constructor(code: StoreCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}
