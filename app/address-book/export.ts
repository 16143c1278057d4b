/** The only door to csv-stringify: the whole book as CSV or vCard, in pieces, such that an import of it changes nothing. */
import { stringify } from 'csv-stringify/sync';
import { type AddressBook, type BookNumber, type Company, NUMBER_KINDS, type Person } from '../../core/address-book.ts';
import { breath } from './breath.ts';
import type { Format } from './words.ts';

export interface ExportWish { readonly format: Format; /** Between cells: `,`, or `;` where a spreadsheet is Russian. */ readonly separator: ',' | ';' }

const PAGE = 500;
type Entry = { readonly company: string } & ({ readonly isCompany: true; readonly row: Company } | { readonly isCompany: false; readonly row: Person });

/** Companies first, then persons, by name; lines end in CRLF as both standards want it. */
export async function* exported(book: AddressBook, wish: ExportWish, signal: AbortSignal): AsyncGenerator<string> {
  if (wish.format === 'csv') yield `\ufeff${csvRows([HEADER], wish)}`;
  for await (const entries of pagesOf(book, signal)) yield wish.format === 'csv' ? csvRows(entries.map(cells), wish) : entries.map(card).join('');
}

async function* pagesOf(book: AddressBook, signal: AbortSignal): AsyncGenerator<readonly Entry[]> {
  for await (const rows of paged((after) => book.companies({ limit: PAGE, ...after }), signal)) yield rows.map((row) => ({ isCompany: true, row, company: '' }));
  for await (const rows of paged((after) => book.persons({ limit: PAGE, ...after }), signal)) {
    yield rows.map((row) => ({ isCompany: false, row, company: row.company === null ? '' : book.company(row.company)?.name ?? '' }));
  }
}

/** With a breath between pages: whoever calls meanwhile is answered. */
async function* paged<Row extends Person | Company>(ask: (after: { readonly after?: { readonly name: string; readonly id: string } }) => readonly Row[], signal: AbortSignal): AsyncGenerator<readonly Row[]> {
  for (let rows = ask({}); rows.length > 0;) {
    signal.throwIfAborted();
    yield rows;
    await breath();
    const last = rows.at(-1);
    rows = last === undefined ? [] : ask({ after: last });
  }
}

const NUMBER_HEADERS = { work: 'work phone', mobile: 'mobile phone', home: 'home phone', fax: 'fax', other: 'phone' } as const satisfies Record<BookNumber['kind'], string>;
const HEADER = ['type', 'name', 'company', ...NUMBER_KINDS.map((kind) => NUMBER_HEADERS[kind]), 'email', 'note', 'owner'];

/** A name that begins with `=` is a formula to a spreadsheet: an apostrophe makes it text. Numbers stay as they are, for other programs. */
const csvRows = (rows: readonly (readonly string[])[], { separator }: ExportWish): string => stringify(rows.map((row) => [...row]), { delimiter: separator, record_delimiter: '\r\n', quoted_match: /[\r\n]/u });
const harmless = (text: string): string => (/^[=+\-@\t\r]/u.test(text) ? `'${text}` : text);

function cells(entry: Entry): readonly string[] {
  const { row, company } = entry;
  const numbers = NUMBER_KINDS.map((kind) => row.numbers.filter((number) => number.kind === kind).map(({ number }) => number).join(' | '));
  const [email, owner] = entry.isCompany ? ['', ''] : [entry.row.email, entry.row.owner ?? ''];
  return [entry.isCompany ? 'company' : 'person', harmless(row.name), harmless(company), ...numbers, harmless(email), harmless(row.note), owner];
}

/** Version 3.0: every telephone reads it. X-ABShowAs is Apple's word for a company, which 3.0 lacks. */
function card(entry: Entry): string {
  const { row, company } = entry;
  const firm = entry.isCompany ? row.name : company;
  const lines = [
    'BEGIN:VCARD', 'VERSION:3.0', `FN:${escaped(row.name)}`, `N:${entry.isCompany ? '' : escaped(row.name)};;;;`, ...(firm === '' ? [] : [`ORG:${escaped(firm)}`]), ...(entry.isCompany ? ['X-ABShowAs:COMPANY'] : []),
    ...row.numbers.map(({ number, kind }) => `TEL;TYPE=${TYPES[kind]}:${escaped(number)}`),
    ...(entry.isCompany || entry.row.email === '' ? [] : [`EMAIL:${escaped(entry.row.email)}`]), ...(row.note === '' ? [] : [`NOTE:${escaped(row.note)}`]),
    ...(entry.isCompany || entry.row.owner === null ? [] : [`X-CALLME-OWNER:${escaped(entry.row.owner)}`]), 'END:VCARD',
  ];
  return `${lines.map(fold).join('\r\n')}\r\n`;
}

const TYPES = { work: 'WORK,VOICE', mobile: 'CELL', home: 'HOME,VOICE', fax: 'FAX', other: 'VOICE' } as const satisfies Record<BookNumber['kind'], string>;
const escaped = (text: string): string => text.replaceAll(/[\\,;]/gu, '\\$&').replaceAll(/\r\n|[\r\n]/gu, '\\n');

/** At most 75 octets a line, and never in the middle of a letter (RFC 6350 3.2). */
function fold(line: string): string {
  const parts: string[] = [];
  let part = '';
  for (const letter of line) {
    if (Buffer.byteLength(part + letter) > (parts.length === 0 ? 75 : 74)) { parts.push(part); part = ''; }
    part += letter;
  }
  return [...parts, part].join('\r\n ');
}
