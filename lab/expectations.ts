/**
 * What a telephony engineer expects of each story, at two seconds of talk a time: the calls that somebody would count, in the order of their
 * beginning. A consultation that becomes part of the client's call is not one of its own; a call between colleagues is.
 * Holds belong to the talk (the employee has the client), ringing and parking do not.
 */
import { CAST, type StoryName } from './scenarios.ts';
import { SECOND_CLIENT } from './scenarios/story.ts';

export interface ExpectedCall {
  readonly direction: 'inbound' | 'outbound' | 'internal';
  /** The outside party; `''` in an internal call. */
  readonly client: string;
  readonly outcome: 'answered' | 'missed' | 'busy' | 'cancelled' | 'failed' | 'voicemail';
  /** The employee who talked last; if nobody did, whose telephone rang (outbound: who dialled); null = nobody's. */
  readonly owner: string | null;
  /** Who talked with the client, in order; in an internal call who was called. Each step from one to the next is a hand-over. */
  readonly talked: readonly string[];
  /** About: signals and key presses take their time. */
  readonly talkSeconds: number;
  /** Why another answer than this one could be defended. Without it this is what must come out. */
  readonly unsure?: string;
}
/** Calls in the order of their beginning. */
export type Expectation = readonly ExpectedCall[];

/** `219>220`, in order. */
export const handOversOf = (talked: readonly string[]): readonly string[] => talked.slice(1).map((to, index) => `${talked[index] ?? ''}>${to}`);

const CLIENT = CAST.client;
type Rest = Partial<Pick<ExpectedCall, 'client' | 'owner' | 'unsure'>>;

const call = (direction: ExpectedCall['direction'], outcome: ExpectedCall['outcome'], rest: Omit<ExpectedCall, 'direction' | 'outcome'>): ExpectedCall =>
  ({ direction, outcome, ...rest });
/** A client called, and these talked with him. */
const inbound = (talked: readonly string[], talkSeconds: number, rest: Rest = {}): ExpectedCall =>
  call('inbound', 'answered', { client: CLIENT, owner: talked.at(-1) ?? null, talked, talkSeconds, ...rest });
const outbound = (talked: readonly string[], talkSeconds: number, rest: Rest = {}): ExpectedCall =>
  call('outbound', 'answered', { client: CLIENT, owner: talked.at(-1) ?? null, talked, talkSeconds, ...rest });
/** A client called and nobody talked with him. */
const lost = (outcome: ExpectedCall['outcome'], owner: string | null, rest: Rest = {}): ExpectedCall =>
  call('inbound', outcome, { client: CLIENT, owner, talked: [], talkSeconds: 0, ...rest });
/** 219 called a client in vain. */
const vain = (outcome: ExpectedCall['outcome'], rest: Rest = {}): ExpectedCall =>
  call('outbound', outcome, { client: CLIENT, owner: '219', talked: [], talkSeconds: 0, ...rest });
const internal = (outcome: ExpectedCall['outcome'], called: string | null, talkSeconds = 0, rest: Rest = {}): ExpectedCall =>
  call('internal', outcome, { client: '', owner: called, talked: outcome === 'answered' && called !== null ? [called] : [], talkSeconds, ...rest });

const FOR_219 = 'the telephone of 219 sent the call outside: whoever answers there stands for 219';
const OUTSIDERS = 'after the employee left, two outside parties went on through the trunk: their seconds may count or not';
const BESIDE = 'by AMI and by keys Asterisk keeps the client in a bridge of his own during the consultation: a hold, for everybody on the telephone';
const TOGETHER = 'two telephones rang at the same moment';
const ROOM = 'a room is nobody: who sits in it alone talks with nobody';

