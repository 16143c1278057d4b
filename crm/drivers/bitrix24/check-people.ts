/** The people: does the portal have those whom the config names, and does each extension belong to one of them? */
import type { Extension } from '../../../core/words.ts';
import type { CheckLine } from '../../driver.ts';
import type { User } from './answers.ts';
import { type Checking, fine, wrong } from './check-lines.ts';
import { everybody, type People } from './people.ts';
import { reasonOf } from './verdicts.ts';
import { configuredUsers } from './users.ts';

/** 50 on each: more would use up the portal's patience for a check. */
const PAGES = 20;

export async function aboutPeople(checking: Checking, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const people = await everybody(checking.desk.portal, signal, PAGES);
  if (!people.ok) return [wrong('scope', `users: ${reasonOf(people)}`, 'give the webhook or application the right user')];
  if (people.brief) return [wrong('scope', 'users: the portal hides their extensions', 'give the webhook or application the right user instead of user_brief')];
  return [fine('scope', 'users: extensions of employees'), ...aboutEmployees(checking, people), ...aboutShared(people), ...aboutDefault(checking, people)];
}

function aboutEmployees({ tools }: Checking, people: People): readonly CheckLine[] {
  const active = people.users.filter(({ ACTIVE }) => ACTIVE);
  const ids = configuredUsers(tools.account, tools.employees);
  const lost = tools.employees.filter(({ extension }) => !isSomebody(active, extension, ids.get(extension)));
  if (!people.whole) return [fine('employees', 'the portal has too many users to compare all')];
  if (lost.length === 0) return [fine('employees', `${tools.employees.length} employees are users of the portal`)];
  return lost.map(({ extension }) => wrong('employees', `employee ${extension} is no active user of the portal`,
    'write the id of an active user into `employees[].crm`, or the extension into the user\'s profile'));
}

const isSomebody = (active: readonly User[], extension: Extension, id: number | undefined): boolean =>
  active.some((user) => (id === undefined ? user.UF_PHONE_INNER === extension : user.ID === id));

function aboutShared({ users }: People): readonly CheckLine[] {
  const owners = Map.groupBy(users.filter(({ ACTIVE, UF_PHONE_INNER }) => ACTIVE && UF_PHONE_INNER !== null), ({ UF_PHONE_INNER }) => UF_PHONE_INNER);
  const shared = [...owners].filter(([, same]) => same.length > 1);
  if (shared.length === 0) return [fine('extensions', 'each extension belongs to one user')];
  const sentence = (extension: string, ids: readonly number[]): string => `users ${ids.join(', ')} all have extension ${extension}; calls go to the first`;
  return shared.map(([extension, same]) => wrong('extensions', sentence(extension ?? '', same.map(({ ID }) => ID)),
    'give each user an extension of their own in the profile'));
}

function aboutDefault({ desk }: Checking, { users, whole }: People): readonly CheckLine[] {
  const { defaultUser } = desk.settings;
  if (defaultUser === undefined || !whole || users.some(({ ID, ACTIVE }) => ACTIVE && ID === defaultUser)) return [];
  return [wrong('settings', `\`defaultUser\` ${defaultUser} is no active user of the portal`, 'write the id of an active user into `defaultUser`')];
}
