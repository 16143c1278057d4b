/**
 * `crm.duplicate.findbycomm` and the cards of what it finds, in one request: the gets refer to the ids that the search brings. Of what it does not bring the
 * get is refused, and that is that (crm-contracts 1.3, 1.12). Reading alone: it may be repeated.
 */
import { card, type Entity, mapOf } from './answers.ts';
import type { Command } from './batch.ts';
import type { Portal, Wait } from './portal.ts';
import type { Reply } from './replies.ts';
import { isTransient, type Refusal } from './verdicts.ts';

const FIND = 'crm.duplicate.findbycomm';
/** crm.duplicate.findbycomm takes so many values (1.12). */
const MOST = 20;
const KINDS = [
  { type: 'CONTACT', name: 'contact', method: 'crm.contact.get' },
  { type: 'COMPANY', name: 'company', method: 'crm.company.get' },
  { type: 'LEAD', name: 'lead', method: 'crm.lead.get' },
] as const;

export type Search = { readonly ok: true; readonly entity: Entity | null } | Refusal;

export async function findDuplicates(portal: Portal, spellings: readonly string[], wait: Wait): Promise<Search> {
  if (spellings.length === 0) return { ok: true, entity: null };
  const find = { name: 'found', method: FIND, params: { type: 'PHONE', values: spellings.slice(0, MOST) } } as const;
  const gets = KINDS.map(({ type, name, method }) => ({ name, method, params: { id: `$result[found][${type}][0]` } }));
  const replies = await portal.batch<(typeof KINDS)[number]['name'] | 'found'>([find, ...gets] satisfies Command[], { ...wait, chief: FIND });
  if (!replies.found.ok) return replies.found;
  const found = mapOf(replies.found.result);
  for (const { type, name } of KINDS) {
    const id = firstOf(found[type]);
    if (id === null) continue;
    const reply = replies[name];
    if (!reply.ok && isTransient(reply)) return reply;
    return { ok: true, entity: entityOf(type, id, reply) };
  }
  return { ok: true, entity: null };
}

function firstOf(ids: unknown): number | null {
  const id = Number(Array.isArray(ids) ? ids[0] : Object.values(mapOf(ids))[0]);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** Without the right to read the card its owner stays unknown; that there is one is known all the same. */
function entityOf(type: Entity['CRM_ENTITY_TYPE'], id: number, reply: Reply): Entity {
  const read = card.safeParse(reply.ok ? reply.result : null).data;
  const name = [read?.NAME, read?.LAST_NAME].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    CRM_ENTITY_TYPE: type, CRM_ENTITY_ID: id, ASSIGNED_BY_ID: read?.ASSIGNED_BY_ID ?? null, ASSIGNED_BY: null,
    NAME: (name === '' ? read?.TITLE ?? '' : name).slice(0, 200),
  };
}