export const expectations: Readonly<Record<StoryName, Expectation>> = {
  // ------------------------------------------------------------------------------------------------ a client calls one employee
  inboundAnswered: [inbound(['219'], 2)],
  inboundEmployeeHangsUp: [inbound(['219'], 2)],
  inboundHeld: [inbound(['219'], 6)],
  inboundUnanswered: [lost('missed', '219')],
  inboundBusy: [lost('busy', '219')],
  inboundRejected: [lost('missed', '219', { unsure: 'he pressed "decline": to the client that is busy, to whoever must call back it is missed' })],
  inboundCongested: [lost('missed', '219')],
  inboundUnreachable: [lost('missed', null)],
  inboundCancelled: [lost('missed', '219')],
  inboundTwiceInARow: [inbound(['219'], 2), inbound(['219'], 2)],
  inboundTwiceAtOnce: [inbound(['219'], 3), inbound(['220'], 2)],
  // ------------------------------------------------------------------------------------------------ several telephones
  inboundRingGroup: [inbound(['220'], 2)],
  inboundQueue: [inbound(['220'], 2)],
  inboundFailover: [inbound(['220'], 2)],
  inboundLocalRingGroup: [inbound(['220'], 2)],
  inboundOptimisedRingGroup: [inbound(['220'], 2)],
  inboundQueueFirstRejects: [inbound(['220'], 2)],
  inboundQueueTransferred: [inbound(['219', '221'], 4)],
  inboundQueueAbandoned: [lost('missed', '220', { unsure: TOGETHER })],
  inboundForwarded: [inbound(['220'], 2)],
  inboundForwardedOutside: [inbound(['219'], 2, { unsure: FOR_219 })],
  inboundForwardedToMobile: [inbound(['219'], 2)],
  inboundFollowMe: [inbound(['219'], 2)],
  inboundFollowMeAtDesk: [inbound(['219'], 2)],
  inboundMobileToo: [inbound(['219'], 2)],
  inboundPickedUp: [inbound(['220'], 2)],
  // ------------------------------------------------------------------------------------------------ blind transfers
  inboundBlindTransfer: [inbound(['219', '220'], 4)],
  inboundBlindTransferByAmi: [inbound(['219', '220'], 4)],
  inboundRedirected: [inbound(['219', '220'], 4)],
  inboundBlindTransferByKeys: [inbound(['219', '220'], 6)],
  inboundBlindTransferUnanswered: [inbound(['219'], 2)],
  inboundBlindTransferTwice: [inbound(['219', '220', '221'], 6)],
  inboundAttendedThenBlind: [inbound(['219', '220', '221'], 9)],
  outboundBlindTransfer: [outbound(['219', '220'], 4)],
  outboundAttendedThenBlind: [outbound(['219', '220', '221'], 9)],
  // ------------------------------------------------------------------------------------------------ transfers with a consultation
  inboundAttendedTransfer: [inbound(['219', '220'], 7)],
  inboundAttendedTransferByAmi: [inbound(['219', '220'], 7.5, { unsure: BESIDE })],
  inboundAttendedTransferByKeys: [inbound(['219', '220'], 9, { unsure: BESIDE })],
  inboundBlondTransfer: [inbound(['219', '220'], 5)],
  inboundSemiAttendedTransfer: [inbound(['219', '220'], 4)],
  inboundTransferRefused: [inbound(['219'], 5), internal('busy', '220')],
  inboundTransferRefusedByAmi: [inbound(['219'], 5.5, { unsure: BESIDE })],
  inboundJoinedIntoOlder: [inbound(['219', '220'], 4)],
  outboundAttendedTransfer: [outbound(['219', '220'], 7)],
  // ------------------------------------------------------------------------------------------------ parking
  inboundParked: [inbound(['219', '220'], 4)],
  inboundParkedByPhone: [inbound(['219', '220'], 4)],
  inboundParkedByKeys: [inbound(['219', '220'], 4.5)],
  inboundParkedTooLong: [inbound(['219'], 4)],
  // ------------------------------------------------------------------------------------------------ conference, voicemail
  inboundIntoConference: [
    internal('answered', null, 0, { unsure: ROOM }), internal('answered', null, 0, { unsure: ROOM }),
    inbound(['219', '220', '221'], 4, { unsure: 'both hear him at the same moment: the order is that in which they sat down' }),
  ],
  inboundConferenceLine: [internal('answered', null, 0, { unsure: ROOM }), inbound(['219'], 2)],
  inboundVoicemail: [lost('voicemail', '219')],
  inboundVoicemailUnused: [lost('voicemail', '219', { unsure: 'he left no message: missed would be right, too, but nothing in the stream tells the two apart' })],
  // ------------------------------------------------------------------------------------------------ an employee calls a client
  outboundAnswered: [outbound(['219'], 2)],
  outboundAnnounced: [outbound(['219'], 2)],
  outboundCancelled: [vain('cancelled')],
  outboundBusy: [vain('busy')],
  outboundRejected: [vain('busy', { unsure: 'the client declined (603, cause 21), of which Asterisk makes NOANSWER: busy is nearest, failed would do' })],
  outboundCongested: [vain('failed')],
  outboundInvalidNumber: [vain('failed')],
  outboundUnanswered: [vain('missed')],
  // ------------------------------------------------------------------------------------------------ two outside parties
  inboundToSecondClient: [inbound(['219'], 4, { unsure: OUTSIDERS })],
  outboundToSecondClient: [outbound(['219'], 4, { unsure: OUTSIDERS })],
  inboundJoinedWithSecondClient: [inbound(['219'], 7, { unsure: OUTSIDERS }), outbound(['219'], 4, { client: SECOND_CLIENT, unsure: OUTSIDERS })],
  outboundJoinedWithSecondClient: [outbound(['219'], 7, { unsure: OUTSIDERS }), outbound(['219'], 4, { client: SECOND_CLIENT, unsure: OUTSIDERS })],
  // ------------------------------------------------------------------------------------------------ 219 on his mobile outside
  mobileEmployeeCallsColleague: [internal('answered', '220', 2)],
  mobileEmployeeCallsClient: [outbound(['219'], 2, { client: SECOND_CLIENT })],
  colleagueCallsMobile: [internal('answered', '219', 2)],
  // ------------------------------------------------------------------------------------------------ click-to-call
  clickToCall: [outbound(['219'], 2)],
  clickToCallByLocal: [outbound(['219'], 2)],
  clickToCallMarkedFirst: [outbound(['219'], 2)],
  clickToCallMarkedLast: [outbound(['219'], 2)],
  clickToCallUnlifted: [vain('missed')],
  clickToCallCancelled: [vain('cancelled')],
  clickToCallBusy: [vain('busy')],
  clickToCallRejected: [vain('busy', { unsure: 'as outboundRejected' })],
  // ------------------------------------------------------------------------------------------------ colleagues among themselves
  internalCall: [internal('answered', '220', 2)],
  internalBusy: [internal('busy', '220')],
  internalUnanswered: [internal('missed', '220')],
  internalCancelled: [internal('cancelled', '220')],
};
