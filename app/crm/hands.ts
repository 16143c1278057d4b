/** What the house does when a CRM asks: who is meant, and which of our rooms does it. */
import { pauseMember } from '../../ami/call-actions.ts';
import type { Door } from '../../ami/door.ts';
import { AmiError } from '../../ami/errors.ts';
import { channelFor } from '../../core/clicks.ts';
import type { Numbers } from '../../core/numbers.ts';
import type { Log } from '../../core/ports.ts';
import type { Route, RouteAsk } from '../../core/routing.ts';
import type { AccountId, Employee, Extension } from '../../core/words.ts';
import type { CrmEvent } from '../../crm/heard.ts';
import type { Account } from '../accounts.ts';
import type { Clicks } from './clicks.ts';
import type { CrmHands } from './crm-desk.ts';

export interface HandTools {
  readonly clicks: Pick<Clicks, 'begin'>;
  readonly employees: readonly Employee[];
  readonly numbers: Numbers;
  readonly route: (ask: RouteAsk) => Promise<Route>;
  /** Per Pbx: how an employee is called in its queues, with `{extension}`. */
  readonly queues: readonly { readonly member: string; readonly door: Door }[];
  readonly contactsChanged: (account: AccountId, numbers: readonly string[] | 'all') => void;
  readonly log: Log;
}
type Dial = Extract<CrmEvent, { readonly kind: 'dial' }>;

/** Nobody waits for the answer, but the client's patience for a call-back has an end. */
const ROUTE_MS = 5_000;
const USERS_MS = 10_000;
const PAUSE_MS = 5_000;

export function crmHands(tools: HandTools): CrmHands {
  return {
    dial: (account, event) => dial(account, event, tools),
    callBack: async (account, { id, number, line }) => {
      const { target, text } = await tools.route({ number, line, signal: AbortSignal.timeout(ROUTE_MS) });
      if (target === null) tools.log.warn({ account: account.id, why: text }, 'a client wants to be called back, and no rule says by whom: give the line an extension under routing.lines');
      else await begin(account, { id, number, line, callId: '', extension: target }, tools);
    },
    contactsChanged: tools.contactsChanged,
    userStatus: (account, { extension, status }) => pause(account, { extension, isPaused: status !== 'free', reason: status }, tools),
  };
}

async function dial(account: Account, event: Dial, tools: HandTools): Promise<void> {
  const extension = event.extension ?? await extensionOf(account, event.crmUser, tools.employees);
  if (extension === null) tools.log.warn({ account: account.id, crmUser: event.crmUser }, 'somebody clicked whose extension nobody knows: add it under employees, or in the CRM');
  else await begin(account, { ...event, extension }, tools);
}

/** The configuration first, then the CRM's own list. */
async function extensionOf({ id, driver }: Account, crmUser: string | null, employees: readonly Employee[]): Promise<Extension | null> {
  if (crmUser === null) return null;
  const ours = employees.find(({ crm }) => Object.hasOwn(crm, id) && String(crm[id]) === crmUser);
  if (ours !== undefined) return ours.extension;
  const users = await driver.users?.(AbortSignal.timeout(USERS_MS)).catch(() => []) ?? [];
  return users.find((user) => user.id === crmUser)?.extensions[0] ?? null;
}

type Wanted = Pick<Dial, 'id' | 'number' | 'callId' | 'line'> & { readonly extension: Extension };

async function begin(account: Account, { id, number, callId, line, extension }: Wanted, { numbers, clicks, log }: HandTools): Promise<void> {
  const client = numbers.read(number, line);
  if (client.kind !== 'external') { log.warn({ account: account.id, kind: client.kind }, 'a click on what is no number outside'); return; }
  await clicks.begin({ account: account.id, id, extension, callId, line, client });
}

async function pause({ id }: Account, { extension, isPaused, reason }: { readonly extension: Extension; readonly isPaused: boolean; readonly reason: string }, { queues, log }: HandTools): Promise<void> {
  for (const { member, door } of queues) {
    const refusal = await pauseMember(door, { member: channelFor(member, extension), isPaused, reason }, PAUSE_MS).catch((error: unknown) => {
      if (error instanceof AmiError) return error.message;
      throw error;
    });
    if (refusal === null) log.info({ account: id, extension, reason }, isPaused ? 'paused in its queues' : 'back in its queues');
    else log.warn({ account: id, extension, why: refusal }, 'no pause in a queue: is the extension a member, and has manager.conf write = …,agent?');
  }
}
