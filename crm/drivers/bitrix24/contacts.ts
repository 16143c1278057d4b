/**
 * Who is calling: `telephony.externalCall.searchCrmEntities`, which normalises the number (1.8). What it does not find, or on a portal that does not have it,
 * `crm.duplicate.findbycomm` is asked for every spelling, because it compares the number as it was written (1.12).
 */
import type { Numbers } from '../../../core/numbers.ts';
import type { Contact, Extension } from '../../../core/words.ts';
import { entity, type Entity, listOf } from './answers.ts';
import { phoneOf } from './desk.ts';
import { findDuplicates, type Search } from './duplicates.ts';
import type { Portal } from './portal.ts';
import { isBlocked, isMethodUnknown, type Refusal, verdictOf } from './verdicts.ts';

export interface Sought { readonly number: string; readonly line?: string | undefined }
export interface Contacts {
  /** A contact before a company before a lead, null for nobody, or the portal's refusal. */
  readonly find: (sought: Sought, signal: AbortSignal) => Promise<Search>;
}

const SEARCH_MS = 5_000;
/** The portal sorts CONTACT, LEAD, COMPANY; a client's company knows him better than an old enquiry of his. */
const ORDER: readonly Entity['CRM_ENTITY_TYPE'][] = ['CONTACT', 'COMPANY', 'LEAD'];

export function createContacts(portal: Portal, numbers: Numbers): Contacts {
  return {
    find: async ({ number, line }, signal) => {
      const phone = phoneOf(numbers, number, line);
      if (phone === '') return { ok: true, entity: null };
      const reply = await portal.ask('telephony.externalcall.searchcrmentities', { PHONE_NUMBER: phone }, { signal, timeoutMs: SEARCH_MS });
      const found = reply.ok ? best(listOf(entity, reply.result)) : null;
      if (found !== null || !(reply.ok || isDeaf(reply))) return reply.ok ? { ok: true, entity: found } : reply;
      const spelled = await findDuplicates(portal, numbers.spellings(number, line), { signal, timeoutMs: SEARCH_MS });
      // A portal that has answered no is believed where the second question is refused for good.
      return !spelled.ok && reply.ok && verdictOf(spelled).kind !== 'try-later' ? { ok: true, entity: null } : spelled;
    },
  };
}

/** No such method there, or it cannot work there ("CRM is not installed" to telephony alone), or it has used up its time: no reason to give up. */
const isDeaf = (refusal: Refusal): boolean => isMethodUnknown(refusal) || isBlocked(refusal) || verdictOf(refusal).kind === 'refused';

const best = (found: readonly Entity[]): Entity | null =>
  [...found].sort((one, other) => ORDER.indexOf(one.CRM_ENTITY_TYPE) - ORDER.indexOf(other.CRM_ENTITY_TYPE))[0] ?? null;

const TYPES = { CONTACT: 'contact', COMPANY: 'company', LEAD: 'lead' } as const;

/** The extension in the profile of who is responsible, where the search itself has named it; undefined = it says nothing of him. */
export const profileExtension = (found: Entity): Extension | null | undefined =>
  (found.ASSIGNED_BY === null ? undefined : found.ASSIGNED_BY.USER_PHONE_INNER as Extension | null);

export function contactOf(found: Entity, extension: Extension | null): Contact {
  const owner = found.ASSIGNED_BY_ID;
  return {
    id: String(found.CRM_ENTITY_ID), type: TYPES[found.CRM_ENTITY_TYPE], name: found.NAME,
    owner: owner === null ? null : { crmUser: String(owner), extension },
  };
}
