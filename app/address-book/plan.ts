/**
 * What an import makes of the book: who is new, who is changed, who stays as he is. An entry meets the person who has one of its numbers and its name; else
 * whoever has one of its numbers alone and was not met by another entry of the file: colleagues share a telephone, and none of them may be lost.
 * What the file does not say stays: an import adds numbers and takes none away. Longer, because persons and companies are met by one law.
 */
import { type AddressBook, type BookNumber, type Company, folded, type Person } from '../../core/address-book.ts';
import type { Instant } from '../../core/words.ts';
import type { Checked } from './check-entry.ts';

export interface Change { readonly persons: readonly Person[]; readonly companies: readonly Company[] }
export interface Plan extends Change {
  readonly added: number; readonly updated: number; readonly unchanged: number;
  /** Companies that are there because somebody works there. */
  readonly made: number;
}
export interface PlanTools { readonly book: AddressBook; readonly now: Instant; readonly newId: () => string; readonly breathe: () => Promise<void> }

export async function planImport(entries: readonly Checked[], tools: PlanTools): Promise<Plan> {
  const companies = new CompanyPlan(tools);
  const persons = new PersonPlan(tools, companies);
  for (const entry of entries.filter(({ isCompany }) => isCompany)) { await tools.breathe(); companies.take(entry); }
  // Names first: whoever is in the book under his name must not be taken by a stranger who shares his telephone.
  const rest: Checked[] = [];
  for (const entry of entries.filter(({ isCompany }) => !isCompany)) { await tools.breathe(); if (!persons.takeByName(entry)) rest.push(entry); }
  for (const entry of rest) { await tools.breathe(); persons.take(entry); }
  const tallies = [companies.tally, persons.tally];
  const sum = (of: keyof Tally): number => tallies.reduce((total, each) => total + each[of], 0);
  return { persons: persons.changed, companies: companies.changed, added: sum('added'), updated: sum('updated'), unchanged: sum('unchanged'), made: companies.made };
}

interface Tally { added: number; updated: number; unchanged: number }

/** What persons and companies have in common: rows by id as they will be, and who was there before. */
class Shelf<Row extends Person | Company> {
  readonly tally: Tally = { added: 0, updated: 0, unchanged: 0 };
  readonly #rows = new Map<string, Row>();
  readonly #changed = new Set<string>();
  readonly #byKey = new Map<string, Set<string>>();

  get changed(): readonly Row[] { return [...this.#changed].flatMap((id) => this.#rows.get(id) ?? []); }
  seen(id: string): Row | undefined { return this.#rows.get(id); }
  /** Rows of this file that have one of the numbers. */
  ofKeys(keys: readonly string[]): readonly Row[] {
    return [...new Set(keys.flatMap((key) => [...this.#byKey.get(key) ?? []]))].flatMap((id) => this.#rows.get(id) ?? []);
  }

  put(row: Row, before: Row | null): void {
    const first = !this.#rows.has(row.id);
    const isChanged = before === null || !same(row, before);
    if (first) this.tally[before === null ? 'added' : isChanged ? 'updated' : 'unchanged'] += 1;
    else if (isChanged && !this.#changed.has(row.id)) { this.tally.unchanged -= 1; this.tally.updated += 1; }
    if (isChanged) this.#changed.add(row.id);
    this.#rows.set(row.id, isChanged ? row : before);
    for (const { key } of row.numbers) this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(row.id));
  }
}

const same = (one: Person | Company, other: Person | Company): boolean => JSON.stringify({ ...one, updatedAt: 0 }) === JSON.stringify({ ...other, updatedAt: 0 });
const keysOf = ({ numbers }: Pick<Checked, 'numbers'>): readonly string[] => numbers.map(({ key }) => key);
const isNamed = (name: string) => (row: { readonly name: string }): boolean => folded(row.name) === folded(name);

/** The file's numbers, as the file writes them; then those that it does not name. */
function united(fresh: readonly BookNumber[], before: readonly BookNumber[]): readonly BookNumber[] {
  const keys = new Set(fresh.map(({ key }) => key));
  const known = new Map(before.map((number) => [number.key, number]));
  const kept = before.filter(({ key }) => !keys.has(key));
  // A number that is there already keeps its place, so that the same file twice changes nothing.
  return kept.length === before.length ? [...before, ...fresh]
    : [...before.map((number) => fresh.find(({ key }) => key === number.key) ?? number), ...fresh.filter(({ key }) => !known.has(key))];
}

class CompanyPlan extends Shelf<Company> {
  readonly #tools: PlanTools;
  readonly #byName = new Map<string, string>();
  made = 0;

  constructor(tools: PlanTools) { super(); this.#tools = tools; }

  take(entry: Checked): void {
    const { book, newId, now } = this.#tools;
    const named = this.#named(entry.name);
    const before = named ?? keysOf(entry).flatMap((key) => book.holders(key).companies).find(({ id }) => this.seen(id) === undefined) ?? null;
    const id = before?.id ?? newId();
    const note = entry.note === '' ? before?.note ?? '' : entry.note;
    this.put({ id, name: entry.name, numbers: united(entry.numbers, before?.numbers ?? []), note, updatedAt: now }, before);
    this.#byName.set(folded(entry.name), id);
  }

  /** The id of the company of that name, which is made where there is none; null = no name. */
  idOf(name: string): string | null {
    if (name === '') return null;
    const known = this.#named(name);
    if (known !== null) return known.id;
    const id = this.#tools.newId();
    this.made += 1;
    this.put({ id, name, numbers: [], note: '', updatedAt: this.#tools.now }, null);
    this.tally.added -= 1;
    this.#byName.set(folded(name), id);
    return id;
  }

  #named(name: string): Company | null {
    const id = this.#byName.get(folded(name));
    return id === undefined ? this.#tools.book.companyNamed(name) : this.seen(id) ?? null;
  }
}

class PersonPlan extends Shelf<Person> {
  readonly #tools: PlanTools;
  readonly #companies: CompanyPlan;

  constructor(tools: PlanTools, companies: CompanyPlan) { super(); this.#tools = tools; this.#companies = companies; }

  takeByName(entry: Checked): boolean {
    const here = this.ofKeys(keysOf(entry)).find(isNamed(entry.name));
    const there = here ?? this.#holders(entry).map((person) => this.seen(person.id) ?? person).find(isNamed(entry.name));
    if (there === undefined) return false;
    this.#merge(entry, there);
    return true;
  }

  take(entry: Checked): void {
    // Again by name: an entry before this one, of the same file, may have made him.
    if (this.takeByName(entry)) return;
    this.#merge(entry, this.#holders(entry).find(({ id }) => this.seen(id) === undefined) ?? null);
  }

  #holders(entry: Checked): readonly Person[] { return keysOf(entry).flatMap((key) => this.#tools.book.holders(key).persons); }

  #merge(entry: Checked, before: Person | null): void {
    const { newId, now } = this.#tools;
    const company = this.#companies.idOf(entry.company) ?? before?.company ?? null;
    const said = (fresh: string, old: string | undefined): string => (fresh === '' ? old ?? '' : fresh);
    this.put({
      id: before?.id ?? newId(), name: entry.name, company, numbers: united(entry.numbers, before?.numbers ?? []), email: said(entry.email, before?.email), note: said(entry.note, before?.note),
      owner: entry.owner ?? before?.owner ?? null, updatedAt: now,
    }, before);
  }
}
