/**
 * `AGI(agi://host:4573/record[,line[,direction[,extension[,number]]]])`: shall this call be recorded? Sets CallMeRECORD to yes or no,
 * CallMeRECORD_REASON (`rule1`, `default`, `failed`) and CallMeLINKEDID. The kit decides by the same rules without asking
 * (callme-policy.conf); this is for dialplans that want the configuration of this moment. A policy that is late or fails means yes:
 * a recording too many can be deleted, a missing one never comes back.
 */
import { decideRecording, RECORD_ALL } from '../../core/recording-policy.ts';
import type { RecordingDecision, RecordingPolicy, RecordingQuestion } from '../../core/recording-policy.ts';
import type { AgiRequest } from '../wire.ts';
import { callerOf, lineOf, linkedidOf, tell } from './caller.ts';
import { inTime, patienceFor } from './in-time.ts';
import type { Script } from './script.ts';

export type RecordAsk = RecordingQuestion & { readonly signal: AbortSignal };
export type RecordPolicy = (ask: RecordAsk) => RecordingDecision | Promise<RecordingDecision>;

/** The rules of the configuration as the script is given them. */
export const byRules = (policy: RecordingPolicy): RecordPolicy => (ask) => decideRecording(policy, ask);
export const recordEverything: RecordPolicy = byRules(RECORD_ALL);

export function createRecordScript(policy: RecordPolicy = recordEverything): Script {
  return async (conversation) => {
    const { session, request, leftMs, log } = conversation;
    const question = questionOf(request);
    const asked = inTime(session, patienceFor(leftMs), async (signal) => policy({ ...question, signal }), (why, error): RecordingDecision => {
      log.error({ err: error, why }, 'the recording policy gave no answer: recorded');
      return { record: true, reason: 'failed' };
    });
    const linkedid = await linkedidOf(session, request);
    const { record, reason } = await asked;
    await tell(conversation, [['__CallMeRECORD', record ? 'yes' : 'no'], ['__CallMeRECORD_REASON', reason], ['__CallMeLINKEDID', linkedid]]);
  };
}

/** What is not said is as on an inbound call: the line that was called, the caller's number, nobody chosen yet. */
function questionOf(request: AgiRequest): RecordingQuestion {
  const number = request.get('agi_arg_4') ?? '';
  return {
    direction: request.get('agi_arg_2') === 'outbound' ? 'outbound' : 'inbound', line: lineOf(request),
    extension: request.get('agi_arg_3') ?? '', number: number === '' ? callerOf(request) : number,
  };
}
