/**
 * `/api/v1/contacts`, `/api/v1/companies` and `/api/v1/book/calls`: CallMe's own address book for programs. Data belongs to people: DELETE deletes, and the
 * calls stay with what the PBX knows of them. Longer than most files: five shelves of one cupboard, which share their pages and their words.
 */
import type { AddressBook, BookCall, Company, Person } from '../../core/address-book.ts';
import type { Numbers } from '../../core/numbers.ts';
import { instant } from '../../core/words.ts';
import { type Answer, type Asked, json, problem, type Route } from '../exchange.ts';
import { mistake, numberIn, strangers } from './query.ts';

type Wish = Readonly<Record<string, unknown>>;
export type KeepAnswer<Row> = { readonly ok: true; readonly row: Row; readonly isNew: boolean }
  | { readonly ok: false; readonly wrong: { readonly field: string; readonly expected: string } };
/** Never rejects; what is wrong with a file is an answer. */
export type ImportAnswer = { readonly ok: true; readonly report: Wish & { readonly applied: boolean } } | { readonly ok: false; readonly code: string; readonly message: string; readonly remedy: string };
/** What is done to the book; the rules are the app's. */
export interface ContactDesk {
  keepPerson(id: string | null, wish: Wish): KeepAnswer<Person>;
  keepCompany(id: string | null, wish: Wish): KeepAnswer<Company>;
  remove(holder: 'person' | 'company', id: string): boolean;
  takeFile(content: string, how: { readonly format: 'csv' | 'vcard' | undefined; readonly partial: boolean; readonly dryRun: boolean; readonly signal: AbortSignal }): Promise<ImportAnswer>;
}
export interface ContactTools { readonly book: AddressBook; readonly numbers: Numbers; readonly desk: ContactDesk }

/** As the verbs of `routes.ts`. */
export interface ContactVerb { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: RegExp; readonly answer: (asked: Asked, about: string) => Answer | Promise<Answer> }

/** Bytes: some 40,000 people. More is for `callme contacts import`, which has a process of its own. */
const IMPORT_LIMIT = 4 * 1024 * 1024;

export function contactVerbs(tools: ContactTools): readonly ContactVerb[] {
  const { book, desk } = tools;
  const persons: Shelf<Person> = { what: 'contact', list: 'contacts', rows: (page) => book.persons(page), one: (id) => book.person(id), keep: (id, wish) => desk.keepPerson(id, wish), remove: (id) => desk.remove('person', id), shown: (row) => shownPerson(row, book) };
  const companies: Shelf<Company> = { what: 'company', list: 'companies', rows: (page) => book.companies(page), one: (id) => book.company(id), keep: (id, wish) => desk.keepCompany(id, wish), remove: (id) => desk.remove('company', id), shown: shownCompany };
  return [
    ...shelfVerbs('contacts', persons), ...shelfVerbs('companies', companies),
    { method: 'GET', path: /^book\/calls\/?$/, answer: (asked) => listCalls(asked, tools) },
    { method: 'GET', path: /^book\/calls\/(.+)$/s, answer: (asked, call) => oneCall(asked, call, book) },
  ];
}

/** `POST /api/v1/contacts/import`: the file itself is the body, hence a route of its own. `admit`: as for the rest of the API. */
export const importRoute = (desk: ContactDesk, admit: NonNullable<Route['admit']>): Route =>
  ({ path: '/api/v1/contacts/import', methods: ['POST'], raw: { limit: IMPORT_LIMIT }, admit, answer: (asked) => importContacts(asked, desk) });

