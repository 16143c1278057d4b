/**
 * amoCRM and Kommo (API v4; the numbers in brackets count the sections of crm-contracts, sources: docs/crm/amocrm.md). A call is told once, when it has
 * ended: amoCRM can neither change nor read one. Whoever rings is shown a card.
 *
 * Exactly once. The vendor offers no key (`uniq` is kept, not compared), so each request is written down before it is asked, and an ambiguous answer
 * (no answer, half of one, 5xx, a page) is followed by a look before anything is asked again:
 * - POST /calls, POST …/notes: the call_in and call_out notes of the client's cards, by `params.uniq`;
 * - POST /leads/unsorted/sip: the unsorted calls, by `metadata.uniq`, then as above, because somebody may have accepted it meanwhile;
 * - POST /contacts: the next try finds the contact by its number before it makes one;
 * - parts of a file: the same part to the same address, else a new session; a session without its last part is no file;
 * - PUT …/files: the files of the card, by uuid; a note with a link: the notes of the card, by the call's name;
 * - POST /api/v2/events: at most once, a second card disturbs more than a missing one;
 * - POST /oauth2/access_token: crm/oauth.ts.
 * What is not ruled out: a request that amoCRM applies only after we have looked, minutes later.
 */
import type { Fact } from '../../core/facts.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Contact } from '../../core/words.ts';
import type { Driver, DriverKind, DriverTools } from '../driver.ts';
import { CrmFailure } from '../errors.ts';
import { card } from './amocrm/cards.ts';
import { check } from './amocrm/check.ts';
import { contactOf } from './amocrm/contacts.ts';
import { type Desk, openDesk } from './amocrm/desk.ts';
import { finish } from './amocrm/finishing.ts';
import { hear } from './amocrm/hearing.ts';
import { crmUsers } from './amocrm/people.ts';
import { attach } from './amocrm/recording.ts';
import { introduce } from './amocrm/registration.ts';
import { settings, type Settings } from './amocrm/settings.ts';
import { pollOf } from './amocrm/upkeep.ts';
import { verdictFrom } from '../told.ts';
import { reasonOf, skipped } from './amocrm/verdicts.ts';

const amocrm: DriverKind<Settings> = {
  name: 'amocrm',
  settings,
  // 7 requests a second for an integration and account, Kommo counts by address: "run at <= 5 rps" (2.2, 6.2).
  pace: { perSecond: 5, burst: 5, parallel: 3 },
  create,
};
export default amocrm;

function create(chosen: Settings, tools: DriverTools): Driver {
  const desk = openDesk(chosen, tools);
  const poll = pollOf(desk);
  return {
    lookup: (number, signal, line) => lookup(desk, number, signal, line),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    check: (signal) => check(desk, signal),
    users: (signal) => crmUsers(desk.api, desk.people, signal),
    hear: (heard, signal) => hear(desk, heard, signal),
    introduce: (signal) => introduce(desk, signal),
    ...(poll === null ? {} : { poll }),
  };
}

async function lookup(desk: Desk, number: string, signal: AbortSignal, line?: string): Promise<Contact | null> {
  const found = await desk.contacts.find(number, signal, line === undefined ? {} : { line });
  if ('ok' in found) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(found));
  return found[0] === undefined ? null : contactOf(found[0], desk.people.extensionOf);
}

function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  return verdictFrom(() => tell(desk, fact, signal));
}

async function tell(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  switch (fact.kind) {
    case 'call-started':
    case 'call-offered': return skipped('amoCRM hears of a call when it has ended');
    case 'recording-closed': return skipped('amoCRM hears of a recording when it is ready');
    case 'call-merged': return skipped('amoCRM hears of the end of the call');
    case 'employee-released': return skipped('amoCRM has no way to close a card');
    case 'employee-ringing':
    case 'employee-talking':
    case 'call-handed-over': return card(desk, fact, signal);
    case 'call-ended': return finish(desk, fact, signal);
    case 'recording-ready': return attach(desk, fact, signal);
  }
}
