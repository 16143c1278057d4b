/** The address book: persons, companies and their numbers; its calls are in `book-calls.ts`. */
import { type AddressBook, type BookNumber, type BookPage, type Company, folded, type Person } from '../../core/address-book.ts';
import { bookCall, bookCalls, forgetCompany, forgetPerson, keepBookCall } from './book-calls.ts';
import { companyOf, type Holder, needles, numbersOf, personOf, searchable } from './book-rows.ts';
import type { Connection, Row } from './connection.ts';
import { whole } from './rows.ts';

const PERSON = `select h.*, ${numbersOf('person')} from book_persons h where h.tenant = :tenant`;
const COMPANY = `select h.*, ${numbersOf('company')} from book_companies h where h.tenant = :tenant`;
const ONE = 'and h.id = :id';
const BY_KEY = (holder: Holder): string => `and h.id in (select id from book_numbers where tenant = :tenant and holder = '${holder}' and key = :key and key <> '')
  order by h.updated_at desc, h.id limit :limit`;
/** More who share a telephone are a switchboard, not acquaintances. */
const HOLDERS = 100;
const PAGE = 'and (h.sort, h.id) > (:sort, :id) order by h.sort, h.id limit :limit';
const SEARCH = `and (instr(h.search, :needle) > 0 or (:digits <> '' and instr(h.search, :digits) > 0)) ${PAGE}`;

const KEEP_PERSON = `insert into book_persons (tenant, id, name, company, email, note, owner, sort, search, updated_at)
  values (:tenant, :id, :name, :company, :email, :note, :owner, :sort, :search, :at)
  on conflict (tenant, id) do update set name = excluded.name, company = excluded.company, email = excluded.email, note = excluded.note,
    owner = excluded.owner, sort = excluded.sort, search = excluded.search, updated_at = excluded.updated_at`;
const KEEP_COMPANY = `insert into book_companies (tenant, id, name, note, sort, search, updated_at) values (:tenant, :id, :name, :note, :sort, :search, :at)
  on conflict (tenant, id) do update set name = excluded.name, note = excluded.note, sort = excluded.sort, search = excluded.search, updated_at = excluded.updated_at`;
const KEEP_NUMBER = 'insert into book_numbers (tenant, holder, id, position, number, key, kind) values (:tenant, :holder, :id, :position, :number, :key, :kind)';
const DROP_NUMBERS = 'delete from book_numbers where tenant = :tenant and holder = :holder and id = :id';
const DROP_PERSON = 'delete from book_persons where tenant = :tenant and id = :id';
const DROP_COMPANY = 'delete from book_companies where tenant = :tenant and id = :id';
const LEAVE_COMPANY = 'update book_persons set company = null where tenant = :tenant and company = :id';

const READ = {
  person: `${PERSON} ${ONE}`, company: `${COMPANY} ${ONE}`, personByKey: `${PERSON} ${BY_KEY('person')}`, companyByKey: `${COMPANY} ${BY_KEY('company')}`,
  companyNamed: `${COMPANY} and h.sort = :sort order by h.id limit 1`,
  persons: `${PERSON} ${PAGE}`, companies: `${COMPANY} ${PAGE}`, searchPersons: `${PERSON} ${SEARCH}`, searchCompanies: `${COMPANY} ${SEARCH}`,
} as const;
export const bookStatements = { ...READ, KEEP_PERSON, KEEP_COMPANY, KEEP_NUMBER, DROP_NUMBERS, DROP_PERSON, DROP_COMPANY, LEAVE_COMPANY };

export function sqliteAddressBook(connection: Connection): AddressBook {
  const person = one(connection, READ.person, personOf);
  const company = one(connection, READ.company, companyOf);
  return {
    find: (key) => find(connection, key),
    holders: (key) => ({ persons: connection.all(READ.personByKey, { key, limit: HOLDERS }).map(personOf), companies: connection.all(READ.companyByKey, { key, limit: HOLDERS }).map(companyOf) }),
    person: (id) => person({ id }), company: (id) => company({ id }),
    companyNamed: (name) => one(connection, READ.companyNamed, companyOf)({ sort: folded(name) }),
    persons: (page) => paged(connection, page, [READ.persons, READ.searchPersons]).map(personOf),
    companies: (page) => paged(connection, page, [READ.companies, READ.searchCompanies]).map(companyOf),
    keep: ({ persons, companies }) => connection.transaction(() => {
      // Companies first: persons refer to them.
      for (const each of companies) keepCompany(connection, each);
      for (const each of persons) keepPerson(connection, each);
    }),
    removePerson: (id) => connection.erasing(() => removePerson(connection, id)),
    removeCompany: (id) => connection.erasing(() => removeCompany(connection, id)),
    keepCall: (call) => { keepBookCall(connection, call); },
    call: (call) => bookCall(connection, call),
    calls: (page) => bookCalls(connection, page),
  };
}

const one = <Value>(connection: Connection, sql: string, read: (row: Row) => Value) => (values: Readonly<Record<string, string | number>>): Value | null => {
  const row = connection.get(sql, values);
  return row === undefined ? null : read(row);
};

function find(connection: Connection, key: string): ReturnType<AddressBook['find']> {
  const person = one(connection, READ.personByKey, personOf)({ key, limit: 1 });
  const company = person === null ? one(connection, READ.companyByKey, companyOf)({ key, limit: 1 })
    : person.company === null ? null : one(connection, READ.company, companyOf)({ id: person.company });
  return person === null && company === null ? null : { person, company };
}

function paged(connection: Connection, { search = '', after, limit }: BookPage, [all, some]: readonly [string, string]): readonly Row[] {
  const from = { sort: folded(after?.name ?? ''), id: after?.id ?? '', limit };
  const asked = needles(search);
  return asked.needle === '' ? connection.all(all, from) : connection.all(some, { ...from, ...asked });
}

function keepPerson(connection: Connection, { id, name, company, email, note, owner, numbers, updatedAt }: Person): void {
  connection.run(KEEP_PERSON, { id, name, company, email, note, owner, sort: folded(name), search: searchable([name, email], numbers), at: whole(updatedAt) });
  keepNumbers(connection, { holder: 'person', id }, numbers);
}

function keepCompany(connection: Connection, { id, name, note, numbers, updatedAt }: Company): void {
  connection.run(KEEP_COMPANY, { id, name, note, sort: folded(name), search: searchable([name], numbers), at: whole(updatedAt) });
  keepNumbers(connection, { holder: 'company', id }, numbers);
}

function keepNumbers(connection: Connection, of: { readonly holder: Holder; readonly id: string }, numbers: readonly BookNumber[]): void {
  connection.run(DROP_NUMBERS, of);
  for (const [position, { number, key, kind }] of numbers.entries()) connection.run(KEEP_NUMBER, { ...of, position, number, key, kind });
}

function removePerson(connection: Connection, id: string): boolean {
  connection.run(DROP_NUMBERS, { holder: 'person', id });
  forgetPerson(connection, id);
  return connection.run(DROP_PERSON, { id }) === 1;
}

function removeCompany(connection: Connection, id: string): boolean {
  connection.run(DROP_NUMBERS, { holder: 'company', id });
  connection.run(LEAVE_COMPANY, { id });
  forgetCompany(connection, id);
  return connection.run(DROP_COMPANY, { id }) === 1;
}
