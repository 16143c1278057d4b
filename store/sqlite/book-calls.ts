/** Calls of the address book. They outlive whoever they were with. */
import type { BookCall, BookCallPage } from '../../core/address-book.ts';
import { bookCallOf } from './book-rows.ts';
import type { Connection } from './connection.ts';
import { whole } from './rows.ts';

/** A recording that is known stays: the end of the call may be told once more behind it. */
const KEEP = `insert into book_calls (tenant, call, linkedid, direction, number, key, line, person, company, extension, outcome, started_at, talk_seconds, recording)
  values (:tenant, :call, :linkedid, :direction, :number, :key, :line, :person, :company, :extension, :outcome, :at, :talk, :recording)
  on conflict (tenant, call) do update set linkedid = excluded.linkedid, direction = excluded.direction, number = excluded.number, key = excluded.key, line = excluded.line,
    person = excluded.person, company = excluded.company, extension = excluded.extension, outcome = excluded.outcome, started_at = excluded.started_at,
    talk_seconds = excluded.talk_seconds, recording = coalesce(excluded.recording, book_calls.recording)`;
const ONE = 'select * from book_calls where tenant = :tenant and call = :call';
const FORGET_PERSON = 'update book_calls set person = null where tenant = :tenant and person = :id';
const FORGET_COMPANY = 'update book_calls set company = null where tenant = :tenant and company = :id';

/** A statement for each filter, so that the index of that filter serves it. */
const PAGE = '(started_at, call) < (:at, :call) order by started_at desc, call desc limit :limit';
const CALLS = `select * from book_calls where tenant = :tenant and ${PAGE}`;
const OF_NUMBER = `select * from book_calls where tenant = :tenant and key = :key and ${PAGE}`;
const OF_PERSON = `select * from book_calls where tenant = :tenant and person = :person and ${PAGE}`;
const OF_BOTH = `select * from book_calls where tenant = :tenant and key = :key and +person = :person and ${PAGE}`;

export const bookCallStatements = { KEEP, ONE, FORGET_PERSON, FORGET_COMPANY, CALLS, OF_NUMBER, OF_PERSON, OF_BOTH };

export function keepBookCall(connection: Connection, told: BookCall): void {
  const { startedAt, talkSeconds, ...rest } = told;
  connection.run(KEEP, { ...rest, at: whole(startedAt), talk: whole(talkSeconds) });
}

export function bookCall(connection: Connection, call: string): BookCall | null {
  const row = connection.get(ONE, { call });
  return row === undefined ? null : bookCallOf(row);
}

export function bookCalls(connection: Connection, { limit, key, person, after }: BookCallPage): readonly BookCall[] {
  const from = { limit, at: after === undefined ? Number.MAX_SAFE_INTEGER : whole(after.startedAt), call: after?.call ?? '' };
  return rowsOf(connection, from, { key, person }).map(bookCallOf);
}

function rowsOf(connection: Connection, from: Readonly<Record<string, string | number>>, { key, person }: { readonly key: string | undefined; readonly person: string | undefined }) {
  if (key !== undefined) return person === undefined ? connection.all(OF_NUMBER, { ...from, key }) : connection.all(OF_BOTH, { ...from, key, person });
  return person === undefined ? connection.all(CALLS, from) : connection.all(OF_PERSON, { ...from, person });
}

export const forgetPerson = (connection: Connection, id: string): number => connection.run(FORGET_PERSON, { id });
export const forgetCompany = (connection: Connection, id: string): number => connection.run(FORGET_COMPANY, { id });
