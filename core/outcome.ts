/**
 * How a call came out. Decided by bridges (was there a talk?) and dial statuses, never by hangup causes: an unanswered and an answered
 * call both end with cause 16 on the trunk (asterisk-facts 5). One row per case, tried from the top; docs/outcomes.md is made of this table.
 */
import type { Call } from './calls.ts';
import type { DialStatus } from './events.ts';
import type { Direction, Outcome } from './words.ts';

/** What a row asks for beside direction and dial status. */
export type OutcomeMark = 'talked' | 'voicemail' | 'originated' | 'conferred';

export interface OutcomeRow {
  /** The row's own name: a call that ended says by which one. */
  readonly rule: string;
  readonly direction: Direction | 'any';
  /** Asterisk's word for how the last attempt ended; `''` = nothing was dialled. */
  readonly dialStatus: DialStatus | '' | 'any';
  readonly mark?: OutcomeMark;
  /** The cause of the leg that was dialled last (Q.850): Asterisk has one word, NOANSWER, for a far end that rang, that refused and that does not exist. */
  readonly causes?: readonly number[];
  readonly outcome: Outcome;
  readonly why: string;
  /** Where Asterisk says or does so. */
  readonly source: string;
}

export const OUTCOMES: readonly OutcomeRow[] = [
  { rule: 'talked', direction: 'any', dialStatus: 'any', mark: 'talked', outcome: 'answered', why: 'client and an employee were in one bridge', source: 'main/bridge.c BridgeEnter' },
  { rule: 'voicemail', direction: 'inbound', dialStatus: 'any', mark: 'voicemail', outcome: 'voicemail', why: 'nobody talked with the client, a voicemail box took the call', source: 'apps/app_voicemail.c VoiceMail' },
  { rule: 'inbound-busy', direction: 'inbound', dialStatus: 'BUSY', outcome: 'busy', why: 'every phone that was tried was busy or refused', source: 'apps/app_dial.c handle_cause: AST_CAUSE_BUSY' },
  { rule: 'inbound-missed', direction: 'inbound', dialStatus: 'any', outcome: 'missed', why: 'the client called and nobody talked with him', source: 'apps/app_dial.c, apps/app_queue.c: no DialEnd ANSWER' },
  { rule: 'never-lifted', direction: 'outbound', dialStatus: '', mark: 'originated', outcome: 'missed', why: 'a click-to-call: the employee\'s own phone was never lifted, the client was not called', source: 'main/pbx.c pbx_outgoing_attempt' },
  { rule: 'busy', direction: 'any', dialStatus: 'BUSY', outcome: 'busy', why: 'the far end is busy (SIP 486, cause 17)', source: 'apps/app_dial.c handle_cause: AST_CAUSE_BUSY' },
  { rule: 'rejected', direction: 'any', dialStatus: 'NOANSWER', causes: [21], outcome: 'busy', why: 'the far end pressed reject (SIP 603)', source: 'DialEnd NOANSWER with cause 21 on 16 and 22; channels/chan_pjsip.c hangup_sip2cause' },
  { rule: 'no-such-number', direction: 'any', dialStatus: 'NOANSWER', causes: [1, 2, 3, 20, 22, 28], outcome: 'failed', why: 'no such number, or not reachable (SIP 404, 410, 484)', source: 'DialEnd NOANSWER with cause 1 on 16 and 22; channels/chan_pjsip.c hangup_sip2cause' },
  { rule: 'no-answer', direction: 'any', dialStatus: 'NOANSWER', outcome: 'missed', why: 'the far end rang until the time was up', source: 'apps/app_dial.c wait_for_answer: timeout' },
  { rule: 'cancelled', direction: 'any', dialStatus: 'CANCEL', outcome: 'cancelled', why: 'our side gave up while it rang', source: 'apps/app_dial.c: the caller hung up' },
  { rule: 'aborted', direction: 'any', dialStatus: 'ABORT', outcome: 'cancelled', why: 'our side gave up while it rang', source: 'main/dial.c: DialEnd ABORT' },
  { rule: 'conference', direction: 'internal', dialStatus: '', mark: 'conferred', outcome: 'answered', why: 'an employee went into a conference room', source: 'apps/app_confbridge.c: a bridge of type base' },
  { rule: 'not-dialled', direction: 'any', dialStatus: '', outcome: 'cancelled', why: 'nothing was dialled: our own phone was not lifted, or hung up first', source: 'no DialBegin' },
  { rule: 'congestion', direction: 'any', dialStatus: 'CONGESTION', outcome: 'failed', why: 'the network had no way or no room (SIP 503, causes 34, 38, 42)', source: 'apps/app_dial.c handle_cause: AST_CAUSE_CONGESTION' },
  { rule: 'unavailable', direction: 'any', dialStatus: 'CHANUNAVAIL', outcome: 'failed', why: 'no such number, not registered, or declined (SIP 404, 480, 603)', source: 'apps/app_dial.c handle_cause: AST_CAUSE_NO_ROUTE_DESTINATION and every cause without a word of its own' },
  { rule: 'refused', direction: 'any', dialStatus: 'any', outcome: 'failed', why: 'refused by the dialplan or by what was asked (DONTCALL, TORTURE, INVALIDARGS)', source: 'apps/app_dial.c: privacy, arguments' },
];

/** The first row that fits; the last row fits every call. */
export function outcomeOf(call: Call): OutcomeRow {
  const row = OUTCOMES.find((each) => fits(each, call));
  if (row === undefined) throw new Error('the table of outcomes has no last row');
  return row;
}

function fits(row: OutcomeRow, call: Call): boolean {
  return matches(row.direction, call.direction) && matches(row.dialStatus, call.dialStatus) && (row.mark === undefined || isMarked(row.mark, call))
    && (row.causes === undefined || row.causes.includes(call.dialCause));
}

function isMarked(mark: OutcomeMark, call: Call): boolean {
  switch (mark) {
    case 'talked': return call.answeredAt !== null;
    case 'voicemail': return call.voicemail;
    case 'originated': return call.originated;
    case 'conferred': return call.rooms.length > 0;
  }
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
