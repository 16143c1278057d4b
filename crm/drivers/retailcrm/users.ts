/** The people of the account, page by page. */
import type { CrmUser } from '../../driver.ts';
import { listOf, nameOf, user, userPage } from './answers.ts';
import type { Crm, Reply } from './crm.ts';

/** The largest page (docs.retailcrm.ru, pagination: 20, 50, 100). */
const PAGE = 100;
/** Five thousand people; more is an account that counts wrong. */
const PAGES = 50;

export type People = { readonly ok: true; readonly users: readonly CrmUser[] } | Extract<Reply, { ok: false }>;

export async function usersOf(crm: Crm, signal: AbortSignal): Promise<People> {
  const found: CrmUser[] = [];
  for (let page = 1, pages = 1; page <= Math.min(pages, PAGES); page += 1) {
    const reply = await crm.ask('users', { limit: String(PAGE), page: String(page) }, { signal });
    if (!reply.ok) return reply;
    const said = userPage.safeParse(reply.said);
    if (!said.success) break;
    pages = said.data.pagination?.totalPageCount ?? 1;
    found.push(...listOf(user, said.data.users).map((one) => ({ id: one.id, name: nameOf(one), extensions: one.code === null ? [] : [one.code], active: one.active })));
  }
  return { ok: true, users: found };
}
