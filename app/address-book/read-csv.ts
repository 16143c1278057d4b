/**
 * The only door to csv-parse: rows of a CSV file as entries. Rows that are wrong are said with their line, and reading goes on behind them:
 * the parser alone would swallow the rest of the file behind a forgotten quote. Longer for that reason.
 */
import { CsvError, type Info, parse } from 'csv-parse/sync';
import { type Column, columnOf, type Field, isRussian, isWholeName, kindOf } from './headers.ts';
import { type PhysicalLine, physicalLines } from './lines.ts';
import { numbersIn } from './numbers.ts';
import { ImportFailure, LIMITS, type Read, type Trouble, type WrittenNumber } from './words.ts';

interface Sheet { readonly columns: readonly Column[]; readonly headers: readonly string[] }
interface Row { readonly cells: readonly string[]; readonly line: number }

export async function* readCsv(text: AsyncIterable<string>): AsyncGenerator<Read> {
  let sheet: Sheet | null = null;
  for await (const row of rowsOf(text)) {
    if ('trouble' in row) yield row;
    else if (sheet === null) sheet = sheetOf(row.cells);
    else yield readRow(sheet, row);
  }
  if (sheet === null) throw new ImportFailure('IMPORT_EMPTY', 'the file has no rows');
}

type Bad = Extract<Read, { kind: 'bad' }>;
const badRow = (line: number, trouble: Trouble): Bad => ({ kind: 'bad', line, trouble, field: '' });

async function* rowsOf(text: AsyncIterable<string>): AsyncGenerator<Row | Bad> {
  let parsed: Parsed | null = null;
  for await (const { lines, isWhole } of batched(recordsOf(physicalLines(text)))) {
    const [first] = lines;
    if (first === undefined) continue;
    parsed ??= parserFor(first.raw);
    if (isWhole) yield* parsed(lines);
    else yield badRow(first.line, first.cut ? 'LONG_ROW' : 'BAD_QUOTES');
  }
}

/** `isWhole`: its quotes are in pairs. What is not is one line alone: reading goes on behind it, and not at the end of a file that it would swallow. */
interface Part { readonly lines: readonly PhysicalLine[]; readonly isWhole: boolean }
/** A note may have lines; beyond so many a quote was forgotten. */
const LINES = 100;
/** Lines that are parsed at once: each parser costs as much as reading some lines. */
const BATCH = 200;

async function* recordsOf(lines: AsyncIterable<PhysicalLine>): AsyncGenerator<Part> {
  let waiting: PhysicalLine[] = [];
  for await (const line of lines) {
    waiting.push(line);
    for (let part = firstPart(waiting, false); part !== null; part = firstPart(waiting, false)) { yield part; waiting = waiting.slice(part.lines.length); }
  }
  for (let part = firstPart(waiting, true); part !== null; part = firstPart(waiting, true)) { yield part; waiting = waiting.slice(part.lines.length); }
}

/** Null = more lines are needed. */
function firstPart(lines: readonly PhysicalLine[], isEnd: boolean): Part | null {
  let [quotes, letters] = [0, 0];
  const cut = lines.findIndex((line) => line.cut);
  for (const [at, { raw }] of lines.entries()) {
    quotes += raw.split('"').length - 1;
    letters += raw.length;
    if (at === cut || at >= LINES || letters > LIMITS.row) return { lines: lines.slice(0, 1), isWhole: false };
    if (quotes % 2 === 0) return { lines: lines.slice(0, at + 1), isWhole: true };
  }
  return isEnd && lines.length > 0 ? { lines: lines.slice(0, 1), isWhole: false } : null;
}

async function* batched(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  let lines: PhysicalLine[] = [];
  for await (const part of parts) {
    if (part.isWhole) lines.push(...part.lines);
    if (!part.isWhole || lines.length >= BATCH) { yield { lines, isWhole: true }; lines = []; }
    if (!part.isWhole) yield part;
  }
  yield { lines, isWhole: true };
}

