/** Who is calling: `telephony.externalCall.searchCrmEntities`, which normalises the number, unlike crm.duplicate.findbycomm (1.8). */
import type { Contact, Extension } from '../../../core/words.ts';
import { entity, type Entity, listOf } from './answers.ts';
import { phoneOf } from './desk.ts';
import type { Portal } from './portal.ts';
import type { Refusal } from './verdicts.ts';

export type Search = { readonly ok: true; readonly entity: Entity | null } | Refusal;
export interface Contacts {
  /** The first of what the portal knows (sorted CONTACT, LEAD, COMPANY), null for nobody, or its refusal. */
  readonly find: (number: string, signal: AbortSignal) => Promise<Search>;
}

const SEARCH_MS = 5_000;

export function createContacts(portal: Portal): Contacts {
  return {
    find: async (number, signal) => {
      const phone = phoneOf(number);
      if (phone === '') return { ok: true, entity: null };
      const reply = await portal.ask('telephony.externalcall.searchcrmentities', { PHONE_NUMBER: phone }, { signal, timeoutMs: SEARCH_MS });
      return reply.ok ? { ok: true, entity: listOf(entity, reply.result)[0] ?? null } : reply;
    },
  };
}

const TYPES = { CONTACT: 'contact', COMPANY: 'company', LEAD: 'lead' } as const;

/** `configured` finds the extension that our config gives to a portal user: it wins over the profile's. */
export function contactOf(found: Entity, configured: (portalUser: number) => Extension | null): Contact {
  const owner = found.ASSIGNED_BY_ID;
  const inProfile = found.ASSIGNED_BY?.USER_PHONE_INNER as Extension | null | undefined;
  return {
    id: String(found.CRM_ENTITY_ID), type: TYPES[found.CRM_ENTITY_TYPE], name: found.NAME,
    owner: owner === null ? null : { crmUser: String(owner), extension: configured(owner) ?? inProfile ?? null },
  };
}
