/** One book of one kind (a CSV file, a table), whatever it is kept in: gives the rows of a stretch of time. */
import type { Window } from '../core/ports.ts';
import { BooksError } from './errors.ts';
import type { RawRow, Unreadable } from './rows.ts';

export interface Sheet {
  /** What it is called in messages: the path of the file, the name of the table. */
  readonly name: string;
  /** Rows whose time may lie in this span, in the order in which they were written; rows around it may be among them. */
  rows(span: Window, signal: AbortSignal): AsyncIterable<RawRow | Unreadable>;
}

/** Rows of one reading: their events are held in memory beside a server that is at work. A row of CDR makes a dozen of them, one of CEL hardly more than one. */
export const MAX_CEL_ROWS = 500_000;
export const MAX_CDR_ROWS = 100_000;

export const tooMany = (name: string, rows: number): BooksError =>
  new BooksError('BOOKS_UNREADABLE', `${name} has more than ${rows} rows around this window`, 'ask for a smaller window of time, one after the other');
