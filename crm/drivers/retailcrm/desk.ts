/** What every part of the driver works with, and who the people of a call are in RetailCRM's words. */
import type { CallEnded } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Extension } from '../../../core/words.ts';
import type { DriverTools } from '../../driver.ts';
import type { Crm } from './crm.ts';
import type { Settings } from './settings.ts';

export interface Desk { readonly settings: Settings; readonly crm: Crm; readonly tools: DriverTools }

/** An operator: a CRM user where the config names one, else whoever has this extension as `code` (crm-contracts 3.1). */
export type Operator = { readonly userId: number } | { readonly code: string };

export function operatorOf({ tools }: Desk, extension: Extension): Operator {
  const userId = userIdOf(tools.employees.find((employee) => employee.extension === extension)?.crm[tools.account]);
  return userId === null ? { code: extension } : { userId };
}

export function userIdOf(given: number | string | undefined): number | null {
  const id = Number(given);
  return given !== undefined && Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** The extension that the config gives to a CRM user, or null. */
export function configuredExtension({ tools }: Pick<Desk, 'tools'>, crmUser: string): Extension | null {
  return tools.employees.find((employee) => String(employee.crm[tools.account] ?? '') === crmUser)?.extension ?? null;
}

/** What identifies the client: E.164 where a plan fits, else the digits. `''` = there is nobody to tell about. */
export function phoneOf({ tools }: Desk, { client, line }: Pick<CallEnded, 'client' | 'line'>): string {
  const number = tools.numbers.read(client.number, line);
  return number.kind === 'hidden' ? '' : number.kind === 'external' ? number.e164 : number.digits;
}

/** A line may be a trunk's name, and RetailCRM knows numbers alone. */
export const isNumber = (line: string): boolean => /^\+?[0-9][0-9 ()-]{1,30}$/.test(line);

/** Why this account is not told about the call at all, or null. */
export function untellable(desk: Desk, fact: Pick<CallEnded, 'client' | 'line' | 'direction'>): string | null {
  if (fact.direction === 'internal') return 'an internal call: RetailCRM keeps calls with clients';
  return phoneOf(desk, fact) === '' ? 'the client\'s number is hidden: RetailCRM takes no call without one' : null;
}

export const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason });
export const delivered = (note: string): Verdict => ({ kind: 'delivered', note });
