/**
 * Bitrix24, through an incoming webhook or as a local application. One call is registered when it reaches an employee (or taken over, where the portal began it
 * by click-to-call), shown to whoever rings, finished with whoever talked, and its sound is attached. Exactly once, by operation:
 * - register: its parameters are written down first and repeated letter by letter; within 30 minutes the portal then names the same call;
 * - finish: the first one wins; after a lost answer "Call is not found" is looked up in the call statistics;
 * - attachRecord: replaces; after a lost answer the statistics are asked first;
 * - show, hide, external lines, event.bind, everything that reads: may be repeated. Batches carry each command's own rule.
 * A renewed token is saved before it is used; only `expired_token`, said before a method runs, makes a request go out again.
 * What the portal does and refuses, with sources: docs/crm/bitrix24.md.
 */
import type { Driver, DriverKind, DriverTools } from '../driver.ts';
import { check } from './bitrix24/check.ts';
import { createContacts } from './bitrix24/contacts.ts';
import type { Desk } from './bitrix24/desk.ts';
import { hear } from './bitrix24/hearing.ts';
import { createIntroducer } from './bitrix24/introducer.ts';
import { lookup } from './bitrix24/lookup.ts';
import { notesOf } from './bitrix24/memory.ts';
import { createOffline } from './bitrix24/offline.ts';
import { crmUsers } from './bitrix24/people.ts';
import { settings, type Settings } from './bitrix24/settings.ts';
import { deliver } from './bitrix24/telling.ts';
import { createUsers } from './bitrix24/users.ts';
import { applicationOf, eventsBy, hearingOf, introductionOf, portalOf, queueOf, tokenOf } from './bitrix24/wiring.ts';

const bitrix24: DriverKind<Settings> = {
  name: 'bitrix24',
  settings,
  // The cloud's bucket drains 2 per second and blocks above 50, shared by everything behind our address: leave some to others (1.3, 6.2).
  pace: { perSecond: 2, burst: 45 },
  // Counted per portal and source address (1.3).
  bucket: ({ url, portal }) => new URL(url ?? portal ?? 'https://bitrix24.invalid').origin,
  create,
};
export default bitrix24;

function create(chosen: Settings, tools: DriverTools): Driver {
  const application = applicationOf(chosen, tools);
  const portal = portalOf(chosen, tools, application);
  const desk: Desk = {
    settings: chosen, portal, numbers: tools.numbers, clock: tools.clock, cards: tools.cards,
    users: createUsers({ account: tools.account, employees: tools.employees, portal }),
    contacts: createContacts(portal, tools.numbers),
    notes: (call) => notesOf(tools.memory(call)),
  };
  const events = eventsBy(chosen, tools, application);
  const isInstalled = (): boolean => application === null || application.keeper.current() !== null;
  const introducer = createIntroducer(introductionOf(chosen, tools, { portal, events }), isInstalled);
  return {
    lookup: (number, signal, line) => lookup(desk, { number, line }, signal),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    check: (signal) => check({ desk, tools, application, events, applicationToken: () => tokenOf(chosen, tools) }, signal),
    users: (signal) => crmUsers(portal, signal),
    hear: (heard, signal) => hear(hearingOf(chosen, { tools, desk, application, introducer }), heard, signal),
    introduce: (signal) => introducer.introduce(signal),
    ...(application !== null && events === 'poll' ? { poll: createOffline(queueOf(chosen, { desk, application, introducer })) } : {}),
  };
}
