/**
 * The import: what the file is, its rows, what they make of the book, and only then a write. A file with a bad row changes nothing, unless `partial` takes
 * the good ones. Long imports are written in slices with a breath between them: while one is written, the server that shares the store waits.
 */
import type { AddressBook } from '../../core/address-book.ts';
import type { Clock } from '../../core/ports.ts';
import { breath, breather } from './breath.ts';
import { type Checked, checkEntry, type Rules } from './check-entry.ts';
import { type Change, planImport } from './plan.ts';
import { readCsv } from './read-csv.ts';
import { readVcard } from './read-vcard.ts';
import { encodingOf, type Source, textOf } from './source.ts';
import { type BadRow, type Encoding, type Format, ImportFailure, type ImportReport, LIMITS, type UselessRow } from './words.ts';

export interface ImportTools extends Rules { readonly book: AddressBook; readonly clock: Clock; readonly newId: () => string }
export interface ImportWish {
  readonly format?: Format | undefined;
  /** Take the good rows of a file with bad ones. */
  readonly partial: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Rejects with ImportFailure where the file as a whole cannot be taken, with the signal's reason, or as the store does. */
export async function importContacts(source: Source, wish: ImportWish, tools: ImportTools): Promise<ImportReport> {
  const encoding = await encodingOf(source);
  const format = wish.format ?? await formatOf(source, encoding);
  const { checked, bad, useless } = await gathered(format === 'csv' ? readCsv(textOf(source, encoding)) : readVcard(textOf(source, encoding)), tools, wish.signal);
  const plan = await planImport(checked, { book: tools.book, now: tools.clock.now(), newId: tools.newId, breathe: breather(wish.signal) });
  const applied = !wish.dryRun && (bad.length === 0 || wish.partial);
  if (applied) await written(plan, tools.book, wish.signal);
  const { added, updated, unchanged, made } = plan;
  return { format, encoding, rows: checked.length + bad.length + useless.length, added, updated, unchanged, companies: made, useless, bad, applied };
}

interface Gathered { readonly checked: Checked[]; readonly bad: BadRow[]; readonly useless: UselessRow[] }

async function gathered(rows: ReturnType<typeof readCsv>, rules: Rules, signal: AbortSignal): Promise<Gathered> {
  const found: Gathered = { checked: [], bad: [], useless: [] };
  const breathe = breather(signal);
  for await (const row of rows) {
    await breathe();
    if (found.checked.length + found.bad.length + found.useless.length >= LIMITS.entries) throw new ImportFailure('IMPORT_TOO_MANY', `the file has more than ${LIMITS.entries} rows`);
    if (row.kind === 'bad') { found.bad.push(badRow(row)); continue; }
    const { line } = row.entry;
    const check = checkEntry(row.entry, rules);
    if (check.kind === 'checked') found.checked.push(check.checked);
    else if (check.kind === 'useless') found.useless.push({ line, why: check.why });
    else found.bad.push(badRow({ line, ...check }));
  }
  if (found.checked.length + found.bad.length + found.useless.length === 0) throw new ImportFailure('IMPORT_EMPTY', 'nobody is in the file');
  found.bad.sort((one, other) => one.line - other.line);
  return found;
}

const badRow = ({ line, trouble, field }: BadRow): BadRow => ({ line, trouble, field });

async function formatOf(source: Source, encoding: Encoding): Promise<Format> {
  let head = '';
  for await (const piece of textOf(source, encoding)) {
    head = (head + piece).trimStart();
    if (head.length > 20) break;
  }
  return /^begin:vcard/iu.test(head) ? 'vcard' : 'csv';
}

const SLICE = 100;

/** Companies first, whole: persons refer to them. */
async function written({ persons, companies }: Change, book: AddressBook, signal: AbortSignal): Promise<void> {
  for (const part of slices(companies)) await keep(book, { persons: [], companies: part }, signal);
  for (const part of slices(persons)) await keep(book, { persons: part, companies: [] }, signal);
}

async function keep(book: AddressBook, change: Change, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  book.keep(change);
  await breath();
}

function* slices<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += SLICE) yield rows.slice(from, from + SLICE);
}
