import t from 'tap';
import type { Direction, Outcome } from '../../core/words.ts';
import { failedReason, statusCode } from '../../crm/drivers/bitrix24/status.ts';

/** direction, outcome, dialStatus, hangupCause, STATUS_CODE (crm-contracts 0). */
const TABLE: [Direction, Outcome, string, number, string][] = [
  ['inbound', 'answered', 'ANSWER', 16, '200'],
  ['outbound', 'answered', 'ANSWER', 16, '200'],
  ['outbound', 'answered', 'CHANUNAVAIL', 21, '200'],
  ['inbound', 'missed', 'NOANSWER', 16, '304'],
  ['inbound', 'missed', 'BUSY', 17, '304'],
  ['inbound', 'missed', 'CHANUNAVAIL', 21, '304'],
  ['inbound', 'cancelled', 'CANCEL', 16, '304'],
  ['inbound', 'voicemail', 'NOANSWER', 16, '304'],
  ['inbound', 'busy', 'BUSY', 17, '486'],
  ['inbound', 'failed', 'CHANUNAVAIL', 20, '503'],
  ['inbound', 'failed', '', 16, '304'],
  ['outbound', 'busy', 'BUSY', 17, '486'],
  ['outbound', 'busy', 'BUSY', 21, '603'],
  ['outbound', 'missed', 'NOANSWER', 19, '304'],
  ['outbound', 'missed', 'NOANSWER', 18, '304'],
  ['outbound', 'missed', 'CHANUNAVAIL', 21, '603'],
  ['outbound', 'missed', '', 19, '304'],
  ['outbound', 'missed', '', 21, '304'],
  ['internal', 'missed', '', 19, '304'],
  ['outbound', 'cancelled', 'CANCEL', 16, '603-S'],
  ['outbound', 'cancelled', '', 0, '603-S'],
  ['outbound', 'cancelled', 'CANCEL', 21, '603-S'],
  ['outbound', 'failed', 'CHANUNAVAIL', 1, '404'],
  ['outbound', 'failed', 'CHANUNAVAIL', 22, '404'],
  ['outbound', 'failed', 'CHANUNAVAIL', 28, '404'],
  ['outbound', 'failed', 'CHANUNAVAIL', 21, '603'],
  ['outbound', 'failed', 'CHANUNAVAIL', 16, '503'],
  ['outbound', 'failed', 'CONGESTION', 34, '503'],
  ['outbound', 'failed', 'CONGESTION', 0, '503'],
  ['outbound', 'failed', '', 38, '503'],
  ['outbound', 'failed', '', 0, 'OTHER'],
];

t.test('STATUS_CODE', async (t) => {
  for (const [direction, outcome, dialStatus, hangupCause, code] of TABLE) {
    t.equal(statusCode({ direction, outcome, dialStatus, hangupCause }), code, `${direction} ${outcome} ${dialStatus} ${hangupCause}`);
  }
});

t.test('FAILED_REASON', async (t) => {
  t.equal(failedReason({ outcome: 'answered', dialStatus: 'ANSWER', hangupCause: 16, certain: true }), '');
  t.equal(failedReason({ outcome: 'busy', dialStatus: 'BUSY', hangupCause: 17, certain: true }), 'busy, BUSY, cause 17');
  t.equal(failedReason({ outcome: 'missed', dialStatus: '', hangupCause: 0, certain: false }), 'missed, concluded after a gap');
});
