/** What stands in the account, and the switches for what nobody has confirmed. Sections: crm-contracts. */
import { createTokenDesk, type TokenDesk } from '../amocrm-tokens.ts';
import type { Answer, Asked } from '../stand-in.ts';

export type Kind = 'contacts' | 'companies' | 'leads' | 'customers';
export interface Card {
  readonly id: number; readonly kind: Kind; name: string; responsible: number | null; phones: string[];
  /** Ids of leads (closed ones too), customers and companies of a contact. */
  readonly leads: { readonly id: number; readonly active: boolean }[]; readonly customers: number[]; readonly companies: number[];
  readonly notes: StoredNote[]; readonly files: string[];
}
export interface StoredNote { readonly id: number; readonly type: string; readonly params: Readonly<Record<string, unknown>>; readonly fields: Readonly<Record<string, unknown>> }
export interface Waiting { readonly uid: string; readonly item: Readonly<Record<string, unknown>>; readonly metadata: Readonly<Record<string, unknown>>; readonly contact: number; readonly lead: number }
export interface Session { readonly id: number; readonly name: string; readonly size: number; readonly parts: Buffer[]; uuid: string | null }
export interface Popup { readonly phone: string; readonly users: readonly number[] }
export interface AmoUser { readonly id: number; readonly name: string; readonly active: boolean }
export interface Webhook { readonly destination: string; readonly settings: readonly string[]; disabled: boolean }

export interface Switches {
  /** 2.2: 402. */
  paid: boolean;
  /** 2.10: users and webhooks are an administrator's. */
  admin: boolean;
  /** 2.10: webhooks are for Advanced and Professional. */
  webhooks: boolean;
  /** 2.9: scope "files". */
  files: boolean;
  /** The right to contacts. */
  contacts: boolean;
  /** The account has a files service. */
  drive: boolean;
  /** 2.4, unconfirmed: the status that comes with "Entity not found". */
  missing: 200 | 400;
  /** 6.5, unconfirmed: filters of lists work, or are ignored. */
  filters: boolean;
  /** Unconfirmed: `metadata.uniq` is given back in the list of unsorted ones. */
  unsortedUniq: boolean;
  /** Unconfirmed: a part that the session has already is taken for what it is, or refused. */
  partsAgain: 'same' | 'refused' | 'appended';
  /** What was just created is found by search and by POST /calls only later. */
  searchLag: boolean;
  /** Of the main pipeline: 401. */
  unsortedOn: boolean;
}

export interface Amo {
  readonly id: number; subdomain: string;
  readonly cards: Map<number, Card>;
  readonly waiting: Map<string, Waiting>;
  readonly sessions: Map<number, Session>;
  readonly files: Map<string, Buffer>;
  readonly users: AmoUser[];
  readonly popups: Popup[];
  readonly webhooks: Webhook[];
  readonly switches: Switches;
  readonly longLived: Set<string>;
  readonly tokens: TokenDesk;
  readonly hidden: Set<number>;
  readonly maxPart: number;
  origin: string;
  next(): number;
}

export const REDIRECT = 'https://pbx.example.org/callme/oauth';
export function createAmo(users: readonly AmoUser[], given: Partial<Switches> & { readonly grace?: boolean }): Amo {
  let last = 77_000;
  return {
    id: 30_000_001, subdomain: 'acme', cards: new Map(), waiting: new Map(), sessions: new Map(), files: new Map(), users: [...users], popups: [], webhooks: [],
    switches: {
      paid: true, admin: true, webhooks: true, files: true, contacts: true, drive: true, missing: 400, filters: true, unsortedUniq: true, partsAgain: 'same', searchLag: false,
      unsortedOn: true, ...given,
    },
    longLived: new Set(), hidden: new Set(), maxPart: 4096, origin: '',
    tokens: createTokenDesk({ clientId: 'integration-1', clientSecret: 'clientsecret', redirectUri: REDIRECT, grace: given.grace ?? false }),
    next: () => ++last,
  };
}

export function addCard(amo: Amo, kind: Kind, given: { readonly name?: string; readonly phones?: readonly string[]; readonly responsible?: number | null } = {}): Card {
  const card: Card = {
    id: amo.next(), kind, name: given.name ?? 'Irina Orlova', phones: [...given.phones ?? []], responsible: given.responsible ?? null,
    leads: [], customers: [], companies: [], notes: [], files: [],
  };
  amo.cards.set(card.id, card);
  return card;
}

/** "matched by last 10 digits" (2.4). */
export const lastTen = (phone: string): string => phone.replace(/\D/g, '').slice(-10);

export const hal = (status: number, body: unknown): Answer => ({ status, body, headers: { 'content-type': 'application/hal+json' } });
export const problem = (status: number, title: string, more: object = {}): Answer =>
  ({ status, body: { title, type: `https://httpstatus.es/${status}`, status, ...more }, headers: { 'content-type': 'application/problem+json' } });
export const nothing = (status: 202 | 204): Answer => ({ status, body: '' });
export const invalid = (code: string, path: string): Answer => problem(400, 'Bad Request', {
  detail: 'Request validation failed', 'validation-errors': [{ request_id: '0', errors: [{ code, path, detail: 'This value is not valid.' }] }],
});

export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
export function jsonOf(asked: Asked): unknown {
  try {
    return JSON.parse(asked.body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
/** "<= 250 entities per request" (2.2); the bodies of v4 are lists. */
export function itemsOf(asked: Asked): readonly Fields[] | null {
  const body = jsonOf(asked);
  return Array.isArray(body) && body.length > 0 && body.length <= 250 && body.every(isFields) ? body : null;
}

/** What a field must be; `?` = may be missing. null is never a value (2.6, SDK issue 383). */
export type Rule = (value: unknown) => boolean;
export const integer: Rule = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
export const line: Rule = (value) => typeof value === 'string';
export const filled: Rule = (value) => typeof value === 'string' && value !== '';
export const oneOf = (...values: readonly unknown[]): Rule => (value) => values.includes(value);
export const either = (...rules: readonly Rule[]): Rule => (value) => rules.some((rule) => rule(value));
export const map: Rule = isFields;

export function mistakeIn(item: Fields, rules: Readonly<Record<string, Rule>>, prefix = ''): Answer | null {
  for (const name of Object.keys(item)) if (!(name in rules) && !(`${name}?` in rules)) return invalid('NotSupportedField', prefix + name);
  for (const [name, rule] of Object.entries(rules)) {
    const key = name.replace('?', '');
    if (item[key] === undefined && name.endsWith('?')) continue;
    if (item[key] === undefined) return invalid('FieldMissing', prefix + key);
    if (item[key] === null) return invalid('NotNull', prefix + key);
    if (!rule(item[key])) return invalid('NotSupportedChoice', prefix + key);
  }
  return null;
}
