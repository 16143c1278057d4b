/** `callme contacts list`, `show`, `calls`: looking into the book. */
import type { BookCall, BookNumber, Company, Person } from '../../core/address-book.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printable, printJson, printLine, showTime, table } from '../cli/print.ts';
import { limitOf } from '../cli/stores.ts';
import { entryCalled, type Room } from './room.ts';

export function list(room: Room): ExitCode {
  const { args, io, book } = room;
  const page = { limit: limitOf(args), search: args.text('search') ?? '' };
  if (args.flag('companies')) shown(room, book.companies(page), { head: io.texts.contacts.companyHead, cells: companyCells });
  else shown(room, book.persons(page), { head: io.texts.contacts.head, cells: (row: Person) => personCells(room, row) });
  return EXIT.fine;
}

function shown<Row>({ args, io }: Room, rows: readonly Row[], { head, cells }: { readonly head: readonly string[]; readonly cells: (row: Row) => readonly string[] }): void {
  if (args.json) { printJson(io, rows); return; }
  if (rows.length === 0) { printLine(io, io.texts.contacts.none); return; }
  io.stdout(table(head, rows.map(cells)));
  if (rows.length === limitOf(args)) printLine(io, io.texts.contacts.more(rows.length));
}

const numbersText = (numbers: readonly BookNumber[]): string => numbers.map(({ number }) => number).join(', ');
const personCells = ({ book }: Room, row: Person): readonly string[] =>
  [row.id, row.name, row.company === null ? '' : book.company(row.company)?.name ?? '', numbersText(row.numbers), row.owner ?? ''];
const companyCells = (row: Company): readonly string[] => [row.id, row.name, numbersText(row.numbers)];

/** Calls that were with its numbers, also before it was in the book. */
const CALLS = 20;

export function show(room: Room): ExitCode {
  const { args, io, book } = room;
  const found = entryCalled(args.text('id') ?? '', room);
  const calls = found.row.numbers.flatMap(({ key }) => book.calls({ key, limit: CALLS })).sort((one, other) => other.startedAt - one.startedAt).slice(0, CALLS);
  if (args.json) { printJson(io, { ...found.row, type: found.holder, calls }); return EXIT.fine; }
  printLine(io, `${printable(found.row.name)} (${found.row.id})`);
  const { fields, kinds } = io.texts.contacts;
  const company = 'company' in found.row && found.row.company !== null ? book.company(found.row.company)?.name ?? '' : '';
  for (const { number, kind } of found.row.numbers) printLine(io, `  ${kinds[kind]}: ${printable(number)}`);
  const more = [[fields.company, company], [fields.email, 'email' in found.row ? found.row.email : ''], [fields.owner, 'owner' in found.row ? found.row.owner ?? '' : ''], [fields.note, found.row.note]] as const;
  for (const [name, value] of more) if (value !== '') printLine(io, `  ${name}: ${printable(value)}`);
  if (calls.length > 0) io.stdout(`\n${callsTable(room, calls)}`);
  return EXIT.fine;
}

export function calls(room: Room): ExitCode {
  const { args, io, book, numbers } = room;
  const number = args.text('number');
  const rows = book.calls({ limit: limitOf(args), ...(number === undefined ? {} : { key: numbers.key(number) }) });
  if (args.json) printJson(io, rows);
  else io.stdout(rows.length === 0 ? `${io.texts.contacts.noCalls}\n` : callsTable(room, rows));
  return EXIT.fine;
}

function callsTable({ io, book }: Room, rows: readonly BookCall[]): string {
  const who = ({ person, company }: BookCall): string => (person === null ? null : book.person(person)?.name) ?? (company === null ? null : book.company(company)?.name) ?? '';
  return table(io.texts.contacts.callsHead, rows.map((row) => [showTime(row.startedAt), row.direction, row.number, who(row), row.extension ?? '', row.outcome,
    io.texts.contacts.seconds(row.talkSeconds), row.recording ?? '']));
}
