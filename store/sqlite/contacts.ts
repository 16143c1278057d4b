import type { ContactCache } from '../../core/ports.ts';
import type { Contact } from '../../core/words.ts';
import type { Connection, Row } from './connection.ts';
import { moment, number, text, whole } from './rows.ts';

const GET = 'select contact, at from known_contacts where tenant = :tenant and account = :account and key = :key';
const SET = `insert into known_contacts (tenant, account, key, contact, at) values (:tenant, :account, :key, :contact, :at)
  on conflict (tenant, account, key) do update set contact = excluded.contact, at = excluded.at`;
const FORGET = 'delete from known_contacts where tenant = :tenant and account = :account and key = :key';
const FORGET_ALL = 'delete from known_contacts where tenant = :tenant and account = :account';
const PRUNE = 'delete from known_contacts where tenant = :tenant and at < :before';
const COUNT = 'select count(*) as number from known_contacts where tenant = :tenant and account = :account';

export const contactStatements = { GET, SET, FORGET, FORGET_ALL, PRUNE, COUNT };

/** What the CRMs said about numbers. A row that nobody can read is as good as none: the CRM is asked again. */
export function sqliteContacts(connection: Connection): ContactCache {
  return {
    get: (account, key) => {
      const row = connection.get(GET, { account, key });
      const contact = row === undefined ? undefined : contactOf(row);
      return row === undefined || contact === undefined ? null : { contact, at: moment(row, 'at') };
    },
    set: (account, key, { contact, at }) => void connection.run(SET, { account, key, contact: contact === null ? null : JSON.stringify(contact), at: whole(at) }),
    forget: (account, key) => (key === undefined ? connection.run(FORGET_ALL, { account }) : connection.run(FORGET, { account, key })),
    prune: (before) => connection.run(PRUNE, { before: whole(before) }),
    count: (account) => number(connection.get(COUNT, { account }) ?? {}, 'number'),
  };
}

/** Null = the CRM knows nobody; undefined = a hand edit or an older CallMe wrote something else. */
function contactOf(row: Row): Contact | null | undefined {
  if (row['contact'] === null) return null;
  const said: unknown = JSON.parse(text(row, 'contact'));
  return isContact(said) ? said : undefined;
}

const TYPES: readonly unknown[] = ['contact', 'company', 'lead', 'client'] satisfies readonly Contact['type'][];
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

function isContact(value: unknown): value is Contact {
  if (typeof value !== 'object' || value === null) return false;
  const { id, type, name, owner } = value as Partial<Record<keyof Contact, unknown>>;
  return typeof id === 'string' && typeof name === 'string' && TYPES.includes(type) && (owner === null || isOwner(owner));
}

const isOwner = (owner: unknown): boolean =>
  typeof owner === 'object' && owner !== null && 'crmUser' in owner && 'extension' in owner && isTextOrNull(owner.crmUser) && isTextOrNull(owner.extension);
