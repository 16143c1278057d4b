import type { CallEnded } from '../../../core/facts.ts';

/** STATUS_CODE values that this driver sends (crm-contracts 0 and 1.6). */
export type StatusCode = '200' | '304' | '404' | '486' | '503' | '603' | '603-S' | 'OTHER';

/** Q.850 causes as Asterisk numbers them [include/asterisk/causes.h]. */
const BY_CAUSE: Readonly<Record<number, StatusCode>> = {
  1: '404', 22: '404', 28: '404', 17: '486', 18: '304', 19: '304', 21: '603', 34: '503', 38: '503', 41: '503', 42: '503',
};
const BY_DIAL_STATUS: Readonly<Record<string, StatusCode>> = {
  BUSY: '486', NOANSWER: '304', CANCEL: '603-S', DONTCALL: '603', TORTURE: '603', CONGESTION: '503', CHANUNAVAIL: '503', INVALIDARGS: '404',
};
const REJECTED = 21;

/**
 * How the call ended, in the portal's words. Never from cause 16 alone: a cancelled ring ends with it too. Inbound, 304 is what the
 * portal counts as a missed call, so whatever kept the client from an answer is 304, unless the line was busy or out of order.
 */
export function statusCode(fact: Pick<CallEnded, 'direction' | 'outcome' | 'dialStatus' | 'hangupCause'>): StatusCode {
  if (fact.outcome === 'answered') return '200';
  if (fact.outcome === 'failed') return byCause(fact);
  if (fact.direction === 'inbound') return fact.outcome === 'busy' ? '486' : '304';
  // Nothing was dialled: a click-to-call whose own employee did not lift, or refused. The client refused nothing.
  if (fact.hangupCause === REJECTED && fact.outcome !== 'cancelled' && fact.dialStatus !== '') return '603';
  if (fact.outcome === 'busy') return '486';
  return fact.outcome === 'cancelled' ? '603-S' : '304';
}

/** The cause is the network's own word; app_dial makes CHANUNAVAIL of everything that it has no word for. */
function byCause({ direction, dialStatus, hangupCause }: Pick<CallEnded, 'direction' | 'dialStatus' | 'hangupCause'>): StatusCode {
  return BY_CAUSE[hangupCause] ?? BY_DIAL_STATUS[dialStatus] ?? (direction === 'inbound' ? '304' : 'OTHER');
}

/** FAILED_REASON: Asterisk's words, for whoever asks why; `''` for an answered call. */
export function failedReason(fact: Pick<CallEnded, 'outcome' | 'dialStatus' | 'hangupCause' | 'certain'>): string {
  const { outcome, dialStatus, hangupCause, certain } = fact;
  if (outcome === 'answered') return '';
  const parts = [outcome, dialStatus, hangupCause > 0 ? `cause ${hangupCause}` : '', certain ? '' : 'concluded after a gap'];
  return parts.filter((part) => part !== '').join(', ');
}
