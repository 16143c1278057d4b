/** The way back from the CRMs, put together: clicks, call-backs, pauses, errands. */
import { type ClickRules } from '../../core/clicks.ts';
import type { Numbers } from '../../core/numbers.ts';
import type { Clock, Log, Store } from '../../core/ports.ts';
import type { Route, RouteAsk } from '../../core/routing.ts';
import { type AccountId, callKey } from '../../core/words.ts';
import type { Account } from '../accounts.ts';
import type { Config } from '../config/index.ts';
import type { Ears } from '../ears.ts';
import { Clicks } from './clicks.ts';
import { CrmDesk } from './crm-desk.ts';
import { Errands } from './errands.ts';
import { crmHands } from './hands.ts';

export interface CrmTools {
  readonly config: Config;
  readonly accounts: readonly Account[];
  readonly ears: readonly Ears[];
  readonly store: Pick<Store, 'journal' | 'accounts'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly numbers: Numbers;
  readonly route: (ask: RouteAsk) => Promise<Route>;
  readonly contactsChanged: (account: AccountId, numbers: readonly string[] | 'all') => void;
  readonly onFacts: () => void;
  readonly random?: () => number;
}
export interface CrmWayBack { readonly desk: CrmDesk; readonly clicks: Clicks; readonly errands: Errands }

/** Built, not started. */
export function openWayBack(tools: CrmTools): CrmWayBack {
  const { accounts, clock, log, numbers, route, contactsChanged, random, config: { employees } } = tools;
  const clicks = openClicks(tools);
  const hands = crmHands({ clicks, employees, numbers, route, queues: queuesOf(tools), contactsChanged, log });
  const desk = new CrmDesk({ accounts, hands, log, now: () => clock.now() });
  return { desk, clicks, errands: new Errands({ accounts, desk, log, ...(random && { random }) }) };
}

function openClicks({ config, accounts, ears, store, clock, log, onFacts }: CrmTools): Clicks {
  const pbx = ears.flatMap((each) => {
    const of = config.pbx.find(({ id }) => id === each.id);
    return of === undefined ? [] : [{ id: of.id, rules: of.originate satisfies ClickRules, lines: of.lines, door: each.door, isHeard: () => each.listeningSince !== null }];
  });
  return new Clicks({
    pbx, store, accounts: accounts.map(({ id }) => id), clock, log, onFacts,
    isKnown: (id, linkedid) => ears.some((each) => each.id === id && each.pump.isOpen(callKey(id, linkedid))) || store.journal.calls({ call: callKey(id, linkedid), limit: 1 }).length > 0,
  });
}

function queuesOf({ config, ears }: CrmTools): { readonly member: string; readonly door: Ears['door'] }[] {
  return ears.flatMap((each) => config.pbx.filter(({ id }) => id === each.id).map(({ originate }) => ({ member: originate.member ?? originate.channel, door: each.door })));
}
