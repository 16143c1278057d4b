/**
 * MoySklad through its Phone API 1.0. A call is made when it reaches an employee, cards open and close by events, the end completes it, and the link to its sound is
 * added once. What MoySklad does and refuses, with sources: docs/crm/moysklad.md.
 */
import type { Fact } from '../../core/facts.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { CrmUser, Driver, DriverKind, DriverTools } from '../driver.ts';
import { CrmFailure } from '../errors.ts';
import { employees } from './moysklad/answers.ts';
import { ended, offered, recordingReady } from './moysklad/call.ts';
import { card } from './moysklad/cards.ts';
import { check } from './moysklad/check.ts';
import { createHear } from './moysklad/clicks.ts';
import { createClients } from './moysklad/clients.ts';
import { type Desk, skipped } from './moysklad/desk.ts';
import { settings, type Settings } from './moysklad/settings.ts';
import { openSklad } from './moysklad/sklad.ts';
import { reasonOf } from './moysklad/verdicts.ts';

const moysklad: DriverKind<Settings> = {
  name: 'moysklad',
  settings,
  // 100 requests in 5 seconds, 5 at a time per user (crm-contracts 4.2); 6.2 leaves some to others. 15 per second and 20 at once are 95 in any 5 seconds.
  pace: { perSecond: 15, burst: 20, parallel: 4 },
  create,
};
export default moysklad;

function create(chosen: Settings, tools: DriverTools): Driver {
  const desk: Desk = { settings: chosen, sklad: openSklad(chosen, tools.http), clients: createClients(tools.account, tools.employees), tools };
  const hear = createHear(desk);
  return {
    // What the answers to earlier calls have told: the Phone API has no question for it.
    lookup: (number, _signal, line) => Promise.resolve(desk.clients.find(tools.numbers.key(number, line))),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    check: (signal) => check(desk, signal),
    users: (signal) => users(desk, signal),
    hear: (heard) => Promise.resolve(hear(heard)),
  };
}

async function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  switch (fact.kind) {
    case 'call-started': return skipped('MoySklad hears of a call when it reaches an employee');
    case 'recording-closed': return skipped('MoySklad hears of a recording when it is ready');
    // A client's call that merged into another one is told its own end beside; a consultation was never told.
    case 'call-merged': return skipped('MoySklad hears of the end of the call');
    case 'call-offered': return offered(desk, fact, signal);
    case 'call-ended': return ended(desk, fact, signal);
    case 'recording-ready': return recordingReady(desk, fact, signal);
    default: return card(desk, fact, signal);
  }
}

/** Those with an extension: MoySklad tells of no others here, and not whether they are still with the company. */
async function users(desk: Desk, signal: AbortSignal): Promise<readonly CrmUser[]> {
  const reply = await desk.sklad.ask('/employee', { signal });
  if (!reply.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(reply));
  const said = employees.safeParse(reply.said);
  if (!said.success) throw new CrmFailure('CRM_LOOKUP_FAILED', 'the answer is not what MoySklad says');
  return said.data.map(({ id, name, extension }) => ({ id, name, extensions: extension === null ? [] : [extension], active: true }));
}
