/**
 * What Asterisk said, translated (`ami/translate.ts` makes these, `core/step.ts` eats them). `at` is the time of receipt or,
 * where Asterisk stamps its events, Asterisk's own. Channel names stay in `name` only so that an effect can address the leg.
 */
import type { Extension, Instant, LegId, Linkedid, Party, PbxId } from './words.ts';

/** Dial statuses as Asterisk writes them in DialEnd [apps/app_dial.c]. */
export type DialStatus =
  | 'ANSWER' | 'BUSY' | 'NOANSWER' | 'CANCEL' | 'CONGESTION' | 'CHANUNAVAIL' | 'DONTCALL' | 'TORTURE' | 'INVALIDARGS' | 'ABORT';

/** `basic` joins people and unites linkedids; `holding` parks them; the others are rooms of their own. */
export type BridgeKind = 'basic' | 'holding' | 'conference' | 'other';

interface Said { readonly at: Instant; readonly pbx: PbxId }
interface OnLeg extends Said { readonly leg: LegId; readonly linked: Linkedid }

export type LegOpened = OnLeg & { readonly kind: 'leg-opened'; readonly name: string; readonly party: Party; readonly dialled: string; readonly context: string; /** It called Asterisk (state Ring); else Asterisk is calling it (state Down). */ readonly incoming: boolean; /** The trunk's name, where the leg leads outside. */ readonly line: string; /** Found alive at a resync: it was not seen to open. */ readonly concluded?: true };
export type PartyKnown = OnLeg & { readonly kind: 'party-known'; readonly party: Party; /** The caller id as it is: on the leg of an Originate it is the client's number. */ readonly number?: string };
export type LegRinging = OnLeg & { readonly kind: 'leg-ringing' };
export type LegUp = OnLeg & { readonly kind: 'leg-up' };
/** Any other event that shows a leg under a linkedid: Asterisk has no event for a linkedid that changes (asterisk-facts 3). */
export type LegSeen = OnLeg & { readonly kind: 'leg-seen' };
export type LegClosed = OnLeg & { readonly kind: 'leg-closed'; readonly cause: number };
/** `number`: what was really sent to an outside line; the leg's caller id still holds the dialled dialplan extension (asterisk-facts 5). */
export type DialBegan = OnLeg & { readonly kind: 'dial-began'; readonly by: LegId | null; readonly number: string; /** The dialled number is this employee's own telephone outside. */ readonly employee: Extension | null };
export type DialEnded = OnLeg & { readonly kind: 'dial-ended'; readonly by: LegId | null; readonly status: DialStatus; readonly forward: string };
export type BridgeEntered = OnLeg & { readonly kind: 'bridge-entered'; readonly bridge: string; readonly bridgeKind: BridgeKind };
export type BridgeLeft = OnLeg & { readonly kind: 'bridge-left'; readonly bridge: string; readonly bridgeKind: BridgeKind };
export type BlindTransferred = OnLeg & { readonly kind: 'blind-transferred'; readonly transferee: LegId; readonly to: string };
/** `linkeds`: every linkedid that the event carries; they are one call from here on. */
export type AttendedTransferred = OnLeg & { readonly kind: 'attended-transferred'; readonly linkeds: readonly Linkedid[] };
export type PickedUp = OnLeg & { readonly kind: 'picked-up'; readonly target: LegId };
export type Held = OnLeg & { readonly kind: 'held' };
export type Unheld = OnLeg & { readonly kind: 'unheld' };
export type Parked = OnLeg & { readonly kind: 'parked'; readonly space: string };
export type Unparked = OnLeg & { readonly kind: 'unparked'; readonly by: LegId };
/** The leg runs a dialplan application that decides something: today VoiceMail alone. */
export type ApplicationEntered = OnLeg & { readonly kind: 'application-entered'; readonly application: 'VoiceMail' };
export type VariableSet = OnLeg & { readonly kind: 'variable-set'; readonly variable: string; readonly value: string };
/** The kit's UserEvents: `file` is the path below the recordings folder, `named` the linkedid that the file was begun under (`linked` may have changed since). */
export type RecordingStarted = OnLeg & { readonly kind: 'recording-started'; readonly named: Linkedid; readonly file: string };
export type RecordingEnded = OnLeg & { readonly kind: 'recording-ended'; readonly named: Linkedid; readonly file: string; readonly bytes: number };
/** MixMonitorMute of both directions. Asterisk names the channel, not the recorder: on 22 all recorders of the channel, on 16 the oldest alone. */
export type RecordingPaused = OnLeg & { readonly kind: 'recording-paused' };
export type RecordingResumed = OnLeg & { readonly kind: 'recording-resumed' };
/** MixMonitorStart and MixMonitorStop (since 16.17 and 18.3) of any recorder; a hangup ends one without a word. */
export type RecorderBegan = OnLeg & { readonly kind: 'recorder-began' };
export type RecorderEnded = OnLeg & { readonly kind: 'recorder-ended' };
/** Somebody in the call pressed the keys for it (the kit's UserEvents CallMeRecPause and CallMeRecResume). */
export type PauseAsked = OnLeg & { readonly kind: 'pause-asked'; readonly what: 'pause' | 'resume' };
/** CEL LINKEDID_END: seals a linkedid, not yet the call (asterisk-facts 9). */
export type LinkedSealed = Said & { readonly kind: 'linked-sealed'; readonly linked: Linkedid };
/** Who lives on the PBX, told after a (re)connect; a leg of ours that is not in it died in the gap. */
export type Resynced = Said & { readonly kind: 'resynced'; readonly alive: readonly LiveLeg[] };
export interface LiveLeg {
  readonly leg: LegId; readonly linked: Linkedid; readonly name: string; readonly party: Party; readonly bridge: string;
  readonly bridgeKind: BridgeKind; readonly up: boolean; readonly dialled: string; readonly context: string; readonly incoming: boolean; readonly line: string;
  /** How long the channel lives already. */
  readonly seconds: number;
}
export type LinkLost = Said & { readonly kind: 'link-lost' };
/** The link still stands and nothing was said: every open call is alive. Told now and then, so that a crash of ours forgets seconds and not hours. */
export type LinkAlive = Said & { readonly kind: 'link-alive' };
/** What follows was not heard but read in the PBX's own books (CDR, CEL), up to `past-ended`: a gap is made good. */
export type PastBegan = Said & { readonly kind: 'past-began' };
export type PastEnded = Said & { readonly kind: 'past-ended' };
export type PbxStopped = Said & { readonly kind: 'pbx-stopped' };
/** What the FastAGI script told the dialplan, so that the call can explain its own way. */
export type Routed = Said & { readonly kind: 'routed'; readonly linked: Linkedid; readonly target: Extension | null; readonly reason: string; readonly source: string };

export type Event =
  | LegOpened | PartyKnown | LegRinging | LegUp | LegSeen | LegClosed | DialBegan | DialEnded | BridgeEntered | BridgeLeft
  | BlindTransferred | AttendedTransferred | PickedUp | Held | Unheld | Parked | Unparked | ApplicationEntered | VariableSet
  | RecordingStarted | RecordingEnded | RecordingPaused | RecordingResumed | RecorderBegan | RecorderEnded | PauseAsked | LinkedSealed | Resynced | LinkLost | LinkAlive | PastBegan | PastEnded | PbxStopped | Routed;
export type EventKind = Event['kind'];
