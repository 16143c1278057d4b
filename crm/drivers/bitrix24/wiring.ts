/** What the settings make of an account: a webhook or an application, and how events come to us. */
import type { DriverTools } from '../../driver.ts';
import { createTokenKeeper, type TokenPair } from '../../oauth.ts';
import { appAccess, extraOf, webhookAccess } from './access.ts';
import { createBudget } from './budget.ts';
import type { Desk } from './desk.ts';
import type { Hearing } from './hearing.ts';
import { type Application, APPLICATION_TOKEN } from './install.ts';
import type { Introducer } from './introducer.ts';
import type { Introduction } from './introducing.ts';
import type { Offline } from './offline.ts';
import { renewing } from './oauth.ts';
import { openPortal, type Portal } from './portal.ts';
import type { Settings } from './settings.ts';

export function applicationOf({ clientId, clientSecret, portal, oauthHost }: Settings, { http, clock, keep, account }: DriverTools): Application | null {
  if (clientId === undefined || clientSecret === undefined || portal === undefined) return null;
  const home = `${clientId} at ${portal}`;
  const client = { clientId, clientSecret, oauthHost, home, http, clock };
  const keeper = createTokenKeeper({ keep, renew: renewing(client), initial: null });
  const current = (): TokenPair | null => {
    const pair = keeper.current();
    return pair !== null && extraOf(pair, 'home') === home ? pair : null;
  };
  return { client, portal, account, keep, keeper: { ...keeper, current } };
}

export function portalOf({ url = '', operatingLimitSeconds }: Settings, tools: DriverTools, application: Application | null): Portal {
  const rest = (operation: string, milliseconds: number): void => tools.rest(operation, milliseconds);
  const access = application === null ? webhookAccess(url) : appAccess(application.keeper, application.client.clientSecret);
  return openPortal(access, { http: tools.http, rest, budget: createBudget(operatingLimitSeconds, rest) });
}

/** How events come: sent to an address of ours, asked for, or (a webhook's) as the administrator has set it in the portal. */
export function eventsBy(chosen: Settings, { publicUrl, account }: DriverTools, application: Application | null): Introduction['events'] {
  if (application === null) return null;
  const handler = publicUrl === null ? null : `${publicUrl}/crm/${encodeURIComponent(account)}`;
  return chosen.events === 'poll' || handler === null ? 'poll' : { handler };
}

export const tokenOf = ({ applicationToken }: Settings, { keep }: DriverTools): string => applicationToken ?? keep.get(APPLICATION_TOKEN) ?? '';

interface Listening {
  readonly tools: DriverTools;
  readonly desk: Desk;
  readonly application: Application | null;
  readonly introducer: Introducer;
}

export function hearingOf(chosen: Settings, { tools, desk, application, introducer }: Listening): Hearing {
  return {
    application, numbers: tools.numbers,
    installed: (signal) => introducer.installed(signal),
    applicationToken: () => tokenOf(chosen, tools),
    identity: () => {
      const pair = application?.keeper.current() ?? null;
      return { host: hostOf(chosen), member: pair === null ? '' : extraOf(pair, 'member') };
    },
    extensionOf: desk.users.extensionOf,
  };
}

/** A portal that is asked by its number has a name that we do not know. */
function hostOf({ portal, url = '' }: Settings): string {
  const { host, hostname } = new URL(portal ?? url);
  return portal === undefined && /^[\d.]+$|^\[|^localhost$/.test(hostname) ? '' : host;
}

export function introductionOf(chosen: Settings, { lines }: DriverTools, { portal, events }: { portal: Portal; events: Introduction['events'] }): Introduction {
  const own = chosen.lineNumber;
  const leadsOutbound = chosen.createLead === true || chosen.createLead === 'outbound';
  return { portal, events, leadsOutbound, lines: own === undefined ? lines : [{ number: own, name: '' }] };
}

type Queueing = Pick<Listening, 'desk' | 'introducer'> & { readonly application: Application };

export const queueOf = ({ pollSeconds }: Settings, { desk, application, introducer }: Queueing): Offline => ({
  portal: desk.portal, numbers: desk.numbers, extensionOf: desk.users.extensionOf, everyMs: pollSeconds * 1000,
  isInstalled: () => application.keeper.current() !== null, overdue: (signal) => introducer.overdue(signal),
});
