/**
 * CallMe's own address book, for whoever has no CRM (driver `local`): companies, contacts, and what is known of employees. Numbers are kept as
 * they were written, and found by `Numbers.key`.
 */
import type { Extension, Instant } from './words.ts';

export const NUMBER_KINDS = ['work', 'mobile', 'home', 'fax', 'other'] as const;
export type NumberKind = (typeof NUMBER_KINDS)[number];

export interface BookNumber {
  /** As it was written. */
  readonly number: string;
  /** `Numbers.key` of it, `''` = it cannot be called. */
  readonly key: string;
  readonly kind: NumberKind;
}
export interface Company { readonly id: string; readonly name: string; readonly numbers: readonly BookNumber[]; readonly note: string; readonly updatedAt: Instant }
export interface Person {
  readonly id: string; readonly name: string;
  /** Id of a company, null = none. */
  readonly company: string | null;
  readonly numbers: readonly BookNumber[]; readonly email: string; readonly note: string;
  /** Whose client this is. */
  readonly owner: Extension | null;
  readonly updatedAt: Instant;
}
/** One finished call in the book: what the driver `local` was told. */
export interface BookCall {
  readonly call: string; readonly linkedid: string; readonly direction: string; readonly number: string; readonly key: string; readonly line: string;
  readonly person: string | null; readonly company: string | null; readonly extension: Extension | null;
  readonly outcome: string; readonly startedAt: Instant; readonly talkSeconds: number; readonly recording: string | null;
}
export interface BookPage {
  /** Part of a name, a number or an address, in whatever case; `''` = all. */
  readonly search?: string;
  /** The last row of the page before: it may be gone meanwhile. */
  readonly after?: { readonly name: string; readonly id: string };
  readonly limit: number;
}
export interface BookCallPage {
  readonly limit: number; readonly key?: string; readonly person?: string;
  /** The last row of the page before. */
  readonly after?: { readonly startedAt: Instant; readonly call: string };
}

export interface AddressBook {
  /** Persons before companies, what was changed last before what is older. With a person comes the company where he works. */
  find(key: string): { readonly person: Person | null; readonly company: Company | null } | null;
  /** Everybody who has this number, what was changed last first; at most 100 of each. */
  holders(key: string): { readonly persons: readonly Person[]; readonly companies: readonly Company[] };
  person(id: string): Person | null;
  company(id: string): Company | null;
  /** The whole name, in whatever case. */
  companyNamed(name: string): Company | null;
  /** By name, then id. */
  persons(page: BookPage): readonly Person[];
  companies(page: BookPage): readonly Company[];
  /** New or changed; all of them or none, for an import. Throws where a person names a company that is neither there nor here. */
  keep(change: { readonly persons: readonly Person[]; readonly companies: readonly Company[] }): void;
  /** Names, numbers, address and note are gone from the disk; calls stay, and name nobody. False = there is none. */
  removePerson(id: string): boolean;
  /** As with a person; who worked there stays, without a company. */
  removeCompany(id: string): boolean;
  /** Told twice is told once (by `call`); a recording that is known stays. */
  keepCall(call: BookCall): void;
  call(call: string): BookCall | null;
  /** Newest first. */
  calls(page: BookCallPage): readonly BookCall[];
}

/** How names are compared and sorted: neither case nor the dots of ё make a difference. SQLite itself folds ASCII alone. */
export const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll('ё', 'е').trim();
