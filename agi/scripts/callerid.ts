/** `AGI(agi://host:4573/callerid)`: sets CALLERID(name) to the contact's name. Says nothing when nobody is found in time. */
import type { Finding } from '../../core/routing.ts';
import { callerOf, displayName, lineOf, tell } from './caller.ts';
import { inTime, patienceFor } from './in-time.ts';
import type { Script } from './script.ts';

export type FindContact = (number: string, signal: AbortSignal, line: string) => Promise<Finding>;

export function createCalleridScript(find: FindContact): Script {
  return async (conversation) => {
    const { session, request, leftMs, log } = conversation;
    const number = callerOf(request);
    if (number === '') return;
    const finding = await inTime<Finding>(session, patienceFor(leftMs), (signal) => find(number, signal, lineOf(request)), (why, error) => {
      if (why === 'failed') log.error({ err: error }, 'the lookup failed: no name set');
      return { kind: 'late' };
    });
    const name = finding.kind === 'found' ? displayName(finding.contact.name) : '';
    if (name !== '') await tell(conversation, [['CALLERID(name)', name]]);
  };
}
