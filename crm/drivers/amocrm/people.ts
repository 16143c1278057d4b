/** Employees and users of the account. amoCRM knows no extensions (crm-contracts 0): the config's `employees` say who is who. */
import type { Extension } from '../../../core/words.ts';
import type { CrmUser, DriverTools } from '../../driver.ts';
import { CrmFailure } from '../../errors.ts';
import { embedded, hasNext, type User, user } from './answers.ts';
import type { Api } from './api.ts';
import { strange } from './api.ts';
import { reasonOf, type Refusal } from './verdicts.ts';

export interface People {
  readonly userOf: (extension: Extension) => number | null;
  /** Who a call belongs to: the employee's user, else the default one, else nobody. */
  responsibleOf(extension: Extension | null): number | null;
  readonly extensionOf: (user: number) => Extension | null;
  extensionsOf(user: number): readonly Extension[];
}

export function createPeople({ account, employees }: Pick<DriverTools, 'account' | 'employees'>, defaultUser: number | null): People {
  const users = new Map(employees.flatMap(({ extension, crm }) => {
    const id = Number(crm[account]);
    return Number.isSafeInteger(id) && id > 0 ? [[extension, id] as const] : [];
  }));
  const userOf = (extension: Extension): number | null => users.get(extension) ?? null;
  const extensionsOf = (user: number): readonly Extension[] => [...users].filter(([, id]) => id === user).map(([extension]) => extension);
  return {
    userOf,
    responsibleOf: (extension) => (extension === null ? defaultUser : userOf(extension) ?? defaultUser),
    extensionOf: (user) => extensionsOf(user)[0] ?? null,
    extensionsOf,
  };
}

const USERS_MS = 15_000;
/** 250 a page (2.2): ten thousand people are enough for one account. */
const PAGES = 40;

/** Everybody in the account; only an administrator's token may ask (2.10). A refusal is a value. */
export async function listUsers(api: Api, signal: AbortSignal): Promise<readonly User[] | Refusal> {
  const all: User[] = [];
  for (let page = 1; page <= PAGES; page++) {
    const reply = await api.ask({ method: 'GET', path: `/api/v4/users?limit=250&page=${page}`, operation: 'users', timeoutMs: USERS_MS }, signal);
    if (!reply.ok) return reply;
    if (reply.status === 204) break;
    const users = embedded(reply.body, 'users', user);
    if (users === null) return strange(reply.status);
    all.push(...users);
    if (!hasNext(reply.body)) break;
  }
  return all;
}

export async function crmUsers(api: Api, people: People, signal: AbortSignal): Promise<readonly CrmUser[]> {
  const all = await listUsers(api, signal);
  if ('ok' in all) throw new CrmFailure('CRM_LOOKUP_FAILED', `users of amoCRM: ${reasonOf(all)}`);
  return all.map(({ id, name, rights }) => ({ id: String(id), name, extensions: people.extensionsOf(id), active: rights.is_active }));
}
