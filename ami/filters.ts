import type { Door } from './door.ts';
import { refusal } from './wire.ts';

/**
 * Events that the translator or a verb needs. A name is a prefix, because the expression is not anchored at its end: `Dial` also lets
 * DialBegin, DialState and DialEnd pass, `Hangup` HangupRequest.
 */
const NEEDED = [
  'Newchannel', 'Newstate', 'NewCallerid', 'NewConnectedLine', 'Dial', 'Hangup', 'Bridge', 'BlindTransfer', 'AttendedTransfer', 'Pickup',
  '(Un)?ParkedCall', 'Hold', 'Unhold', 'UserEvent', 'OriginateResponse', 'Local', 'Rename', 'FullyBooted', 'Shutdown',
  'AgentConnect', 'QueueCaller', 'MixMonitor',
] as const;

/**
 * POSIX extended expressions over the whole text of an event; several are an OR. This legacy form works on 16 to 22; the advanced one
 * came with 18.26, 20.11, 21.6 and 22.1 [asterisk-facts 5]. An inherited variable's name begins with underscores.
 */
export const FILTERS: readonly string[] = [
  `Event: (${NEEDED.join('|')})`, 'Variable: _*(CallMe|IS_CALLME_ORIGINATE)',
  // Of the dialplan's steps (class dialplan) only the way into a voicemail box is read; VoiceMailMain is an employee who listens to his own.
  'Application: VoiceMail[^M]',
  // Of CEL, 17 to 21 events a call, only the seal is read [asterisk-facts 9].
  'EventName: LINKEDID_END',
];

export type FilterOutcome = { readonly kind: 'filtered' } | { readonly kind: 'refused'; readonly message: string };

/**
 * Asks Asterisk to keep the noise (Newexten, foreign VarSets, RTCP, TestEvent: two thirds of the bytes) to itself, for this session alone.
 * The first expression goes first: the second one by itself would leave CallMe deaf. Rejects as `Door.action` does.
 */
export async function applyFilters(door: Door): Promise<FilterOutcome> {
  for (const filter of FILTERS) {
    const message = refusal(await door.action({ Action: 'Filter', Operation: 'Add', Filter: filter }));
    if (message !== null) return { kind: 'refused', message };
  }
  return { kind: 'filtered' };
}
