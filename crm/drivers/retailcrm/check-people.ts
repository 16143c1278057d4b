/** Is each employee of the config somebody in the account, and nobody twice? */
import type { Employee } from '../../../core/words.ts';
import type { CheckLine, CrmUser } from '../../driver.ts';
import { fine, refusedLine, wrong } from './check-lines.ts';
import type { Desk } from './desk.ts';
import { usersOf } from './users.ts';

export async function peopleLines(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const people = await usersOf(desk.crm, signal);
  if (!people.ok) return [refusedLine(people, 'the users')];
  const { users } = people;
  return [...employeeLines(desk, users), extensionsLine(users), ...defaultLines(desk, users)];
}

/** So many names are enough to begin with. */
const NAMED = 10;
const some = (all: readonly string[]): string => `${all.slice(0, NAMED).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more` : ''}`;

function employeeLines({ tools }: Desk, users: readonly CrmUser[]): readonly CheckLine[] {
  const strangers = tools.employees.filter((employee) => !isThere(employee, users, tools.account)).map(({ extension }) => extension);
  if (strangers.length === 0) return [fine('employees', 'every employee is an active user of the account')];
  return [wrong('employees', `nobody in the account, or nobody active: ${some(strangers)}`,
    'write the user\'s id into `employees`, or the extension as the code into the user\'s profile; activate who is switched off')];
}

function isThere({ extension, crm }: Employee, users: readonly CrmUser[], account: string): boolean {
  const id = crm[account];
  return users.some((user) => user.active && (id === undefined ? user.extensions.includes(extension) : user.id === String(id)));
}

function extensionsLine(users: readonly CrmUser[]): CheckLine {
  const codes = users.filter(({ active }) => active).flatMap(({ extensions }) => extensions);
  const twice = [...new Set(codes.filter((code, place) => codes.indexOf(code) !== place))];
  if (twice.length === 0) return fine('extensions', 'no two users have one code');
  return wrong('extensions', `several users have the code ${some(twice)}`, 'give each user a code of their own');
}

function defaultLines({ settings: { defaultUser } }: Desk, users: readonly CrmUser[]): readonly CheckLine[] {
  if (defaultUser === undefined) return [];
  if (users.some(({ id, active }) => active && id === String(defaultUser))) return [fine('settings', '`defaultUser` is an active user')];
  return [wrong('settings', `user ${defaultUser}, the \`defaultUser\`, is not there or not active`, 'put the id of an active user into `defaultUser`')];
}
