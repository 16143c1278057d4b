/** Why the past could not be read, for the log and the command line. `BooksError` of cdr/ has the same shape: a stable code and a remedy. */
export type ReconcileCode = 'BOOKS_LATE' | 'BOOKS_HELD_TOO_MUCH';

abstract class ReconcileError extends Error {
  abstract readonly code: ReconcileCode;
  abstract readonly remedy: string;
}

export class BooksLate extends ReconcileError {
  readonly code = 'BOOKS_LATE';
  readonly remedy = 'is there an index on the column of the time? the rest is looked for a minute after the gap, and by: callme reconcile';

  constructor(deadlineMs: number) { super(`no answer within ${deadlineMs / 1000} s`); }
}

export class HeldTooMuch extends ReconcileError {
  readonly code = 'BOOKS_HELD_TOO_MUCH';
  readonly remedy = 'the rest is looked for a minute after the gap, and by: callme reconcile';

  constructor(cap: number) { super(`more than ${cap} events came while they were read`); }
}

export interface Reason { readonly message: string; readonly code: string; readonly remedy: string }

export function reasonOf(error: unknown): Reason {
  const text = (name: string): string => (error instanceof Error && name in error ? String((error as unknown as Readonly<Record<string, unknown>>)[name]) : '');
  return { message: error instanceof Error ? error.message : String(error), code: text('code'), remedy: text('remedy') };
}
