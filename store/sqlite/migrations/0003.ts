/**
 * Migration 3: what drivers remember of their accounts, what the CRMs said about numbers, and CallMe's own address book.
 *
 * `sort` is the folded name and `search` all that is searched, folded too: SQLite's own lower() knows ASCII alone. A part of a text is looked for
 * along the index of names, tenant by tenant. Calls of the book name persons without a foreign key: who is deleted leaves his calls behind.
 */
export const MIGRATION_3 = `
create table account_memory (
  tenant  text not null,
  account text not null,
  name    text not null,
  value   text not null,
  primary key (tenant, account, name)
) strict, without rowid;

create table account_claims (
  tenant  text not null,
  account text not null,
  name    text not null,
  owner   text not null,
  until   integer not null,
  primary key (tenant, account, name)
) strict, without rowid;

create table known_contacts (
  tenant  text not null,
  account text not null,
  key     text not null,
  contact text check (contact is null or json_valid(contact)),
  at      integer not null,
  primary key (tenant, account, key)
) strict, without rowid;
create index known_contacts_by_age on known_contacts (tenant, at);

create table book_companies (
  tenant     text not null,
  id         text not null,
  name       text not null,
  note       text not null,
  sort       text not null,
  search     text not null,
  updated_at integer not null,
  primary key (tenant, id)
) strict;
create index book_companies_by_name on book_companies (tenant, sort, id);

create table book_persons (
  tenant     text not null,
  id         text not null,
  name       text not null,
  company    text,
  email      text not null,
  note       text not null,
  owner      text,
  sort       text not null,
  search     text not null,
  updated_at integer not null,
  primary key (tenant, id),
  foreign key (tenant, company) references book_companies (tenant, id)
) strict;
create index book_persons_by_name on book_persons (tenant, sort, id);
create index book_persons_of_company on book_persons (tenant, company) where company is not null;

create table book_numbers (
  tenant   text not null,
  holder   text not null check (holder in ('person', 'company')),
  id       text not null,
  position integer not null,
  number   text not null,
  key      text not null,
  kind     text not null check (kind in ('work', 'mobile', 'home', 'fax', 'other')),
  primary key (tenant, holder, id, position)
) strict, without rowid;
create index book_numbers_by_key on book_numbers (tenant, holder, key) where key <> '';

create table book_calls (
  tenant       text not null,
  call         text not null,
  linkedid     text not null,
  direction    text not null,
  number       text not null,
  key          text not null,
  line         text not null,
  person       text,
  company      text,
  extension    text,
  outcome      text not null,
  started_at   integer not null,
  talk_seconds integer not null,
  recording    text,
  primary key (tenant, call)
) strict;
create index book_calls_recent on book_calls (tenant, started_at, call);
create index book_calls_of_number on book_calls (tenant, key, started_at, call);
create index book_calls_of_person on book_calls (tenant, person, started_at, call) where person is not null;
create index book_calls_of_company on book_calls (tenant, company) where company is not null;
`;
