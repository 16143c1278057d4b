import type { Contact, Extension } from '../../../core/words.ts';
import type { DriverTools } from '../../driver.ts';

const NAME_LENGTH = 200;
/** A name travels on to a telephone's display: one short line. */
const shown = (name: string): string => name.replaceAll(/\p{Cc}+/gu, ' ').slice(0, NAME_LENGTH);

/** The person behind a number, else the company. */
export function lookup(tools: DriverTools, number: string, line?: string): Contact | null {
  const key = tools.numbers.key(number, line);
  const found = key === '' ? null : tools.addressBook.find(key);
  if (found === null) return null;
  const { person, company } = found;
  if (person !== null) return { id: person.id, type: 'contact', name: shown(person.name), owner: person.owner === null ? null : ownerOf(tools, person.owner) };
  return company === null ? null : { id: company.id, type: 'company', name: shown(company.name), owner: null };
}

const ownerOf = (tools: DriverTools, extension: Extension): NonNullable<Contact['owner']> => ({ crmUser: userOf(tools, extension), extension });

/** Users of the book are the employees of the config: under the id that it gives them for this account, else under their extension. */
export function userOf({ employees, account }: DriverTools, extension: Extension): string {
  return String(employees.find((employee) => employee.extension === extension)?.crm[account] ?? extension);
}
