/**
 * Bitrix24 through an incoming webhook. One call is registered when it reaches an employee (or taken over, where the portal began it by
 * click-to-call), shown to whoever rings, finished with whoever talked, and its sound is attached. What the portal does and refuses,
 * with sources: docs/crm/bitrix24.md.
 */
import type { CallOffered, Fact } from '../../core/facts.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Contact } from '../../core/words.ts';
import type { Driver, DriverKind, DriverTools } from '../driver.ts';
import { CrmFailure } from '../errors.ts';
import { handOver, hide, ring, show } from './bitrix24/cards.ts';
import { check } from './bitrix24/check.ts';
import { contactOf, createContacts } from './bitrix24/contacts.ts';
import { delivered, type Describing, type Desk, skipped } from './bitrix24/desk.ts';
import { finish } from './bitrix24/finishing.ts';
import { notesOf } from './bitrix24/memory.ts';
import { openPortal } from './bitrix24/portal.ts';
import { attach } from './bitrix24/recording.ts';
import { callIdOf } from './bitrix24/registration.ts';
import { settings, type Settings } from './bitrix24/settings.ts';
import { createUsers } from './bitrix24/users.ts';
import { reasonOf, Told } from './bitrix24/verdicts.ts';

const bitrix24: DriverKind<Settings> = {
  name: 'bitrix24',
  settings,
  // The cloud's bucket drains 2 per second and blocks above 50, shared by everything behind our address: leave some to others (1.3, 6.2).
  pace: { perSecond: 2, burst: 45 },
  create,
};
export default bitrix24;

function create(chosen: Settings, tools: DriverTools): Driver {
  const portal = openPortal(chosen.url, tools.http);
  const desk: Desk = {
    settings: chosen,
    portal,
    users: createUsers({ account: tools.account, employees: tools.employees, portal }),
    contacts: createContacts(portal),
    cards: tools.cards,
    notes: (call) => notesOf(tools.memory(call)),
  };
  return {
    lookup: (number, signal) => lookup(desk, number, signal),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    check: (signal) => check(desk, tools.employees, signal),
  };
}

async function lookup(desk: Desk, number: string, signal: AbortSignal): Promise<Contact | null> {
  const search = await desk.contacts.find(number, signal);
  if (!search.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(search));
  return search.entity === null ? null : contactOf(search.entity, desk.users.extensionOf);
}

async function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  try {
    return await tell(desk, fact, signal);
  } catch (error) {
    if (error instanceof Told) return error.verdict;
    throw error;
  }
}

async function tell(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  switch (fact.kind) {
    case 'call-started': return skipped('the portal hears of a call when it reaches an employee');
    case 'recording-closed': return skipped('the portal hears of a recording when it is ready');
    // A client's call that merged into another one is told its own end beside; a consultation was never told.
    case 'call-merged': return skipped('the portal hears of the end of the call');
    case 'recording-ready': return attach(desk, fact, signal);
    case 'call-ended': return finish(desk, fact, signal);
    case 'call-offered': return offered(desk, fact, signal);
    default: return card(desk, fact, signal);
  }
}

async function offered(desk: Desk, fact: CallOffered, signal: AbortSignal): Promise<Verdict> {
  const callId = await callIdOf(desk, fact, fact.extension, signal);
  return delivered(callId === fact.callId ? `${callId} taken over: the call was begun in the portal` : `${callId} registered`);
}

type OnCard = Exclude<Describing, { kind: 'call-offered' | 'call-ended' }>;

async function card(desk: Desk, fact: OnCard, signal: AbortSignal): Promise<Verdict> {
  const { call } = fact;
  switch (fact.kind) {
    case 'employee-ringing':
      if (fact.direction === 'outbound' || fact.callId !== '') return skipped('outbound, the card opens when they talk');
      return ring(desk, { call, extension: fact.extension }, signal);
    case 'employee-released': return hide(desk, { call, extension: fact.extension }, signal);
    // Inbound the card is open since it rang, except with who picked up a colleague's call, or whose card opens with the talk.
    case 'employee-talking': return show(desk, { call, extension: fact.extension }, signal);
    case 'call-handed-over': return handOver(desk, { call, extension: fact.from }, { call, extension: fact.to }, signal);
  }
}
