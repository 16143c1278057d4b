/** Rows of the address book, back into its words. */
import { type BookCall, type BookNumber, type Company, folded, NUMBER_KINDS, type Person } from '../../core/address-book.ts';
import { digits } from '../../core/phone.ts';
import type { Extension } from '../../core/words.ts';
import type { Row } from './connection.ts';
import { moment, number, text, textOrNull } from './rows.ts';

export type Holder = 'person' | 'company';

/** As a column of its holder's row: one query brings a page with its numbers. */
export const numbersOf = (holder: Holder): string => `(select json_group_array(json_object('number', number, 'key', key, 'kind', kind) order by position)
  from book_numbers n where n.tenant = h.tenant and n.holder = '${holder}' and n.id = h.id) as numbers`;

export function personOf(row: Row): Person {
  return {
    id: text(row, 'id'), name: text(row, 'name'), company: textOrNull(row, 'company'), numbers: numbersIn(text(row, 'numbers')), email: text(row, 'email'),
    note: text(row, 'note'), owner: textOrNull(row, 'owner') as Extension | null, updatedAt: moment(row, 'updated_at'),
  };
}

export function companyOf(row: Row): Company {
  return { id: text(row, 'id'), name: text(row, 'name'), numbers: numbersIn(text(row, 'numbers')), note: text(row, 'note'), updatedAt: moment(row, 'updated_at') };
}

export function bookCallOf(row: Row): BookCall {
  return {
    call: text(row, 'call'), linkedid: text(row, 'linkedid'), direction: text(row, 'direction'), number: text(row, 'number'), key: text(row, 'key'), line: text(row, 'line'),
    person: textOrNull(row, 'person'), company: textOrNull(row, 'company'), extension: textOrNull(row, 'extension') as Extension | null,
    outcome: text(row, 'outcome'), startedAt: moment(row, 'started_at'), talkSeconds: number(row, 'talk_seconds'), recording: textOrNull(row, 'recording'),
  };
}

/** The database itself made this list, of columns that it holds to their types; only the kind is a word of ours. */
function numbersIn(json: string): readonly BookNumber[] {
  return (JSON.parse(json) as readonly { readonly number: string; readonly key: string; readonly kind: string }[])
    .map(({ number: written, key, kind }) => ({ number: written, key, kind: NUMBER_KINDS.find((known) => known === kind) ?? 'other' }));
}

/** What `search` of the book looks through: a line for each thing, numbers as digits, as they were written and as they are called. */
export function searchable(texts: readonly string[], numbers: readonly BookNumber[]): string {
  const lines = [...texts.map(folded), ...numbers.flatMap(({ number: written, key }) => [digits(written), digits(key)])];
  return [...new Set(lines)].filter((line) => line !== '').join('\n');
}

/** `digits` is `''` where the question is no number: `+7 (903) 555` and `7903555` find the same. */
export function needles(search: string): { readonly needle: string; readonly digits: string } {
  const needle = folded(search.replaceAll(/\p{Cc}+/gu, ' '));
  return { needle, digits: /^[\d\s()+./-]+$/.test(needle) ? digits(needle) : '' };
}
