/** What the command line and the API do with single entries of the book: the same rules, the same words. Longer, because each field says what is wrong with it. */
import { type AddressBook, type BookNumber, type Company, NUMBER_KINDS, type NumberKind, type Person } from '../../core/address-book.ts';
import type { Clock } from '../../core/ports.ts';
import type { Employee, Extension } from '../../core/words.ts';
import { oneLine, ownerOf, type Rules } from './check-entry.ts';
import { importContacts, type ImportWish } from './import.ts';
import { bookNumbers } from './numbers.ts';
import type { Source } from './source.ts';
import { type ImportReport, LIMITS, type WrittenNumber } from './words.ts';

export type Holder = 'person' | 'company';
/** An entry as somebody wants it: what is not given is empty. A number may be text alone. */
export type Wish = Readonly<Record<string, unknown>>;
export interface WrongField { readonly field: string; readonly expected: string }
export type Kept<Row> = { readonly ok: true; readonly row: Row; readonly isNew: boolean } | { readonly ok: false; readonly wrong: WrongField };

export interface DeskTools extends Rules {
  readonly book: AddressBook; readonly clock: Clock; readonly newId: () => string;
  /** What was known of these numbers (keys) may be old: caches of lookups forget them. */
  readonly changed: (keys: readonly string[] | 'all') => void;
}

export interface Desk {
  /** Replaces the entry of that id, or makes a new one (null). */
  keepPerson(id: string | null, wish: Wish): Kept<Person>;
  keepCompany(id: string | null, wish: Wish): Kept<Company>;
  /** Really gone: names, numbers, addresses, notes. False = there is none. */
  remove(holder: Holder, id: string): boolean;
  takeFile(source: Source, wish: ImportWish): Promise<ImportReport>;
  /** Entries were changed in another way: what was known of these keys may be old. */
  readonly changed: (keys: readonly string[] | 'all') => void;
}

export function openDesk(tools: DeskTools): Desk {
  const { book, changed } = tools;
  return {
    changed,
    keepPerson: (id, wish) => keepPerson(tools, id, wish),
    keepCompany: (id, wish) => keepCompany(tools, id, wish),
    remove: (holder, id) => {
      const keys = keysOf(holder === 'person' ? book.person(id) : book.company(id));
      const done = holder === 'person' ? book.removePerson(id) : book.removeCompany(id);
      if (done) changed(keys);
      return done;
    },
    takeFile: async (source, wish) => {
      const report = await importContacts(source, wish, tools);
      if (report.applied) changed('all');
      return report;
    },
  };
}

const keysOf = (row: Person | Company | null): readonly string[] => row?.numbers.map(({ key }) => key) ?? [];
const ID = /^[0-9A-Za-z:+*#_.-]{1,80}$/;
const NOTHING = { wrong: null };
type Part<Value> = { readonly wrong: null; readonly value: Value } | { readonly wrong: WrongField };

function keepPerson(tools: DeskTools, id: string | null, wish: Wish): Kept<Person> {
  const [common, company, email, owner] = [commonOf(tools, id, wish, ['company', 'email', 'owner']), companyIn(tools.book, wish), textIn(wish, 'email', LIMITS.email), ownerIn(wish, tools.employees)];
  if (common.wrong !== null) return { ok: false, wrong: common.wrong };
  if (company.wrong !== null) return { ok: false, wrong: company.wrong };
  if (email.wrong !== null) return { ok: false, wrong: email.wrong };
  if (owner.wrong !== null) return { ok: false, wrong: owner.wrong };
  const row: Person = { ...common.value, company: company.value, email: email.value, owner: owner.value };
  const before = tools.book.person(row.id);
  tools.book.keep({ persons: [row], companies: [] });
  tools.changed([...keysOf(before), ...keysOf(row)]);
  return { ok: true, row, isNew: before === null };
}

function keepCompany(tools: DeskTools, id: string | null, wish: Wish): Kept<Company> {
  const common = commonOf(tools, id, wish, []);
  if (common.wrong !== null) return { ok: false, wrong: common.wrong };
  const before = tools.book.company(common.value.id);
  tools.book.keep({ persons: [], companies: [common.value] });
  tools.changed([...keysOf(before), ...keysOf(common.value)]);
  return { ok: true, row: common.value, isNew: before === null };
}

function commonOf({ numbers: rules, clock, newId }: DeskTools, id: string | null, wish: Wish, more: readonly string[]): Part<Company> {
  const known = ['name', 'numbers', 'note', ...more];
  const stranger = Object.keys(wish).find((key) => !known.includes(key));
  if (stranger !== undefined) return { wrong: { field: stranger, expected: `one of ${known.join(', ')}` } };
  if (id !== null && !ID.test(id)) return { wrong: { field: 'id', expected: '1 to 80 letters, digits or : + * # _ . -' } };
  const [name, note, numbers] = [textIn(wish, 'name', LIMITS.name), textIn(wish, 'note', LIMITS.note), numbersIn(wish['numbers'], rules)];
  if (name.wrong !== null) return name;
  if (name.value === '') return { wrong: { field: 'name', expected: 'a name' } };
  if (note.wrong !== null) return note;
  if (numbers.wrong !== null) return numbers;
  return { ...NOTHING, value: { id: id ?? newId(), name: name.value, note: note.value, numbers: numbers.value, updatedAt: clock.now() } };
}

function textIn(wish: Wish, field: string, limit: number): Part<string> {
  const value = wish[field] ?? '';
  if (typeof value !== 'string' || value.length > limit) return { wrong: { field, expected: `text of at most ${limit} letters` } };
  return { ...NOTHING, value: field === 'note' ? value.replaceAll(/[^\P{Cc}\n\t]/gu, '') : oneLine(value) };
}

const NUMBERS: WrongField = { field: 'numbers', expected: `at most ${LIMITS.numbers} telephone numbers: "+7 903 555-01-42", or { "number": "+7 903 555-01-42", "kind": "${NUMBER_KINDS.join('" | "')}" }` };

function numbersIn(value: unknown, rules: Rules['numbers']): Part<readonly BookNumber[]> {
  const list = (Array.isArray(value ?? []) ? value ?? [] : [null]) as readonly unknown[];
  const written = list.map(writtenIn);
  const found = written.every((each) => each !== null) ? bookNumbers(written, rules) : 'BAD_NUMBER';
  return typeof found === 'string' ? { wrong: NUMBERS } : { ...NOTHING, value: found };
}

function writtenIn(value: unknown): WrittenNumber | null {
  if (typeof value === 'string') return { number: value.trim(), kind: 'other' };
  if (typeof value !== 'object' || value === null || !('number' in value) || typeof value.number !== 'string') return null;
  const kind: unknown = 'kind' in value ? value.kind : 'other';
  return isKind(kind) ? { number: value.number.trim(), kind } : null;
}

const isKind = (value: unknown): value is NumberKind => (NUMBER_KINDS as readonly unknown[]).includes(value);

/** By id; null = none. */
function companyIn(book: AddressBook, wish: Wish): Part<string | null> {
  const value = wish['company'] ?? null;
  if (value === null || (typeof value === 'string' && book.company(value) !== null)) return { ...NOTHING, value };
  return { wrong: { field: 'company', expected: 'the id of a company of the book, or null' } };
}

function ownerIn(wish: Wish, employees: readonly Employee[]): Part<Extension | null> {
  const value = wish['owner'] ?? '';
  const owner = typeof value === 'string' ? ownerOf(value, employees) : undefined;
  return owner === undefined ? { wrong: { field: 'owner', expected: 'the extension of an employee of the configuration' } } : { ...NOTHING, value: owner };
}
