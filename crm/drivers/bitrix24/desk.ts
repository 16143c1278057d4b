import type { CardPolicy } from '../../../core/cards.ts';
import type { CallEnded, CallHandedOver, CallOffered, EmployeeReleased, EmployeeRinging, EmployeeTalking } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { CallKey } from '../../../core/words.ts';
import type { Numbers } from '../../../core/numbers.ts';
import { digits, isHidden } from '../../../core/phone.ts';
import type { Clock } from '../../../core/ports.ts';
import type { Contacts } from './contacts.ts';
import type { CallNotes } from './memory.ts';
import type { Portal } from './portal.ts';
import type { Settings } from './settings.ts';
import type { Users } from './users.ts';

/** What every part of the driver works with. */
export interface Desk {
  readonly settings: Settings;
  readonly portal: Portal;
  readonly users: Users;
  readonly contacts: Contacts;
  readonly cards: CardPolicy;
  readonly numbers: Numbers;
  readonly clock: Clock;
  notes(call: CallKey): CallNotes;
}

/** The facts that describe their call. */
export type Describing = CallOffered | EmployeeRinging | EmployeeReleased | EmployeeTalking | CallHandedOver | CallEnded;

/** A portal user, or an extension for the portal to find the user of. Never both: an empty USER_ID beside it is a known trap. */
export type Who = { readonly USER_ID: number } | { readonly USER_PHONE_INNER: string };

/**
 * The client's number as the portal takes it: international where the tenant's plan knows it, else `+` and digits, or digits, as Asterisk
 * showed them. `''` when there is none to tell: hidden, or a SIP name.
 */
export function phoneOf(numbers: Numbers, number: string, line?: string): string {
  if (isHidden(number)) return '';
  const read = numbers.read(number, line);
  if (read.kind === 'external' && read.valid) return read.e164;
  const plain = digits(number);
  return plain.length < 2 ? '' : `${number.trimStart().startsWith('+') ? '+' : ''}${plain}`;
}

/** The portal began this call itself (click-to-call) and waits for its end, whoever was reached: it must be told, and under that CALL_ID. */
export const isBegunThere = (fact: Describing, notes: CallNotes): boolean => fact.callId !== '' && fact.callId !== notes.get('strange');

/** Why this portal is not told about the call at all, or null. */
export function untellable({ numbers }: Pick<Desk, 'numbers'>, fact: Describing, notes: CallNotes): string | null {
  if (isBegunThere(fact, notes)) return null;
  if (fact.direction === 'internal') return 'an internal call: the portal keeps calls with clients';
  return phoneOf(numbers, fact.client.number, fact.line) === '' ? 'the client\'s number is hidden: the portal cannot register a call without one' : null;
}

export const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason });
export const delivered = (note: string): Verdict => ({ kind: 'delivered', note });
