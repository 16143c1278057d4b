/**
 * `AGI(agi://host:4573/record[,line])`: shall this call be recorded? Sets CallMeRECORD to yes or no, and CallMeLINKEDID. A policy that
 * is late or fails means yes: a recording too many can be deleted, a missing one never comes back.
 */
import type { RouteAsk } from '../../core/routing.ts';
import { callerOf, lineOf, linkedidOf, tell } from './caller.ts';
import { inTime, patienceFor } from './in-time.ts';
import type { Script } from './script.ts';

export type RecordPolicy = (ask: RouteAsk) => boolean | Promise<boolean>;
export const recordEverything: RecordPolicy = () => true;

export function createRecordScript(policy: RecordPolicy = recordEverything): Script {
  return async (conversation) => {
    const { session, request, leftMs, log } = conversation;
    const ask = { number: callerOf(request), line: lineOf(request) };
    const asked = inTime(session, patienceFor(leftMs), async (signal) => policy({ ...ask, signal }), (why, error) => {
      log.error({ err: error, why }, 'the recording policy gave no answer: recorded');
      return true;
    });
    const linkedid = await linkedidOf(session, request);
    await tell(conversation, [['__CallMeRECORD', await asked ? 'yes' : 'no'], ['__CallMeLINKEDID', linkedid]]);
  };
}
