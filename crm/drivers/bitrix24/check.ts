/** `callme crm check`: do the address and the rights suffice? Every line that fails says what to do. */
import type { Employee } from '../../../core/words.ts';
import type { CheckLine } from '../../driver.ts';
import type { Desk } from './desk.ts';
import type { Params } from './portal.ts';
import { reasonOf, Told, verdictOf } from './verdicts.ts';

interface Probe { readonly what: string; readonly method: string; readonly params: Params; readonly remedy: string }

const PROBES: readonly Probe[] = [
  { what: 'telephony: external lines', method: 'telephony.externalline.get', params: {}, remedy: 'give the webhook the right telephony' },
  { what: 'users: extensions of employees', method: 'user.get', params: { FILTER: { ACTIVE: true } },
    remedy: 'give the webhook the right user (user_brief hides the extensions)' },
  { what: 'contacts: who is calling', method: 'telephony.externalcall.searchcrmentities', params: { PHONE_NUMBER: '+10000000000' },
    remedy: 'give the webhook the right crm' },
  { what: 'statistics: was a call finished', method: 'voximplant.statistic.get', params: { FILTER: { ID: 0 } },
    remedy: 'give the webhook\'s owner the right "call statistics: view"; without it a lost answer is taken for a yes' },
];
const PROBE_MS = 10_000;
/** One request each for employees without a portal user in the config: more would use up the portal's patience. */
const EMPLOYEES = 20;
const UNMAPPED = 'write the user id into `employees`, or the extension into the user\'s profile';

export async function check(desk: Desk, employees: readonly Employee[], signal: AbortSignal): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  for (const probe of PROBES) lines.push(await tried(desk, probe, signal));
  for (const { extension } of employees.slice(0, EMPLOYEES)) lines.push(await mapped(desk, extension, signal));
  return lines;
}

async function tried(desk: Desk, { what, method, params, remedy }: Probe, signal: AbortSignal): Promise<CheckLine> {
  const reply = await desk.portal.ask(method, params, { signal, timeoutMs: PROBE_MS });
  if (reply.ok) return { ok: true, what, remedy: '' };
  const verdict = verdictOf(reply);
  const known = verdict.kind === 'locked-out' && reply.code !== 'INSUFFICIENT_SCOPE' && reply.code !== 'ACCESS_DENIED';
  return { ok: false, what: `${what}: ${reasonOf(reply)}`, remedy: known ? verdict.reason : remedy };
}

async function mapped(desk: Desk, extension: Employee['extension'], signal: AbortSignal): Promise<CheckLine> {
  const what = `employee ${extension}: portal user`;
  try {
    const user = await desk.users.byExtension(extension, signal);
    const note = desk.users.note(extension);
    if (user !== null && note === '') return { ok: true, what: `${what} ${user}`, remedy: '' };
    return { ok: false, what: note === '' ? `${what} unknown` : `${what}: ${note}`, remedy: UNMAPPED };
  } catch (error) {
    if (!(error instanceof Told)) throw error;
    return { ok: false, what: `${what}: not answered`, remedy: 'try again' };
  }
}
