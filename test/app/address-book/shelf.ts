/** A book in memory and an import over it. */
import type { Test } from 'tap';
import { importContacts, type ImportTools, type ImportWish } from '../../../app/address-book/import.ts';
import { ofText, type Source } from '../../../app/address-book/source.ts';
import type { ImportReport } from '../../../app/address-book/words.ts';
import { createNumbers } from '../../../app/phones.ts';
import type { AddressBook, Person } from '../../../core/address-book.ts';
import { DEFAULT_TENANT, type Extension, instant } from '../../../core/words.ts';
import { openSqliteStore } from '../../../store/sqlite/open.ts';

export interface Shelf {
  readonly book: AddressBook;
  readonly tools: ImportTools;
  /** Text, or bytes as a file has them. */
  readonly take: (file: string | Uint8Array | Source, wish?: Partial<ImportWish>) => Promise<ImportReport>;
  /** Persons as `name: number (kind), …`. */
  readonly people: () => readonly string[];
}

export function shelf(t: Test): Shelf {
  const store = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  const book = store.addressBook;
  let id = 0;
  let at = 0;
  const tools: ImportTools = {
    book, numbers: createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }), newId: () => `id${String(id += 1).padStart(6, '0')}`, clock: { now: () => instant(at += 1) },
    employees: [{ extension: '207' as Extension, name: 'Анна Белова', crm: {} }, { extension: '208' as Extension, name: 'Борис', crm: {} }, { extension: '209' as Extension, name: 'Борис', crm: {} }],
  };
  const signal = new AbortController().signal;
  return {
    book, tools,
    take: (file, wish = {}) => importContacts(typeof file === 'function' ? file : sourceOf(file), { partial: false, dryRun: false, signal, ...wish }, tools),
    people: () => book.persons({ limit: 999 }).map(shown),
  };
}

const sourceOf = (file: string | Uint8Array): Source => (typeof file === 'string' ? ofText(file) : async function* bytes() { yield file; });
const shown = ({ name, numbers }: Person): string => `${name}: ${numbers.map(({ number, kind }) => `${number} (${kind})`).join(', ')}`;

/** Windows-1251 by hand: Node.js reads it and does not write it. */
export const windows1251 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => {
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x80) return code;
  if (letter === 'ё') return 0xb8;
  if (letter === 'Ё') return 0xa8;
  if (code >= 0x410 && code <= 0x44f) return code - 0x350;
  throw new Error(`no ${letter} here`);
});
