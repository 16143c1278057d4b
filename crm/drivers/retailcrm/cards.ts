/**
 * telephony/call/event: cards on operators' screens (crm-contracts 3.1). `in` and `out` open one, `hangup` closes it for those who did not answer; who
 * talked closes it himself when he has written down what was said. An event that is told twice opens the same card: no more is at stake.
 */
import type { CallHandedOver, EmployeeReleased, EmployeeRinging, EmployeeTalking } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Extension } from '../../../core/words.ts';
import { shown } from './answers.ts';
import { delivered, type Desk, isNumber, operatorOf, phoneOf, skipped, untellable } from './desk.ts';
import { notesOf } from './notes.ts';
import { isTransient, verdictOf } from './verdicts.ts';

export type OnCard = EmployeeRinging | EmployeeReleased | EmployeeTalking | CallHandedOver;

export async function card(desk: Desk, fact: OnCard, signal: AbortSignal): Promise<Verdict> {
  const reason = untellable(desk, fact);
  if (reason !== null) return skipped(reason);
  switch (fact.kind) {
    case 'employee-ringing': return rings(desk, fact, signal);
    case 'employee-talking': return talks(desk, fact, fact.extension, signal);
    case 'call-handed-over': return talks(desk, fact, fact.to, signal);
    case 'employee-released': return released(desk, fact, signal);
  }
}

async function rings(desk: Desk, fact: EmployeeRinging, signal: AbortSignal): Promise<Verdict> {
  const mode = desk.tools.cards(fact.extension);
  if (mode === 'never') return skipped('this employee sees no cards');
  return mode === 'answer' ? skipped('this employee\'s card opens with the talk') : open(desk, fact, fact.extension, signal);
}

async function talks(desk: Desk, fact: EmployeeTalking | CallHandedOver, extension: Extension, signal: AbortSignal): Promise<Verdict> {
  const notes = notesOf(desk.tools.memory(fact.call));
  notes.set('talked', 'yes');
  if (notes.cards.has(extension)) return delivered('the card is open');
  return desk.tools.cards(extension) === 'never' ? skipped('this employee sees no cards') : open(desk, fact, extension, signal);
}

async function open(desk: Desk, fact: OnCard, extension: Extension, signal: AbortSignal): Promise<Verdict> {
  return event(desk, fact, { extension, type: fact.direction === 'outbound' ? 'out' : 'in' }, signal);
}

async function released(desk: Desk, fact: EmployeeReleased, signal: AbortSignal): Promise<Verdict> {
  const notes = notesOf(desk.tools.memory(fact.call));
  if (!notes.cards.has(fact.extension)) return skipped('no card is open there');
  return event(desk, fact, { extension: fact.extension, type: 'hangup', hangupStatus: hangupStatus(fact.reason, notes.get('talked') !== '') }, signal);
}

/** Of an event, not of an upload: here it is `no answered` (crm-contracts 3.1, "the trap"). */
export type HangupStatus = 'answered' | 'busy' | 'cancel' | 'failed' | 'no answered';
const BY_REASON: Readonly<Record<string, HangupStatus>> = { BUSY: 'busy', CANCEL: 'cancel', CHANUNAVAIL: 'failed', CONGESTION: 'failed', NOANSWER: 'no answered' };

/** `reason`: Asterisk's DialStatus, or `HANGUP`. When a colleague took the call, the client was answered. */
export const hangupStatus = (reason: string, talked: boolean): HangupStatus => (talked ? 'answered' : BY_REASON[reason] ?? 'no answered');

interface Event { readonly extension: Extension; readonly type: 'in' | 'out' | 'hangup'; readonly hangupStatus?: HangupStatus }

async function event(desk: Desk, fact: OnCard, { extension, type, ...more }: Event, signal: AbortSignal): Promise<Verdict> {
  const { crm, settings, tools } = desk;
  const notes = notesOf(tools.memory(fact.call));
  const who = operatorOf(desk, extension);
  const reply = await crm.tell('telephony/call/event', {
    event: {
      phone: phoneOf(desk, fact), type, ...'userId' in who ? { userIds: [who.userId] } : { codes: [who.code] }, ...more,
      ...isNumber(fact.line) ? { externalPhone: fact.line } : {}, callExternalId: fact.linkedid, ...settings.site === undefined ? {} : { site: settings.site },
    },
  }, { signal, timeoutMs: CARD_MS });
  if (type === 'hangup' ? reply.ok : reply.ok || (reply.sent && isTransient(reply))) notes[type === 'hangup' ? 'closed' : 'opened'](extension);
  if (reply.ok) return delivered(noteOf(type, extension, reply.said));
  const verdict = verdictOf(reply);
  // A card that is refused is worth no dead letter.
  return verdict.kind === 'refused' ? skipped(`RetailCRM takes no card: ${verdict.reason}`) : verdict;
}

/** A card that comes later than this disturbs more than it helps. */
const CARD_MS = 8_000;

/** Somebody whom RetailCRM does not know is told with `success: true` (3.1): the note says it, and the check finds it. */
function noteOf(type: Event['type'], extension: Extension, said: unknown): string {
  const read = shown.safeParse(said);
  const nobody = read.success && read.data.notExistCodes.length + read.data.notExistUsers.length > 0;
  return nobody ? `${type} was taken, but RetailCRM has no operator ${extension}: see \`callme crm check\`` : `${type} for ${extension}`;
}
