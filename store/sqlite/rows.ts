/** Columns back into words. A column of the wrong type means a damaged file or a wrong query: both must be loud. */
import type { SQLOutputValue } from 'node:sqlite';
import { instant, type Instant } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import type { Row } from './connection.ts';

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw wrong(column, 'text', value);
}

/** Text that is one of our branded strings; the row was written from one. */
export const word = <Word extends string>(row: Row, column: string): Word => text(row, column) as Word;

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw wrong(column, 'a number', value);
}

export const textOrNull = (row: Row, column: string): string | null => row[column] === null ? null : text(row, column);
export const numberOrNull = (row: Row, column: string): number | null => row[column] === null ? null : number(row, column);
export const flag = (row: Row, column: string): boolean => number(row, column) !== 0;
export const moment = (row: Row, column: string): Instant => instant(number(row, column));
export const momentOrNull = (row: Row, column: string): Instant | null => row[column] === null ? null : moment(row, column);

/** Asterisk stamps some events with fractions of a millisecond; the columns are whole numbers. */
export const whole = (value: number): number => Math.trunc(value);
export const wholeOrNull = (value: number | null): number | null => value === null ? null : whole(value);
export const bit = (value: boolean): number => value ? 1 : 0;

function wrong(column: string, expected: string, found: SQLOutputValue | undefined): StoreError {
  const kind = found === null ? 'null' : typeof found;
  return new StoreError('STORE_CORRUPT', `column ${column} should be ${expected} and is ${kind}: the database is damaged, restore a backup`);
}