type Parsed = (lines: readonly PhysicalLine[]) => Iterable<Row | Bad>;

function parserFor(header: string): Parsed {
  const options = { delimiter: delimiterIn(header), bom: true, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true } as const;
  return function* rows(lines): Generator<Row | Bad> {
    try {
      const records = parse(lines.map(({ raw }) => raw).join('\n'), options) as unknown as readonly { readonly record: readonly string[]; readonly info: Info }[];
      for (const { record, info } of records) yield { cells: record, line: (lines[0]?.line ?? 1) + info.lines - 1 - linesIn(record) };
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      if (lines.length > 1) yield* halves(lines).flatMap((half) => [...rows(half)]);
      else yield badRow(lines[0]?.line ?? 0, 'BAD_QUOTES');
    }
  };
}

const linesIn = (record: readonly string[]): number => record.reduce((sum, cell) => sum + (cell.match(/\n/gu)?.length ?? 0), 0);

/** What the parser refuses is looked for by halving, between records where that can be: rows beside it are well. */
function halves(lines: readonly PhysicalLine[]): readonly (readonly PhysicalLine[])[] {
  const first = firstPart(lines, true)?.lines.length ?? 1;
  if (first >= lines.length) return [lines.slice(0, 1), lines.slice(1)];
  let middle = first;
  while (middle < lines.length / 2) middle += firstPart(lines.slice(middle), true)?.lines.length ?? 1;
  const at = middle < lines.length ? middle : first;
  return [lines.slice(0, at), lines.slice(at)];
}

/** The first line decides what separates; quoted names of columns may hold any of them. */
function delimiterIn(header: string): string {
  const line = header.replaceAll(/"[^"]*"/gu, '');
  const counts = [';', ',', '\t', '|'].map((sign) => ({ sign, count: line.split(sign).length }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).sign;
}

function sheetOf(headers: readonly string[]): Sheet {
  const columns = headers.map(columnOf);
  if (columns.some(({ is }) => is === 'number')) return { columns, headers };
  throw new ImportFailure('IMPORT_NO_NUMBERS', 'no column of the first row is called a telephone number');
}

function readRow({ columns, headers }: Sheet, { cells, line }: Row): Read {
  if (cells.slice(columns.length).some((cell) => cell !== '')) return { kind: 'bad', line, trouble: 'MORE_CELLS', field: '' };
  const of = (field: Field): string => plain(cells[columns.findIndex(({ is }, at) => is === field && (cells[at] ?? '') !== '')] ?? '');
  const name = (isWholeName(columns) ? [of('first'), of('middle')] : of('name') !== '' ? [of('name')]
    : isRussian(headers) ? [of('last'), of('first'), of('middle')] : [of('first'), of('middle'), of('last')]).filter((part) => part !== '').join(' ');
  const isCompany = /^(?:company|organi[sz]ation|компания|организация|юр)/iu.test(of('type'));
  return { kind: 'entry', entry: { line, isCompany, name, company: of('company'), numbers: numbersOf(columns, cells), email: of('email'), note: of('note'), owner: of('owner') } };
}

/** An apostrophe before `=`, `+`, `-`, `@` is a spreadsheet's way to say that this is text; ours too, when we export. */
const plain = (cell: string): string => cell.replace(/^'(?=[=+\-@])/u, '');

function numbersOf(columns: readonly Column[], cells: readonly string[]): readonly WrittenNumber[] {
  const first = (is: Field): number => columns.findIndex((column) => column.is === is);
  // Google puts the label before its number, others behind it.
  const beside = first('kind') < first('number') ? -1 : 1;
  return columns.flatMap((column, at) => {
    if (column.is !== 'number') return [];
    const words = columns[at + beside]?.is === 'kind' ? cells[at + beside] ?? '' : '';
    return numbersIn(plain(cells[at] ?? '')).map((number) => ({ number: plain(number), kind: words === '' ? column.kind : kindOf(words) }));
  });
}
