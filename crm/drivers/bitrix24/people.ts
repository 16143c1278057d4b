/** All users of the portal, page by page (crm-contracts 1.12). */
import type { Extension } from '../../../core/words.ts';
import type { CrmUser } from '../../driver.ts';
import { CrmFailure } from '../../errors.ts';
import { listOf, mapOf, user, type User } from './answers.ts';
import type { Portal } from './portal.ts';
import type { Reply } from './replies.ts';
import { reasonOf } from './verdicts.ts';

/** `whole`: there were no more pages. `brief`: the portal hides the extensions (`user_brief`). */
export interface People { readonly ok: true; readonly users: readonly User[]; readonly whole: boolean; readonly brief: boolean }

const PAGE_MS = 10_000;
/** 50 on each: more people than any PBX has. */
const PAGES = 100;

export async function everybody(portal: Portal, signal: AbortSignal, pages = PAGES): Promise<People | Exclude<Reply, { ok: true }>> {
  const users = new Map<number, User>();
  let brief = true;
  let start: number | null = 0;
  for (let page = 0; page < pages && start !== null; page++) {
    const reply: Reply = await portal.ask('user.get', { sort: 'ID', order: 'ASC', start }, { signal, timeoutMs: PAGE_MS });
    if (!reply.ok) return reply;
    if (hasExtensions(reply.result)) brief = false;
    for (const one of listOf(user, reply.result)) users.set(one.ID, one);
    // A page that does not lead on would be asked for ever.
    start = reply.next !== null && reply.next > start ? reply.next : null;
  }
  return { ok: true, users: [...users.values()], whole: start === null, brief: brief && users.size > 0 };
}

const hasExtensions = (result: unknown): boolean => Array.isArray(result) && result.some((row) => Object.hasOwn(mapOf(row), 'UF_PHONE_INNER'));

export async function crmUsers(portal: Portal, signal: AbortSignal): Promise<readonly CrmUser[]> {
  const people = await everybody(portal, signal);
  if (!people.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(people));
  return people.users.map(personOf);
}

const personOf = (one: User): CrmUser =>
  ({ id: String(one.ID), name: nameOf(one), extensions: one.UF_PHONE_INNER === null ? [] : [one.UF_PHONE_INNER as Extension], active: one.ACTIVE });

const nameOf = ({ NAME, LAST_NAME }: User): string => [NAME, LAST_NAME].filter((part) => part !== '').join(' ').slice(0, 200);
