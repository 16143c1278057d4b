import type { CallEnded } from '../../../core/facts.ts';

/** `result` of an upload (crm-contracts 3.2); in events the same thing is spelled `no answered`. */
export type CallResult = 'answered' | 'busy' | 'failed' | 'no answer' | 'not allowed';

const BY_OUTCOME: Readonly<Record<CallEnded['outcome'], CallResult>> = {
  answered: 'answered', busy: 'busy', failed: 'failed', missed: 'no answer', cancelled: 'no answer', voicemail: 'no answer',
};
/** Q.850 21, call rejected. */
const REJECTED = 21;

/** How the call ended, by the table of crm-contracts 0. Never from a hangup cause of 16: a cancelled ring ends with it too. */
export function callResult({ direction, outcome, hangupCause, dialStatus }: Pick<CallEnded, 'direction' | 'outcome' | 'hangupCause' | 'dialStatus'>): CallResult {
  // A click-to-call whose own employee refused dialled nobody: the client refused nothing.
  const rejected = direction === 'outbound' && hangupCause === REJECTED && dialStatus !== '' && outcome !== 'answered' && outcome !== 'cancelled';
  return rejected ? 'not allowed' : BY_OUTCOME[outcome];
}
