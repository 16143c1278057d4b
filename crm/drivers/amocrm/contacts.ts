/**
 * Whose number it is. `query` is a search over all fields, so what it finds counts only if one of its telephones is the number (crm-contracts 2.3).
 * A contact comes before a company.
 */
import type { Numbers } from '../../../core/numbers.ts';
import type { Contact, Extension } from '../../../core/words.ts';
import { embedded, type Entity, entity, phonesOf } from './answers.ts';
import { type Api, strange } from './api.ts';
import type { Place } from './memory.ts';
import type { Refusal } from './verdicts.ts';

export interface Found { readonly kind: 'contacts' | 'companies'; readonly entity: Entity }
export interface Contacts {
  /** All who have this number, contacts first; companies are asked for only where no contact has it, or `everybody` is wanted. A refusal is a value. */
  find(number: string, signal: AbortSignal, how?: { readonly everybody?: boolean; readonly line?: string }): Promise<readonly Found[] | Refusal>;
}

/** "The vendor demands a short client timeout here" (2.3): a caller waits. */
const FIND_MS = 5_000;
/** amoCRM searches by the last ten digits (2.3): a leading 8 or +7 would miss. */
const DIGITS = 10;

export function createContacts(api: Api, numbers: Numbers): Contacts {
  const search = async (kind: Found['kind'], number: string, signal: AbortSignal): Promise<readonly Found[] | Refusal> => {
    const query = new URLSearchParams({ query: queryOf(numbers, number), with: 'leads,customers', limit: '50' });
    const reply = await api.ask({ method: 'GET', path: `/api/v4/${kind}?${query.toString()}`, operation: `${kind}.find`, timeoutMs: FIND_MS }, signal);
    if (!reply.ok) return reply;
    // "204 = nothing found" (2.2).
    if (reply.status === 204) return [];
    const entities = embedded(reply.body, kind, entity);
    if (entities === null) return strange(reply.status);
    return entities.filter((one) => phonesOf(one).some((phone) => numbers.same(phone, number))).map((one) => ({ kind, entity: one }));
  };
  return {
    find: async (text, signal, { everybody = false, line } = {}) => {
      const read = numbers.read(text, line);
      if (read.kind !== 'external') return [];
      const contacts = await search('contacts', read.e164, signal);
      if ('ok' in contacts || (contacts.length > 0 && !everybody)) return contacts;
      const companies = await search('companies', read.e164, signal);
      return 'ok' in companies ? companies : [...contacts, ...companies];
    },
  };
}

/** Without the country, because people write it in many ways; at most the last ten digits. */
function queryOf(numbers: Numbers, e164: string): string {
  const read = numbers.read(e164);
  return (read.kind === 'external' ? read.national : e164).replace(/\D/g, '').slice(-DIGITS);
}

export function contactOf({ kind, entity }: Found, extensionOf: (user: number) => Extension | null): Contact {
  const owner = entity.responsible_user_id;
  return {
    id: String(entity.id), type: kind === 'contacts' ? 'contact' : 'company', name: entity.name,
    owner: owner === null ? null : { crmUser: String(owner), extension: extensionOf(owner) },
  };
}

export const placeOf = ({ kind, entity }: Found): Place => ({ kind, id: entity.id });
