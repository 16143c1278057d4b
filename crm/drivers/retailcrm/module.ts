/** Our integration module in the account (crm-contracts 3.4): where RetailCRM reaches us, and which extension is whose. Create-or-update, so it may be repeated. */
import type { Verdict } from '../../../core/verdict.ts';
import { introduced } from './answers.ts';
import { delivered, type Desk, isNumber, skipped, userIdOf } from './desk.ts';
import { faultOf, reasonOf, remedyOf, verdictOf } from './verdicts.ts';

export const codeOf = ({ settings, tools }: Desk): string =>
  settings.moduleCode ?? `callme-${tools.account.toLowerCase().replace(/[^a-z0-9_-]/g, '-')}`;

/** Where RetailCRM calls us; null = it cannot, or could not prove that it is itself. */
export function callbackUrl({ settings, tools }: Desk, path: 'call' | 'status'): string | null {
  if (tools.publicUrl === null || settings.clientId === undefined) return null;
  return `${tools.publicUrl}/crm/${encodeURIComponent(tools.account)}/${path}`;
}

export async function introduce(desk: Desk, signal: AbortSignal): Promise<Verdict> {
  const { crm, settings } = desk;
  if (settings.clientId === undefined) return skipped('no `clientId` is set: RetailCRM is not told where we are, and there is no click-to-call');
  const code = codeOf(desk);
  const reply = await crm.tell(`integration-modules/${encodeURIComponent(code)}/edit`, { integrationModule: moduleOf(desk, code) }, { signal });
  if (reply.ok) return delivered(noteOf(code, reply.said));
  // Calls are told without this right: it must not hold the account.
  return faultOf(reply) === 'scope' ? { kind: 'refused', reason: `${reasonOf(reply)}; ${remedyOf('scope')}` } : verdictOf(reply);
}

/** `allowEdit: false`: what an administrator changes here would be overwritten at our next start (3.4). */
function moduleOf(desk: Desk, code: string): unknown {
  const { settings: { clientId, site }, tools } = desk;
  const [makeCallUrl, changeUserStatusUrl] = [callbackUrl(desk, 'call'), callbackUrl(desk, 'status')];
  return {
    code, integrationCode: code, active: true, name: 'CallMe', clientId, ...tools.publicUrl === null ? {} : { baseUrl: tools.publicUrl, accountUrl: tools.publicUrl },
    integrations: {
      telephony: {
        ...makeCallUrl === null ? {} : { makeCallUrl }, ...changeUserStatusUrl === null ? {} : { changeUserStatusUrl }, allowEdit: false,
        inputEventSupported: true, outputEventSupported: true, hangupEventSupported: true,
        additionalCodes: tools.employees.flatMap(({ extension, crm }) => {
          const userId = userIdOf(crm[tools.account]);
          return userId === null ? [] : [{ userId: String(userId), code: extension }];
        }),
        ...site === undefined ? {} : { externalPhones: tools.lines.filter(({ number }) => isNumber(number)).map(({ number }) => ({ siteCode: site, externalPhone: number })) },
      },
    },
  };
}

function noteOf(code: string, said: unknown): string {
  const read = introduced.safeParse(said);
  const info = read.success ? read.data.info : null;
  const users = info?.notExistUsersIds.join(', ') ?? '';
  const sites = info?.notExistSiteCodes.join(', ') ?? '';
  return [`registered as ${code}`, users === '' ? '' : `no such users: ${users}`, sites === '' ? '' : `no such shops: ${sites}`].filter((part) => part !== '').join('; ').slice(0, 300);
}
