import type { Account } from '../accounts.ts';
import { stateOf } from '../../crm/check.ts';
import { fail, warn, type Finding, type Patient } from './finding.ts';

/** Each CRM is asked by its own driver; one that does not answer in time is a finding, not a wait. */
export async function examineAccounts(patient: Patient, accounts: readonly Account[]): Promise<readonly Finding[]> {
  if (accounts.length === 0) return [warn('crm', patient.says.noAccounts, patient.says.noAccountsRemedy)];
  const parts = await Promise.all(accounts.map((account) => examineOne(patient, account)));
  return parts.flat();
}

async function examineOne({ says, signal, timeoutMs }: Patient, { id, driver }: Account): Promise<readonly Finding[]> {
  try {
    const lines = await driver.check(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs * 4)]));
    return lines.map((line): Finding => ({ id: `crm:${id}`, state: stateOf(line), what: says.accountFails(id, line.what), remedy: line.ok ? '' : line.remedy }));
  } catch (error) {
    return [fail(`crm:${id}`, says.accountFails(id, error instanceof Error ? error.message : String(error)), says.accountRemedy)];
  }
}
