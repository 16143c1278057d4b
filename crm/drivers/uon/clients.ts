/** Clients and managers of U-ON. */
import type { Contact } from '../../../core/words.ts';
import type { CrmUser } from '../../driver.ts';
import { CrmFailure } from '../../errors.ts';
import { type Client, client, listIn, type Manager, manager, readAll, type Reply, tidy } from './answers.ts';
import { ask, type Desk, digitsOf } from './desk.ts';

/** `user/phone/{phone}/{office}` (crm-contracts 4.3). Null = nobody; a {@link Reply} that is no yes = U-ON could not tell. */
export async function findClient(desk: Desk, number: string, signal: AbortSignal): Promise<Client | null | Extract<Reply, { ok: false }>> {
  const { office } = desk.settings;
  const phone = digitsOf(desk, number);
  if (phone === null) return null;
  const reply = await ask(desk, { path: `user/phone/${phone}${office === undefined ? '' : `/${office}`}` }, signal);
  // Nobody is a 404 in one reading, an empty list in the other; a page is neither.
  if (!reply.ok) return reply.status === 404 && reply.definite ? null : reply;
  const found = readAll(client, listIn(reply.body, 'user')).filter((one) => (one.u_id ?? one.id ?? null) !== null);
  return found.find((one) => phonesOf(one).some((own) => desk.tools.numbers.same(own, number))) ?? found[0] ?? null;
}

const phonesOf = ({ u_phone: phone, u_phone_mobile: mobile, u_phone_home: home }: Client): readonly string[] =>
  [phone, mobile, home].filter((one) => typeof one === 'string');
export const isRefusal = (found: Client | null | Reply): found is Extract<Reply, { ok: false }> => found !== null && 'ok' in found && found.ok === false;

/** Rejects with CrmFailure `CRM_LOOKUP_FAILED`, or the HTTP client's failure. */
export async function lookup(desk: Desk, number: string, signal: AbortSignal): Promise<Contact | null> {
  const found = await findClient(desk, number, signal);
  if (isRefusal(found)) throw new CrmFailure('CRM_LOOKUP_FAILED', `HTTP ${found.status}`);
  return found === null ? null : contactOf(desk, found);
}

function contactOf({ tools: { account, employees } }: Desk, found: Client): Contact {
  const person = tidy([found.u_surname, found.u_name, found.u_sname].filter((part) => typeof part === 'string' && part !== '').join(' '));
  const company = tidy(found.u_company ?? '');
  const crmUser = found.manager_id ?? found.u_manager_id ?? null;
  const extension = employees.find(({ crm }) => String(crm[account] ?? '') === crmUser)?.extension ?? null;
  return {
    id: found.u_id ?? found.id ?? '', type: person === '' && company !== '' ? 'company' : 'client', name: person === '' ? company : person,
    owner: crmUser === null ? null : { crmUser, extension },
  };
}

/** `manager.json`. U-ON keeps no extensions: `employees` says who has which. Rejects as {@link lookup} does. */
export async function users({ tools, settings }: Desk, signal: AbortSignal): Promise<readonly CrmUser[]> {
  const reply = await ask({ tools, settings }, { path: 'manager' }, signal);
  if (!reply.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', `HTTP ${reply.status}`);
  return usersIn({ tools, settings }, reply.body);
}

export function usersIn({ tools: { account, employees } }: Desk, body: object): readonly CrmUser[] {
  return readAll(manager, listIn(body, 'manager')).flatMap((one) => {
    const id = one.u_id ?? one.id ?? null;
    const extensions = employees.filter(({ crm }) => String(crm[account] ?? '') === id).map(({ extension }) => extension);
    return id === null ? [] : [{ id, name: nameOf(one), extensions, active: isActive(one) }];
  });
}

const nameOf = ({ u_surname: surname, u_name: given, name }: Manager): string =>
  tidy([surname, given].filter((part) => typeof part === 'string').join(' ') || (name ?? ''));
const isActive = ({ active, u_active: other }: Manager): boolean => ![active, other].some((value) => value === 0 || value === '0' || value === false);
