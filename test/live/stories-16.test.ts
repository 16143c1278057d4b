/** Stories whose streams differ most between the versions, on a real Asterisk 16. */
import t from 'tap';
import { tellStories } from './stories.ts';

await tellStories(t, [
  'inboundAnswered', 'inboundQueue', 'inboundPickedUp', 'inboundBlindTransfer', 'inboundAttendedTransfer', 'outboundBlindTransfer', 'clickToCall',
], { version: '16' });
