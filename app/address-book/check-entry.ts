/** An entry of a file, or a wish of a person at the keyboard, as the book can keep it: or the one thing that is wrong with it. */
import { type BookNumber, folded } from '../../core/address-book.ts';
import type { Numbers } from '../../core/numbers.ts';
import type { Employee, Extension } from '../../core/words.ts';
import { bookNumbers } from './numbers.ts';
import { type Entry, LIMITS, type Trouble, type Useless } from './words.ts';

export interface Rules { readonly numbers: Numbers; readonly employees: readonly Employee[] }
/** Without a place: neither an id nor a company's. */
export interface Checked {
  readonly line: number; readonly isCompany: boolean; readonly name: string; readonly company: string; readonly numbers: readonly BookNumber[];
  readonly email: string; readonly note: string; readonly owner: Extension | null;
}
export type Check = { readonly kind: 'checked'; readonly checked: Checked } | { readonly kind: 'bad'; readonly trouble: Trouble; readonly field: string } | { readonly kind: 'useless'; readonly why: Useless };

export function checkEntry(entry: Entry, rules: Rules): Check {
  const long = (['name', 'company', 'email', 'note'] as const).find((field) => entry[field].length > (field === 'company' ? LIMITS.name : LIMITS[field]));
  if (long !== undefined) return { kind: 'bad', trouble: 'LONG_TEXT', field: long };
  if (entry.numbers.length === 0) return { kind: 'useless', why: 'NO_NUMBER' };
  const numbers = bookNumbers(entry.numbers, rules.numbers);
  if (typeof numbers === 'string') return { kind: 'bad', trouble: numbers, field: 'number' };
  const owner = ownerOf(entry.owner, rules.employees);
  if (owner === undefined) return { kind: 'bad', trouble: 'UNKNOWN_OWNER', field: 'owner' };
  return { kind: 'checked', checked: named({ ...entry, numbers, owner }) };
}

/** Who has no name is a company by that name, else his number. */
function named({ line, isCompany, name, company, numbers, email, note, owner }: Checked): Checked {
  const [person, firm] = [oneLine(name), oneLine(company)];
  const only = person === '' && firm !== '';
  return {
    line, isCompany: isCompany || only, name: person !== '' ? person : firm !== '' ? firm : numbers[0]?.key ?? '', company: only || isCompany ? '' : firm,
    numbers, email: oneLine(email), note: note.replaceAll(/[^\P{Cc}\n\t]/gu, ''), owner,
  };
}

/** A name travels to telephones and tables. */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();

/** By extension or by name; null = nobody is named, undefined = nobody is called so. */
export function ownerOf(words: string, employees: readonly Employee[]): Extension | null | undefined {
  if (words.trim() === '') return null;
  const [byExtension, byName] = [employees.find(({ extension }) => extension === words.trim()), employees.filter(({ name }) => folded(name) === folded(words))];
  return byExtension?.extension ?? (byName.length === 1 ? byName[0]?.extension : undefined);
}