async function importContacts({ query, headers, body, signal }: Asked, desk: ContactDesk): Promise<Answer> {
  const wrong = strangers(query, ['format', 'partial', 'dryRun']);
  if (wrong !== null) return wrong;
  const [format, partial, dryRun] = [formatIn(query, headers['content-type'] ?? ''), flagIn(query, 'partial'), flagIn(query, 'dryRun')];
  if (format === null) return mistake('format', 'csv or vcard');
  if (partial === null || dryRun === null) return mistake(partial === null ? 'partial' : 'dryRun', 'true or false');
  if (typeof body !== 'string' || body === '') return problem(400, { code: 'BAD_BODY', message: 'the body is empty', remedy: 'send the file: curl --data-binary @contacts.csv -H "content-type: text/csv"' });
  if (body.includes('\ufffd')) return problem(400, { code: 'NOT_UTF8', message: 'the file is not in UTF-8', remedy: 'save it as UTF-8, or import it with `callme contacts import`, which reads Windows-1251' });
  const answer = await desk.takeFile(body, { format, partial, dryRun, signal });
  if (!answer.ok) return problem(400, { code: answer.code, message: answer.message, remedy: answer.remedy });
  return json(answer.report.applied || dryRun ? 200 : 422, answer.report);
}

const flagIn = (query: URLSearchParams, name: string): boolean | null => ({ true: true, false: false, '': false } as const)[query.get(name) ?? ''] ?? null;

/** Undefined = whatever it looks like; null = a word that is no format. */
function formatIn(query: URLSearchParams, type: string): 'csv' | 'vcard' | undefined | null {
  const word = query.get('format');
  if (word !== null) return word === 'csv' || word === 'vcard' ? word : null;
  return /^text\/csv\b/i.test(type) ? 'csv' : /^text\/(?:x-)?vcard\b/i.test(type) ? 'vcard' : undefined;
}

// ------------------------------------------------------------------------------------------------ persons and companies
interface Page { readonly limit: number; readonly search?: string; readonly after?: { readonly name: string; readonly id: string } }
interface Shelf<Row> {
  readonly what: string; readonly list: string;
  rows(page: Page): readonly Row[];
  one(id: string): Row | null;
  keep(id: string | null, wish: Wish): KeepAnswer<Row>;
  remove(id: string): boolean;
  shown(row: Row): Wish;
}

function shelfVerbs<Row extends Person | Company>(path: 'contacts' | 'companies', shelf: Shelf<Row>): readonly ContactVerb[] {
  const [all, one] = [new RegExp(`^${path}/?$`), new RegExp(`^${path}/([^/]+)$`, 's')];
  return [
    { method: 'GET', path: all, answer: ({ query }) => list(query, shelf) },
    { method: 'POST', path: all, answer: ({ body }) => keep(shelf, null, body) },
    { method: 'GET', path: one, answer: (_asked, id) => { const row = shelf.one(id); return row === null ? nobody(shelf) : json(200, shelf.shown(row)); } },
    { method: 'PUT', path: one, answer: ({ body }, id) => keep(shelf, id, body) },
    { method: 'DELETE', path: one, answer: (_asked, id) => (shelf.remove(id) ? json(200, { id, deleted: true }) : nobody(shelf)) },
  ];
}

const [DEFAULT_LIMIT, MAX_LIMIT, SEARCH_LENGTH] = [50, 500, 200];

function list<Row extends Person | Company>(query: URLSearchParams, shelf: Shelf<Row>): Answer {
  const wrong = strangers(query, ['search', 'after', 'limit']);
  if (wrong !== null) return wrong;
  const [search, limit, after] = [query.get('search') ?? '', numberIn(query, 'limit', { from: 1, to: MAX_LIMIT, otherwise: DEFAULT_LIMIT }), cursorIn(query)];
  if (limit === null) return mistake('limit', `a number from 1 to ${MAX_LIMIT}`);
  if (search.length > SEARCH_LENGTH) return mistake('search', `at most ${SEARCH_LENGTH} letters`);
  if (after === undefined) return mistake('after', 'what `next` of the page before says');
  const rows = shelf.rows({ limit, search, ...(after === null ? {} : { after: { name: after[0], id: after[1] } }) });
  const last = rows.at(-1);
  return json(200, { [shelf.list]: rows.map((row) => shelf.shown(row)), next: last === undefined || rows.length < limit ? null : cursor(last.name, last.id) });
}

