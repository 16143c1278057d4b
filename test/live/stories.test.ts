/** The commonest stories on a real Asterisk 22: what `callme serve` stores of each is what a telephony engineer expects. */
import t from 'tap';
import { tellStories } from './stories.ts';

await tellStories(t, [
  'inboundAnswered', 'inboundHeld', 'inboundUnanswered', 'inboundBusy', 'inboundCancelled', 'inboundUnreachable', 'inboundRingGroup', 'inboundQueue',
  'inboundForwardedToMobile', 'inboundPickedUp', 'inboundParked', 'inboundBlindTransfer', 'inboundAttendedTransfer', 'inboundVoicemail',
  'outboundAnswered', 'outboundBusy', 'outboundCongested', 'outboundBlindTransfer', 'outboundAttendedTransfer', 'clickToCall', 'internalCall',
  'mobileEmployeeCallsColleague',
]);
