/**
 * How a call came out. Decided by bridges (was there a talk?) and dial statuses, never by hangup causes: an unanswered and an answered
 * call both end with cause 16 on the trunk (asterisk-facts 5). One row per case, tried from the top.
 */
import type { Call } from './calls.ts';
import type { DialStatus } from './events.ts';
import type { Direction, Outcome } from './words.ts';

export interface OutcomeRow { readonly direction: Direction | 'any'; readonly dialStatus: DialStatus | '' | 'any'; readonly outcome: Outcome; readonly why: string }

export const ANSWERED: OutcomeRow = { direction: 'any', dialStatus: 'any', outcome: 'answered', why: 'client and an employee were in one bridge' };

export const UNANSWERED: readonly OutcomeRow[] = [
  { direction: 'inbound', dialStatus: 'BUSY', outcome: 'busy', why: 'every phone that was tried was busy [app_dial.c: DIALSTATUS BUSY]' },
  { direction: 'inbound', dialStatus: 'any', outcome: 'missed', why: 'the client called and nobody talked with him' },
  { direction: 'any', dialStatus: 'BUSY', outcome: 'busy', why: 'SIP 486, cause 17 [app_dial.c handle_cause]' },
  { direction: 'any', dialStatus: 'NOANSWER', outcome: 'missed', why: 'the far end rang until the time was up' },
  { direction: 'any', dialStatus: 'CANCEL', outcome: 'cancelled', why: 'our side gave up while it rang' },
  { direction: 'any', dialStatus: 'ABORT', outcome: 'cancelled', why: 'our side gave up while it rang [DialEnd ABORT]' },
  { direction: 'any', dialStatus: '', outcome: 'cancelled', why: 'our side hung up before anything was dialled' },
  { direction: 'any', dialStatus: 'any', outcome: 'failed', why: 'CONGESTION, CHANUNAVAIL and the like: the network refused' },
];

export function outcomeOf(call: Call): OutcomeRow {
  if (call.answeredAt !== null) return ANSWERED;
  const fits = (row: OutcomeRow): boolean => matches(row.direction, call.direction) && matches(row.dialStatus, call.dialStatus);
  return UNANSWERED.find(fits) ?? { ...ANSWERED, outcome: 'failed', why: 'no row fits' };
}

const matches = (wanted: string, given: string): boolean => wanted === 'any' || wanted === given;

/**
 * Several phones were tried for one call: one that rang says more than one that was busy (the client heard it ring), and the last attempt
 * of an outbound call says more than the trunk that failed before it.
 */
export function combinedStatus(call: Call, status: DialStatus): DialStatus {
  const before = call.dialStatus;
  if (call.direction !== 'inbound' || before === '' || before === status) return status;
  return status === 'ANSWER' || before === 'ANSWER' ? 'ANSWER' : 'NOANSWER';
}
