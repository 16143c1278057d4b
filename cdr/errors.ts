/** What can go wrong with the books of a PBX. The code is stable; the remedy is for the operator. Neither text may hold a secret. */
export type BooksErrorCode =
  /** The file or the server cannot be reached, or more was written than one reading may take. */
  | 'BOOKS_UNREADABLE'
  /** The file's mode, the password or the grants forbid it. */
  | 'BOOKS_DENIED'
  /** What is there is no CEL and no CDR: no such file or table, other columns, times of another zone. */
  | 'BOOKS_SHAPE'
  /** The server did not answer in time. */
  | 'BOOKS_TIMEOUT';

export class BooksError extends Error {
  override readonly name = 'BooksError';
  readonly code: BooksErrorCode;
  readonly remedy: string;

  constructor(code: BooksErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** The `code` that Node.js, pg and mysql2 put on their errors. */
export const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : '');
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** There is no such book: where there is another one, that one is read. */
export class MissingBook extends BooksError {
  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super('BOOKS_SHAPE', message, remedy, options);
  }
}
