import type { Person } from '../../../core/address-book.ts';
import type { CallEnded, Fact, RecordingReady } from '../../../core/facts.ts';
import { isHidden } from '../../../core/phone.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { DriverTools } from '../../driver.ts';

export interface Rules { readonly createUnknown: boolean }

/** Never fails for what the world does: a store that refuses throws, and the outbox tries again. */
export function deliver(tools: DriverTools, fact: Fact, rules: Rules): Verdict {
  if (fact.kind === 'call-ended') return ended(tools, fact, rules);
  if (fact.kind === 'recording-ready') return ready(tools, fact);
  return { kind: 'skipped', reason: 'the address book keeps calls when they are over, and has no cards' };
}

function ended(tools: DriverTools, fact: CallEnded, { createUnknown }: Rules): Verdict {
  const { addressBook, numbers } = tools;
  const { call, linkedid, direction, line, outcome, startedAt, talkSeconds, client: { number } } = fact;
  if (direction === 'internal') return { kind: 'skipped', reason: 'an internal call: the address book keeps calls with clients' };
  if (isHidden(number)) return { kind: 'skipped', reason: 'a hidden number: nobody could be found under it' };
  const key = numbers.key(number, line);
  // Under an id that follows from the number: told twice, or by two calls at once, it is one contact.
  if (createUnknown && numbers.read(number, line).kind === 'external' && addressBook.find(key) === null) addressBook.keep({ persons: [unknown(fact, key)], companies: [] });
  const found = addressBook.find(key);
  addressBook.keepCall({
    call, linkedid, direction, number, key, line, person: found?.person?.id ?? null, company: found?.company?.id ?? null, extension: fact.owner,
    outcome, startedAt, talkSeconds, recording: tools.memory(call).get(RECORDING),
  });
  return { kind: 'delivered', note: found === null ? 'in the address book, with nobody that it knows' : 'in the address book' };
}

const unknown = ({ client: { number }, at }: CallEnded, key: string): Person =>
  ({ id: `number:${key}`, name: key, company: null, numbers: [{ number, key, kind: 'other' }], email: '', note: '', owner: null, updatedAt: at });

const [RECORDING, SECONDS] = ['recording', 'seconds'];

/**
 * The book names the recording, and links are made when somebody wants to listen: they would be out of date before the call is. A call may have
 * several files (two clients joined): the longest is named. Remembered first, for a call whose end is told behind it.
 */
function ready(tools: DriverTools, { call, recording, seconds }: RecordingReady): Verdict {
  const remembered = tools.memory(call);
  if (seconds < Number(remembered.get(SECONDS) ?? 0)) return { kind: 'skipped', reason: 'a longer recording of the call is in the address book' };
  remembered.set(RECORDING, recording);
  remembered.set(SECONDS, String(seconds));
  const kept = tools.addressBook.call(call);
  if (kept === null) return { kind: 'skipped', reason: 'the address book does not have the call' };
  tools.addressBook.keepCall({ ...kept, recording });
  return { kind: 'delivered', note: 'the call in the address book names its recording' };
}
