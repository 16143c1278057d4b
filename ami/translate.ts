/**
 * Asterisk's wording → the core's events: one table, event name to translation, so that a change of Asterisk's wording stays in this room.
 * Headers by asterisk-facts 5 and 9 and the captures; a name that is not in the table says only that its leg was seen.
 */
import type { BridgeKind, DialStatus, Event, LiveLeg } from '../core/events.ts';
import { instant, type Instant, type LegId, type Linkedid, type PbxId } from '../core/words.ts';
import { belowRecordings, dialledNumber, isBeeper, mobileOf, partyOf, type Profile, resourceOf, withoutUnknown } from '../core/parties.ts';
import type { Headers } from './wire.ts';

export interface Translator {
  /** `receivedAt` counts unless the PBX stamps its events (`timestampevents=yes`): its own clock knows better when it happened. */
  events(headers: Headers, receivedAt: Instant): readonly Event[];
  /** The answer of CoreShowChannels, as the core's list of the living. */
  living(list: readonly Headers[]): readonly LiveLeg[];
}

interface Context { readonly pbx: PbxId; readonly profile: Profile; readonly at: Instant }
type Translation = (headers: Headers, context: Context) => readonly Event[];

export function createTranslator(pbx: PbxId, profile: Profile): Translator {
  return {
    events: (headers, receivedAt) => (isBeep(headers) ? [] : (TABLE.get(get(headers, 'Event')) ?? seen)(headers, { pbx, profile, at: stamped(headers) ?? receivedAt })),
    living: (list) => list.filter((headers) => get(headers, 'Event') === 'CoreShowChannel' && !isBeep(headers)).map((headers) => liveLeg(profile, headers)),
  };
}

const isBeep = (headers: Headers): boolean => isBeeper(headers.text('Channel')) || isBeeper(headers.text('DestChannel'));

const get = (headers: Headers, name: string): string => detached(headers.text(name));
/**
 * A text of 13 characters or more that is cut out of a packet keeps the whole packet in memory (V8: a sliced string), for as long as its call is
 * open: 14 kB a call instead of 5. Copied, it stands for itself.
 */
const detached = (text: string): string => (text.length < 13 ? text : ` ${text}`.slice(1));

/** `Timestamp: 1795168691.123456`, seconds. */
function stamped(headers: Headers): Instant | null {
  const seconds = Number(headers.first('Timestamp') ?? Number.NaN);
  return Number.isFinite(seconds) ? instant(Math.round(seconds * 1000)) : null;
}

function on(headers: Headers, { pbx, at }: Context, prefix = ''): { pbx: PbxId; at: Instant; leg: LegId; linked: Linkedid } {
  return { pbx, at, leg: get(headers, `${prefix}Uniqueid`) as LegId, linked: get(headers, `${prefix}Linkedid`) as Linkedid };
}

const seen: Translation = (headers, context) => (get(headers, 'Uniqueid') === '' || get(headers, 'Linkedid') === '' ? [] : [{ ...on(headers, context), kind: 'leg-seen' }]);

/** Some events name two channels; the second one's linkedid may have changed as well. */
const bySource = (headers: Headers): LegId | null => (get(headers, 'Uniqueid') === '' ? null : (get(headers, 'Uniqueid') as LegId));

const opened: Translation = (headers, context) => {
  const name = get(headers, 'Channel');
  const party = partyOf(context.profile, name, get(headers, 'CallerIDNum'), get(headers, 'CallerIDName'));
  const incoming = get(headers, 'ChannelStateDesc') !== 'Down';
  return [{ ...on(headers, context), kind: 'leg-opened', name, party, dialled: get(headers, 'Exten'), context: get(headers, 'Context'), incoming, line: resourceOf(name) }];
};

const named: Translation = (headers, context) => [{
  ...on(headers, context), kind: 'party-known', number: withoutUnknown(get(headers, 'CallerIDNum')),
  party: partyOf(context.profile, get(headers, 'Channel'), get(headers, 'CallerIDNum'), get(headers, 'CallerIDName')),
}];

