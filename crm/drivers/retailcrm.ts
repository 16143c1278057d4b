/**
 * RetailCRM (Simla) API v5. Cards open and close by call events, a finished call is uploaded once with the link to its sound, and clicks come back to us through
 * the integration module that CallMe registers. What the account does and refuses, with sources: docs/crm/retailcrm.md.
 */
import type { Fact } from '../../core/facts.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Contact } from '../../core/words.ts';
import type { CrmUser, Driver, DriverKind, DriverTools } from '../driver.ts';
import { CrmFailure } from '../errors.ts';
import { managed, nameOf } from './retailcrm/answers.ts';
import { createHear } from './retailcrm/callbacks.ts';
import { card } from './retailcrm/cards.ts';
import { check } from './retailcrm/check.ts';
import { openCrm } from './retailcrm/crm.ts';
import { configuredExtension, type Desk, skipped } from './retailcrm/desk.ts';
import { MOST, recordingReady, upload, uploadMany } from './retailcrm/history.ts';
import { introduce } from './retailcrm/module.ts';
import { settings, type Settings } from './retailcrm/settings.ts';
import { usersOf } from './retailcrm/users.ts';
import { reasonOf } from './retailcrm/verdicts.ts';

const retailcrm: DriverKind<Settings> = {
  name: 'retailcrm',
  settings,
  // 40 per second for telephony, 10 per second and key for the rest (crm-contracts 3, limits); 6.2 leaves some to others. No more than ten at once,
  // because the questions of the check belong to the rest.
  pace: { perSecond: 30, burst: 10 },
  create,
};
export default retailcrm;

function create(chosen: Settings, tools: DriverTools): Driver {
  const desk: Desk = { settings: chosen, crm: openCrm(chosen, tools.http), tools };
  const hear = createHear(desk);
  return {
    lookup: (number, signal, line) => lookup(desk, { number, line: line ?? '' }, signal),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    many: { most: MOST, fits: (fact) => fact.kind === 'call-ended', deliver: (facts, signal) => uploadMany(desk, facts, signal) },
    check: (signal) => check(desk, signal),
    users: (signal) => users(desk, signal),
    introduce: (signal) => introduce(desk, signal),
    hear: (heard) => Promise.resolve(hear(heard)),
  };
}

async function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  switch (fact.kind) {
    case 'call-started': case 'call-offered': return skipped('RetailCRM hears of a call when a telephone rings, and of its end');
    case 'recording-closed': case 'call-merged': return skipped('RetailCRM hears of the end of the call');
    case 'recording-ready': return recordingReady(desk, fact);
    case 'call-ended': return upload(desk, fact, signal);
    default: return card(desk, fact, signal);
  }
}

/** GET /telephony/manager (3.3). `ignoreStatus`: whose client it is does not depend on who is at lunch. */
async function lookup(desk: Desk, { number, line }: { readonly number: string; readonly line: string }, signal: AbortSignal): Promise<Contact | null> {
  const telephone = desk.tools.numbers.read(number, line);
  if (telephone.kind !== 'external') return null;
  const reply = await desk.crm.ask('telephony/manager', { phone: telephone.e164, details: '1', ignoreStatus: '1' }, { signal });
  if (!reply.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(reply));
  const read = managed.safeParse(reply.said);
  const { customer, manager } = read.success ? read.data : { customer: null, manager: null };
  if (customer === null) return null;
  const owner = manager === null ? null : { crmUser: manager.id, extension: configuredExtension(desk, manager.id) ?? manager.code };
  return { id: customer.id, type: 'client', name: nameOf(customer), owner };
}

async function users(desk: Desk, signal: AbortSignal): Promise<readonly CrmUser[]> {
  const people = await usersOf(desk.crm, signal);
  if (!people.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(people));
  return people.users;
}