function keep<Row extends Person | Company>(shelf: Shelf<Row>, id: string | null, body: unknown): Answer {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return problem(400, { code: 'BAD_BODY', message: 'the body is no object', remedy: 'send {"name": "Irina Orlova", "numbers": ["+7 903 555-01-42"]}' });
  const answer = shelf.keep(id, body as Wish);
  if (!answer.ok) return problem(400, { code: 'BAD_FIELD', message: `"${answer.wrong.field.slice(0, 60)}" is wrong`, remedy: `expected: ${answer.wrong.expected}` });
  return json(answer.isNew ? 201 : 200, shelf.shown(answer.row));
}

const nobody = <Row>({ what, list: lists }: Shelf<Row>): Answer => problem(404, { code: 'NO_ENTRY', message: `there is no such ${what}`, remedy: `GET /api/v1/${lists}?search=… finds them by name or number` });

function shownPerson(row: Person, book: AddressBook): Wish {
  const { id, name, email, note, owner } = row;
  const company = row.company === null ? null : book.company(row.company);
  return { id, name, company: row.company, companyName: company?.name ?? null, numbers: row.numbers, email, note, owner, updatedAt: new Date(row.updatedAt).toISOString() };
}

const shownCompany = ({ id, name, numbers, note, updatedAt }: Company): Wish => ({ id, name, numbers, note, updatedAt: new Date(updatedAt).toISOString() });

// ------------------------------------------------------------------------------------------------ calls
function listCalls({ query }: Asked, { book, numbers }: ContactTools): Answer {
  const wrong = strangers(query, ['number', 'contact', 'after', 'limit']);
  if (wrong !== null) return wrong;
  const [number, person, limit, after] = [query.get('number'), query.get('contact'), numberIn(query, 'limit', { from: 1, to: MAX_LIMIT, otherwise: DEFAULT_LIMIT }), cursorIn(query)];
  if (limit === null) return mistake('limit', `a number from 1 to ${MAX_LIMIT}`);
  const key = number === null ? null : numbers.key(number);
  if (key === '') return mistake('number', 'a telephone number');
  const from = after === null || after === undefined ? null : { startedAt: instant(Number(after[0])), call: after[1] };
  if (after === undefined || (from !== null && !Number.isSafeInteger(from.startedAt))) return mistake('after', 'what `next` of the page before says');
  const rows = book.calls({ limit, ...(key === null ? {} : { key }), ...(person === null ? {} : { person }), ...(from === null ? {} : { after: from }) });
  const last = rows.at(-1);
  return json(200, { calls: rows.map(shownCall), next: last === undefined || rows.length < limit ? null : cursor(String(last.startedAt), last.call) });
}

function oneCall({ query }: Asked, call: string, book: AddressBook): Answer {
  const wrong = strangers(query, []);
  if (wrong !== null) return wrong;
  const row = book.call(call);
  return row === null ? problem(404, { code: 'NO_CALL', message: 'the address book has no such call', remedy: 'GET /api/v1/book/calls lists them; calls are there when they are over' }) : json(200, shownCall(row));
}

/** `recording`: GET /api/v1/recordings/<it> gives a link. */
const shownCall = ({ key: _key, startedAt, ...rest }: BookCall): Wish => ({ ...rest, startedAt: new Date(startedAt).toISOString() });

// ------------------------------------------------------------------------------------------------ pages
const cursor = (one: string, other: string): string => Buffer.from(JSON.stringify([one, other])).toString('base64url');

/** Null = from the beginning; undefined = nothing that we gave out. */
function cursorIn(query: URLSearchParams): readonly [string, string] | null | undefined {
  const text = query.get('after');
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value)) return undefined;
    const [one, other, ...more] = value as readonly unknown[];
    return typeof one === 'string' && typeof other === 'string' && more.length === 0 ? [one, other] : undefined;
  } catch {
    return undefined;
  }
}