const stateChanged: Translation = (headers, context) => {
  switch (get(headers, 'ChannelStateDesc')) {
    case 'Ringing': return [{ ...on(headers, context), kind: 'leg-ringing' }];
    case 'Up': return [{ ...on(headers, context), kind: 'leg-up' }];
    default: return seen(headers, context);
  }
};

const dialBegan: Translation = (headers, context) => {
  const number = dialledNumber(get(headers, 'DialString'));
  return [{ ...on(headers, context, 'Dest'), kind: 'dial-began', by: bySource(headers), number, employee: mobileOf(context.profile, number) }];
};

const dialEnded: Translation = (headers, context) => [
  { ...on(headers, context, 'Dest'), kind: 'dial-ended', by: bySource(headers), status: dialStatus(get(headers, 'DialStatus')), forward: get(headers, 'Forward') },
];

const STATUSES: ReadonlySet<string> = new Set<DialStatus>(['ANSWER', 'BUSY', 'NOANSWER', 'CANCEL', 'CONGESTION', 'CHANUNAVAIL', 'DONTCALL', 'TORTURE', 'INVALIDARGS', 'ABORT']);
const dialStatus = (text: string): DialStatus => (STATUSES.has(text) ? (text as DialStatus) : 'CHANUNAVAIL');

const BRIDGE_KINDS: ReadonlyMap<string, BridgeKind> = new Map([['basic', 'basic'], ['parking', 'holding'], ['holding', 'holding'], ['base', 'conference']]);
/** ConfBridge's bridge is of type `base`, a BridgeWait's too; only `basic` ones unite linkedids [main/bridge_basic.c]. */
const bridge = (headers: Headers): { bridge: string; bridgeKind: BridgeKind } => {
  const kind = get(headers, 'BridgeTechnology') === 'holding_bridge' ? 'holding' : BRIDGE_KINDS.get(get(headers, 'BridgeType')) ?? 'other';
  return { bridge: get(headers, 'BridgeUniqueid'), bridgeKind: kind };
};

const transferred: Translation = (headers, context) => {
  if (get(headers, 'Result') !== 'Success') return [];
  const linkeds = ['OrigTransferer', 'SecondTransferer', 'Transferee', 'TransferTarget'].map((who) => get(headers, `${who}Linkedid`)).filter((linked) => linked !== '');
  return [{ ...on(headers, context, 'OrigTransferer'), kind: 'attended-transferred', linkeds: linkeds as Linkedid[] }];
};

const blindTransferred: Translation = (headers, context) => (get(headers, 'Result') !== 'Success' ? [] : [{
  ...on(headers, context, 'Transferer'), kind: 'blind-transferred', transferee: get(headers, 'TransfereeUniqueid') as LegId, to: get(headers, 'Extension'),
}]);

/** Of the dialplan's applications only the one that decides an outcome is of interest; FreePBX's macro-vm ends in it as well. */
const application: Translation = (headers, context) => (
  get(headers, 'Application') === 'VoiceMail' ? [{ ...on(headers, context), kind: 'application-entered', application: 'VoiceMail' }] : seen(headers, context)
);

/** Asterisk keeps the underscores of an inherited variable's name (asterisk-facts 3): `__CallMeLINKEDID`. */
const variable: Translation = (headers, context) => {
  const name = get(headers, 'Variable').replace(/^_+/, '');
  const ours = name.startsWith('CallMe') || name === 'IS_CALLME_ORIGINATE';
  return ours ? [{ ...on(headers, context), kind: 'variable-set', variable: name, value: get(headers, 'Value') }] : seen(headers, context);
};

const ASKED: ReadonlyMap<string, 'pause' | 'resume'> = new Map([['CallMeRecPause', 'pause'], ['CallMeRecResume', 'resume']]);

const userEvent: Translation = (headers, context) => {
  const kind = get(headers, 'UserEvent');
  const what = ASKED.get(kind);
  if (what !== undefined && get(headers, 'Uniqueid') !== '') return [{ ...on(headers, context), kind: 'pause-asked', what }];
  const file = belowRecordings(get(headers, 'RecFile'));
  if (file === null || (kind !== 'CallMeRecStart' && kind !== 'CallMeRecEnd')) return seen(headers, context);
  const recording = { ...on(headers, context), named: get(headers, 'RecLinkedid') as Linkedid, file };
  return kind === 'CallMeRecStart' ? [{ ...recording, kind: 'recording-started' }] : [{ ...recording, kind: 'recording-ended', bytes: Number(get(headers, 'RecSize')) || 0 }];
};

