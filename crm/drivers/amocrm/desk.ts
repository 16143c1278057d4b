import type { CardPolicy } from '../../../core/cards.ts';
import type { CallEnded, CallHandedOver, EmployeeRinging, EmployeeTalking } from '../../../core/facts.ts';
import { isHidden } from '../../../core/phone.ts';
import type { CallKey, Extension } from '../../../core/words.ts';
import type { DriverTools } from '../../driver.ts';
import { type Api, openApi } from './api.ts';
import { type Contacts, createContacts } from './contacts.ts';
import { type CallNotes, notesOf } from './memory.ts';
import { createPeople, type People } from './people.ts';
import type { Settings } from './settings.ts';

/** What every part of the driver works with. */
export interface Desk {
  readonly settings: Settings;
  readonly tools: DriverTools;
  readonly api: Api;
  readonly contacts: Contacts;
  readonly people: People;
  readonly cards: CardPolicy;
  notes(call: CallKey): CallNotes;
}

export function openDesk(settings: Settings, tools: DriverTools): Desk {
  const api = openApi(settings, tools);
  return {
    settings, tools, api, cards: tools.cards,
    contacts: createContacts(api, tools.numbers),
    people: createPeople(tools, settings.defaultUser ?? null),
    notes: (call) => notesOf(tools.memory(call)),
  };
}

type Described = Pick<CallEnded | EmployeeRinging | EmployeeTalking | CallHandedOver, 'direction' | 'client' | 'line'>;

/** The client's number as amoCRM gets it, `+79035550142`; `''` where there is none to tell: hidden, one of ours, a short one of an operator. */
export function phoneOf({ tools }: Desk, { client, line }: Described): string {
  if (isHidden(client.number)) return '';
  const read = tools.numbers.read(client.number, line);
  return read.kind === 'external' ? read.e164 : '';
}

/** Why amoCRM is not told about the call at all, or null. */
export function untellable(desk: Desk, fact: Described): string | null {
  if (fact.direction === 'internal') return 'an internal call: amoCRM keeps calls with clients';
  return phoneOf(desk, fact) === '' ? 'no number of a client: amoCRM finds a call\'s card by it' : null;
}

/** Whose call it was: who talked last, else who rang last, else who dialled. */
export const ownerOf = ({ owner, caller, rang }: CallEnded): Extension | null => owner ?? rang.at(-1) ?? caller;
