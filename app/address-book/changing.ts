/** `callme contacts add`, `remove`, `reindex`: one entry, or all numbers. */
import { randomUUID } from 'node:crypto';
import type { Company, Person } from '../../core/address-book.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printable, printJson, printLine } from '../cli/print.ts';
import { systemClock } from '../clock.ts';
import { breath, breather } from './breath.ts';
import { checkEntry, type Checked } from './check-entry.ts';
import { kindOf } from './headers.ts';
import { bookNumbers, numbersIn } from './numbers.ts';
import { planImport, type Plan } from './plan.ts';
import { entryCalled, type Room } from './room.ts';
import type { WrittenNumber } from './words.ts';

/** As an import of one row: who is there under this name and number is changed. */
export async function add(room: Room): Promise<ExitCode> {
  const { args, io, book } = room;
  const checked = wished(room);
  const plan = await planImport([checked], { book, now: systemClock.now(), newId: randomUUID, breathe: breather(io.signal) });
  const kept = checked.isCompany ? plan.companies[0] : plan.persons[0];
  if (!args.dryRun) {
    book.keep(plan);
    room.desk.changed(checked.numbers.map(({ key }) => key));
  }
  const id = kept?.id ?? book.find(checked.numbers[0]?.key ?? '')?.[checked.isCompany ? 'company' : 'person']?.id ?? '';
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, id, state: stateOf(plan) });
  else printLine(io, said(room, plan, { id, name: printable(checked.name) }));
  return EXIT.fine;
}

const stateOf = ({ added, updated }: Plan): 'added' | 'updated' | 'unchanged' => (added > 0 ? 'added' : updated > 0 ? 'updated' : 'unchanged');

function said({ args, io }: Room, plan: Plan, { id, name }: { readonly id: string; readonly name: string }): string {
  const { added, updated, unchanged, wouldAdd, wouldUpdate } = io.texts.contacts;
  if (plan.added > 0) return args.dryRun ? wouldAdd(name) : added(name, id);
  if (plan.updated > 0) return args.dryRun ? wouldUpdate(name, id) : updated(name, id);
  return unchanged(name, id);
}

function wished({ args, io, numbers, config }: Room): Checked {
  const text = (name: string): string => args.text(name) ?? '';
  const check = checkEntry({
    line: 0, isCompany: args.flag('as-company'), name: text('name'), company: text('company'), numbers: numbersIn(text('phone')).map(withKind), email: text('email'), note: text('note'), owner: text('owner'),
  }, { numbers, employees: config.employees });
  if (check.kind === 'checked') return check.checked;
  const { troubles, uselessRows, inField } = io.texts.contacts;
  const message = check.kind === 'bad' ? inField(check.field, troubles[check.trouble]) : uselessRows[check.why];
  throw new CliFailure({ code: check.kind === 'bad' ? check.trouble : check.why, exit: EXIT.usage, message, remedy: io.texts.contacts.phone });
}

/** `mobile: +7 903 …` */
function withKind(text: string): WrittenNumber {
  const [, words = '', number = text] = /^\s*([\p{L} ]+):\s*(.*)$/su.exec(text) ?? [];
  return { number, kind: kindOf(words) };
}

export function remove(room: Room): ExitCode {
  const { args, io, desk } = room;
  const { holder, row } = entryCalled(args.text('id') ?? '', room);
  if (!args.dryRun) desk.remove(holder, row.id);
  const { removed, wouldRemove } = io.texts.contacts;
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, removed: [row.id] });
  else printLine(io, (args.dryRun ? wouldRemove : removed)(printable(row.name)));
  return EXIT.fine;
}

const PAGE = 500;

/** The keys of all numbers anew: the country, or what is internal, has changed. */
export async function reindex(room: Room): Promise<ExitCode> {
  const { args, io, book, desk } = room;
  let count = 0;
  for (let page = book.persons({ limit: PAGE }); page.length > 0; page = await next(page, (after) => book.persons({ limit: PAGE, after }))) {
    const stale = page.map((row) => reread(room, row)).filter((row) => row !== null);
    count += stale.reduce((sum, { changes }) => sum + changes, 0);
    if (!args.dryRun) book.keep({ persons: stale.map(({ row }) => row), companies: [] });
  }
  for (let page = book.companies({ limit: PAGE }); page.length > 0; page = await next(page, (after) => book.companies({ limit: PAGE, after }))) {
    const stale = page.map((row) => reread(room, row)).filter((row) => row !== null);
    count += stale.reduce((sum, { changes }) => sum + changes, 0);
    if (!args.dryRun) book.keep({ persons: [], companies: stale.map(({ row }) => row) });
  }
  if (!args.dryRun && count > 0) desk.changed('all');
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, numbers: count });
  else printLine(io, (args.dryRun ? io.texts.contacts.wouldReindex : io.texts.contacts.reindexed)(count));
  return EXIT.fine;
}

async function next<Row>(page: readonly Row[], ask: (after: Row) => readonly Row[]): Promise<readonly Row[]> {
  await breath();
  const last = page.at(-1);
  return last === undefined ? [] : ask(last);
}

/** Null = all is as it was. A number that cannot be read any more keeps its place and finds nobody. */
function reread<Row extends Person | Company>({ numbers }: Room, row: Row): { readonly row: Row; readonly changes: number } | null {
  const fresh = row.numbers.map((one) => {
    const read = bookNumbers([one], numbers);
    return { ...one, key: typeof read === 'string' ? '' : read[0]?.key ?? '' };
  });
  const changes = fresh.filter(({ key }, at) => key !== row.numbers[at]?.key).length;
  return changes === 0 ? null : { row: { ...row, numbers: fresh }, changes };
}
