/** Which column of a CSV file is what: as CallMe writes them, as Google, Outlook and 1C do, and as people name them, in English or Russian. */
import { folded, type NumberKind } from '../../core/address-book.ts';

export type Column =
  | { readonly is: 'number'; readonly kind: NumberKind }
  /** Says what the number of the column before it is (`Phone 1 - Type`). */
  | { readonly is: 'kind' }
  | { readonly is: 'name' | 'first' | 'last' | 'middle' | 'company' | 'email' | 'note' | 'owner' | 'type' }
  | { readonly is: 'nothing' };
export type Field = Column['is'];

const NAMED: Readonly<Record<string, Field>> = {
  'name': 'name', 'full name': 'name', 'fullname': 'name', 'display name': 'name', 'contact': 'name', 'contact name': 'name', 'фио': 'name', 'ф.и.о.': 'name', 'контакт': 'name',
  'полное имя': 'name', 'контактное лицо': 'name', 'наименование': 'name', 'first name': 'first', 'firstname': 'first', 'given name': 'first', 'имя': 'first',
  'last name': 'last', 'lastname': 'last', 'family name': 'last', 'surname': 'last', 'фамилия': 'last', 'middle name': 'middle', 'additional name': 'middle', 'отчество': 'middle',
  'company': 'company', 'company name': 'company', 'organization': 'company', 'organisation': 'company', 'organization name': 'company', 'organization 1 - name': 'company', 'org': 'company',
  'компания': 'company', 'организация': 'company', 'фирма': 'company', 'название компании': 'company', 'контрагент': 'company',
  'email': 'email', 'e-mail': 'email', 'mail': 'email', 'e-mail address': 'email', 'email address': 'email', 'e-mail 1 - value': 'email', 'email 1 - value': 'email', 'почта': 'email',
  'эл. почта': 'email', 'электронная почта': 'email', 'адрес эл. почты': 'email', 'note': 'note', 'notes': 'note', 'comment': 'note', 'comments': 'note', 'заметка': 'note', 'заметки': 'note',
  'примечание': 'note', 'примечания': 'note', 'комментарий': 'note', 'owner': 'owner', 'responsible': 'owner', 'extension': 'owner', 'manager': 'owner', 'ответственный': 'owner',
  'менеджер': 'owner', 'владелец': 'owner', 'внутренний номер': 'owner', 'type': 'type', 'kind': 'type', 'тип': 'type',
};
const NUMBER = /phone|telephone|\btel\b|mobile|\bcell|\bfax|телефон|(?:^|\s)тел(?:[.\s]|$)|мобильн|сотов|факс|^номер|^number$/u;
const NO_NUMBER = /phonetic|name|имя|extension|добавочн|country|код/u;
/** In the words of a header or of vCard's TYPE; the first that fits. */
const KINDS: readonly (readonly [RegExp, NumberKind])[] = [
  [/fax|факс/u, 'fax'], [/mobile|cell|мобил|сотов|iphone/u, 'mobile'], [/home|домашн|дом\b/u, 'home'], [/work|business|office|main|company|рабоч|офис|основн/u, 'work'],
];

export const kindOf = (words: string): NumberKind => KINDS.find(([fits]) => fits.test(folded(words)))?.[1] ?? 'other';

export function columnOf(header: string): Column {
  const words = folded(header).replaceAll(/[\s_]+/gu, ' ');
  const named = Object.hasOwn(NAMED, words) ? NAMED[words] : undefined;
  if (named !== undefined) return { is: named } as Column;
  if (!NUMBER.test(words) || NO_NUMBER.test(words)) return { is: 'nothing' };
  return /\b(type|label)$|(^|[^\p{L}])(тип|метка)$/u.test(words) ? { is: 'kind' } : { is: 'number', kind: kindOf(words) };
}

/** `Имя` beside `Фамилия` is a first name; alone it is the name. */
export const isWholeName = (columns: readonly Column[]): boolean => !columns.some(({ is }) => is === 'last' || is === 'name');
/** `Орлова Ирина Петровна` is how Russian spreadsheets put it, `Irina P. Orlova` the others. */
export const isRussian = (headers: readonly string[]): boolean => headers.some((header) => /^\s*(фамилия|имя|отчество)\s*$/iu.test(header));