/** A mute of one direction alone is no pause: the other one is heard in the file. */
const muted: Translation = (headers, context) => (
  get(headers, 'Direction') === 'both' ? [{ ...on(headers, context), kind: get(headers, 'State') === '1' ? 'recording-paused' : 'recording-resumed' }] : seen(headers, context)
);

const cel: Translation = (headers, { pbx, at }) => (
  get(headers, 'EventName') === 'LINKEDID_END' ? [{ pbx, at, kind: 'linked-sealed', linked: get(headers, 'LinkedID') as Linkedid }] : []
);

const TABLE: ReadonlyMap<string, Translation> = new Map<string, Translation>([
  ['Newchannel', opened],
  ['Newstate', stateChanged],
  ['NewCallerid', named],
  ['DialBegin', dialBegan],
  ['DialEnd', dialEnded],
  ['BridgeEnter', (headers, context) => [{ ...on(headers, context), kind: 'bridge-entered', ...bridge(headers) }]],
  ['BridgeLeave', (headers, context) => [{ ...on(headers, context), kind: 'bridge-left', ...bridge(headers) }]],
  ['BlindTransfer', blindTransferred],
  ['AttendedTransfer', transferred],
  ['Pickup', (headers, context) => [{ ...on(headers, context), kind: 'picked-up', target: get(headers, 'TargetUniqueid') as LegId }, { ...on(headers, context, 'Target'), kind: 'leg-seen' }]],
  ['Hold', (headers, context) => [{ ...on(headers, context), kind: 'held' }]],
  ['Unhold', (headers, context) => [{ ...on(headers, context), kind: 'unheld' }]],
  ['ParkedCall', (headers, context) => [{ ...on(headers, context, 'Parkee'), kind: 'parked', space: get(headers, 'ParkingSpace') }]],
  ['UnParkedCall', (headers, context) => [{ ...on(headers, context, 'Parkee'), kind: 'unparked', by: get(headers, 'RetrieverUniqueid') as LegId }]],
  ['Newexten', application],
  ['VarSet', variable],
  ['UserEvent', userEvent],
  ['MixMonitorStart', (headers, context) => [{ ...on(headers, context), kind: 'recorder-began' }]],
  ['MixMonitorStop', (headers, context) => [{ ...on(headers, context), kind: 'recorder-ended' }]],
  ['MixMonitorMute', muted],
  ['Hangup', (headers, context) => [{ ...on(headers, context), kind: 'leg-closed', cause: Number(get(headers, 'Cause')) || 0 }]],
  ['CEL', cel],
  ['Shutdown', (_headers, { pbx, at }) => [{ pbx, at, kind: 'pbx-stopped' }]],
]);

/** CoreShowChannels names a bridge, not its kind; what the channel runs tells it. */
function roomOf(application: string): BridgeKind {
  if (application === 'Parked Call' || application === 'Park' || application === 'BridgeWait') return 'holding';
  return application === 'ConfBridge' ? 'conference' : 'basic';
}

/** A channel that was dialled runs AppDial, or AppDial2 when an Originate made it [app_dial.c, pbx.c]; one that called runs the dialplan. */
function liveLeg(profile: Profile, headers: Headers): LiveLeg {
  const name = get(headers, 'Channel');
  const [hours = 0, minutes = 0, seconds = 0] = get(headers, 'Duration').split(':').map(Number);
  return {
    leg: get(headers, 'Uniqueid') as LegId, linked: get(headers, 'Linkedid') as Linkedid, name,
    party: partyOf(profile, name, get(headers, 'CallerIDNum'), get(headers, 'CallerIDName')),
    bridge: get(headers, 'BridgeId'), bridgeKind: roomOf(get(headers, 'Application')), up: get(headers, 'ChannelStateDesc') === 'Up',
    dialled: get(headers, 'Exten'), context: get(headers, 'Context'), incoming: !get(headers, 'Application').startsWith('AppDial'), line: resourceOf(name),
    seconds: hours * 3600 + minutes * 60 + seconds,
  };
}
