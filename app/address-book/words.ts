/** What the import of an address book speaks of: entries as a file has them, troubles of single rows, and the report. */
import type { NumberKind } from '../../core/address-book.ts';

/** One row of a CSV file or one vCard, as it was written. Text is trimmed, nothing is checked yet. */
export interface Entry {
  /** Where it begins: line of the file, from 1. */
  readonly line: number;
  /** A company of its own, and nobody who works there. */
  readonly isCompany: boolean;
  readonly name: string;
  /** Name of the company. */
  readonly company: string;
  readonly numbers: readonly WrittenNumber[];
  readonly email: string;
  readonly note: string;
  /** Extension or name of an employee. */
  readonly owner: string;
}
export interface WrittenNumber { readonly number: string; readonly kind: NumberKind }

/** Why a row cannot be taken. No text of the row is in it: a report may be pasted into a ticket. */
export type Trouble =
  /** Letters where digits are expected. */
  | 'BAD_NUMBER'
  /** `7,9E+10`: a spreadsheet has thrown its digits away. */
  | 'EXCEL_NUMBER'
  | 'MANY_NUMBERS'
  | 'LONG_TEXT'
  | 'UNKNOWN_OWNER'
  /** More cells than the header names. */
  | 'MORE_CELLS'
  | 'BAD_QUOTES'
  | 'LONG_ROW'
  /** A vCard without its END. */
  | 'NO_END';
/** Rows that are well and of no use here. */
export type Useless = 'NO_NUMBER';

export interface BadRow { readonly line: number; readonly trouble: Trouble; readonly field: string }
export interface UselessRow { readonly line: number; readonly why: Useless }
export type Read = { readonly kind: 'entry'; readonly entry: Entry } | ({ readonly kind: 'bad' } & BadRow);

/** What is wrong with a file as a whole. */
export type ImportFailureCode =
  | 'IMPORT_EMPTY'
  /** No column of the header is a telephone number. */
  | 'IMPORT_NO_NUMBERS'
  /** A spreadsheet, an archive, a picture. */
  | 'IMPORT_NOT_TEXT'
  | 'IMPORT_TOO_LARGE'
  | 'IMPORT_TOO_MANY'
  | 'IMPORT_CANNOT_READ';

export class ImportFailure extends Error {
  readonly code: ImportFailureCode;

  constructor(code: ImportFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImportFailure';
    this.code = code;
  }
}

export interface ImportReport {
  readonly format: Format;
  readonly encoding: Encoding;
  /** Rows or cards, with the bad ones. */
  readonly rows: number;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Companies that persons name and that were not in the book. */
  readonly companies: number;
  readonly useless: readonly UselessRow[];
  readonly bad: readonly BadRow[];
  /** False: nothing was written (a dry run, or bad rows and no `partial`). */
  readonly applied: boolean;
}
export type Format = 'csv' | 'vcard';
export type Encoding = 'utf-8' | 'utf-16le' | 'windows-1251';

/** Caps: 64 MB is an address book of a town, and what a spoiled file can make us read. */
export const LIMITS = { bytes: 64 * 1024 * 1024, entries: 100_000, row: 65_536, name: 200, email: 254, note: 2_000, number: 60, numbers: 20 } as const;
