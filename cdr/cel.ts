/**
 * CEL rows → the events that a listener on AMI would have heard. Most rows are events of the core under another name; what CEL has no row for
 * (a dial, a ringing phone, how a dial ended) is concluded from the channel as a whole (`channels.ts`). Longer than others: one row's translation
 * leans on what was told of the rows before it, and one table shows them all.
 */
import type { BridgeKind, DialStatus, Event } from '../core/events.ts';
import { isBeeper, mobileOf, partyOf, type Profile, resourceOf } from '../core/parties.ts';
import type { Instant, LegId, Linkedid, PbxId } from '../core/words.ts';
import { bridgesWithoutIds } from './bridges.ts';
import { type Channel, type Channels, numberOf, survey } from './channels.ts';
import type { CelRow } from './rows.ts';

export interface Teller { readonly pbx: PbxId; readonly profile: Profile }
/** The dial string that led to a channel, by its name and the moment of its birth; null = not known. CDR has those that CEL has not. */
export type DialStrings = (channel: string, at: Instant) => string | null;

/** What was told so far of the channels: their linkedids change in mid call, and each opens and closes once. */
interface Story extends Teller {
  readonly channels: Channels;
  readonly linkeds: Map<LegId, Linkedid>;
  readonly closed: Set<LegId>;
  /** Whose dial was told to have ended. */
  readonly dialEnded: Set<LegId>;
  readonly kinds: Map<string, BridgeKind>;
  readonly bridgeOf: (row: CelRow) => string;
  readonly dialStrings: DialStrings;
}
type Telling = (row: CelRow, story: Story) => readonly Event[];

/** `all` in the order in which Asterisk wrote them. */
export function eventsOfCel(all: readonly CelRow[], teller: Teller, dialStrings: DialStrings = () => null): readonly Event[] {
  const rows = all.filter(({ channel }) => !isBeeper(channel));
  const story: Story = {
    ...teller, dialStrings, channels: survey(rows), linkeds: new Map(), closed: new Set(), dialEnded: new Set(), kinds: new Map(), bridgeOf: bridgesWithoutIds(),
  };
  return rows.flatMap((row) => {
    const opening = story.linkeds.has(row.leg) || row.type === 'LINKEDID_END' ? [] : opened(row, story);
    if (row.type !== 'LINKEDID_END') story.linkeds.set(row.leg, row.linked);
    return [...opening, ...(TABLE.get(row.type) ?? seen)(row, story)];
  });
}

const on = ({ at, leg, linked }: CelRow, { pbx }: Story): { at: Instant; pbx: PbxId; leg: LegId; linked: Linkedid } => ({ at, pbx, leg, linked });
const seen: Telling = (row, story) => (story.closed.has(row.leg) ? [] : [{ ...on(row, story), kind: 'leg-seen' }]);

/** A channel whose beginning is not among the rows lived before them: it is told as one that was found alive. */
function opened(row: CelRow, story: Story): readonly Event[] {
  const channel = story.channels.get(row.leg);
  if (channel === undefined) return [];
  const party = partyOf(story.profile, row.channel, row.number, row.name);
  const opening: Event = {
    ...on(row, story), kind: 'leg-opened', name: row.channel, party, dialled: row.exten, context: row.context, incoming: channel.incoming, line: resourceOf(row.channel),
    ...(row.type === 'CHAN_START' ? {} : { concluded: true as const }),
  };
  return [opening, ...named(channel, story, party), ...(isDialled(channel) && row.type === 'CHAN_START' ? dialled(row, channel, story) : [])];
}

const isDialled = ({ incoming, helper }: Channel): boolean => !incoming && !helper;

/** A caller id that the channel got a moment after its first row: an inbound client has no other name. */
function named({ incoming, rows }: Channel, story: Story, party: ReturnType<typeof partyOf>): readonly Event[] {
  const later = incoming && party.kind !== 'helper' && 'number' in party && party.number === '' ? rows.find(({ number }) => number !== '') : undefined;
  const first = rows[0];
  return later === undefined || first === undefined ? [] : [{
    ...on(first, story), kind: 'party-known', party: partyOf(story.profile, first.channel, later.number, later.name),
  }];
}

/** CEL has no row for ringing: who is called rings from the beginning of his channel. */
function dialled(row: CelRow, channel: Channel, story: Story): readonly Event[] {
  const dialler = story.channels.dialler(channel);
  const number = numberOf(channel, dialler, story.dialStrings(row.channel, row.at));
  return [
    { ...on(row, story), kind: 'dial-began', by: dialler?.id ?? null, number, employee: mobileOf(story.profile, number) },
    { ...on(row, story), kind: 'leg-ringing' },
  ];
}

const answered: Telling = (row, story) => {
  const channel = story.channels.get(row.leg);
  return [{ ...on(row, story), kind: 'leg-up' }, ...(channel === undefined ? [] : dialEnded(row.at, channel, story))];
};

/** Once for each channel that was dialled: at its answer, at its end, or at the end of who dialled it. */
function dialEnded(at: Instant, channel: Channel, story: Story, forward = ''): readonly Event[] {
  const linked = story.linkeds.get(channel.id);
  if (!isDialled(channel) || linked === undefined || story.dialEnded.has(channel.id)) return [];
  story.dialEnded.add(channel.id);
  const status = channel.answered ? 'ANSWER' : forward === '' ? unanswered(channel, story.channels) : 'CANCEL';
  return [{ pbx: story.pbx, at, leg: channel.id, linked, kind: 'dial-ended', by: story.channels.dialler(channel)?.id ?? null, status, forward }];
}

/** HANGUP and CHAN_END: whichever of the two cel.conf lets through first. */
const closed: Telling = (row, story) => {
  const channel = story.channels.get(row.leg);
  if (channel === undefined || story.closed.has(row.leg)) return [];
  story.closed.add(row.leg);
  // A Dial that failed is over before its caller hangs up, but the rows of those it called may come after the caller's.
  const pending = story.channels.dialledBy(channel).filter((other) => !other.answered && !story.closed.has(other.id));
  const dials = [channel, ...pending].flatMap((other) => dialEnded(row.at, other, story));
  return [...dials, { ...on(row, story), kind: 'leg-closed', cause: channel.cause ?? (channel.answered ? 16 : 0) }];
};

/** A phone that sent the caller elsewhere (SIP 302): cause 23 in 22 [include/asterisk/causes.h], none in 16, where it alone ends itself without one. */
const redirected = ({ answered: lifted, cause, endedItself }: Channel): boolean => !lifted && (cause === 23 || (cause === 0 && endedItself));

/** The row stands with the caller; which of the phones forwarded him shows at its end. */
const forwarded: Telling = (row, story) => {
  const channel = story.channels.get(row.leg);
  const rings = ({ id }: Channel): boolean => story.linkeds.has(id) && !story.dialEnded.has(id);
  const phones = channel === undefined ? [] : story.channels.dialledBy(channel).filter((phone) => redirected(phone) && rings(phone));
  return phones[0] === undefined ? seen(row, story) : dialEnded(row.at, phones[0], story, row.extra?.['forward'] ?? '');
};

const STATUSES: ReadonlySet<string> = new Set<DialStatus>(['BUSY', 'NOANSWER', 'CANCEL', 'CONGESTION', 'CHANUNAVAIL', 'DONTCALL', 'TORTURE', 'INVALIDARGS']);

/** The dialler's own word where it dialled this channel alone; of several, how each one hung up. */
function unanswered(channel: Channel, channels: Channels): DialStatus {
  const dialler = channels.dialler(channel);
  const status = dialler?.dialStatus ?? '';
  const alone = dialler !== undefined && channels.dialledBy(dialler).filter(({ helper }) => !helper).length === 1;
  if (alone && STATUSES.has(status)) return status as DialStatus;
  const byCause = statusOf(channel.cause);
  return byCause === 'CANCEL' && status === 'NOANSWER' ? status : byCause;
}

/** As app_dial counts the causes of those who did not answer; 26 is who lost to another phone, 0 and 127 whom the caller gave up. */
function statusOf(cause: number | null): DialStatus {
  switch (cause) {
    case 17: return 'BUSY';
    case 18: case 19: case null: return 'NOANSWER';
    case 0: case 16: case 26: case 127: return 'CANCEL';
    case 34: return 'CONGESTION';
    default: return 'CHANUNAVAIL';
  }
}

const entered: Telling = (row, story) => {
  const bridge = story.bridgeOf(row);
  const kind = story.kinds.get(bridge) ?? kindOf(row.extra?.['bridge_technology'] ?? '');
  story.kinds.set(bridge, kind);
  return [{ ...on(row, story), kind: 'bridge-entered', bridge, bridgeKind: kind }];
};
const left: Telling = (row, story) => {
  const bridge = story.bridgeOf(row);
  return [{ ...on(row, story), kind: 'bridge-left', bridge, bridgeKind: story.kinds.get(bridge) ?? 'basic' }];
};

/** By the technology at its first entry: a conversation of two that a third joins turns to softmix, a conference is softmix from its beginning. */
const kindOf = (technology: string): BridgeKind => (technology === 'holding_bridge' ? 'holding' : technology === 'softmix' ? 'conference' : 'basic');

const ids = (row: CelRow, ...names: readonly string[]): readonly LegId[] =>
  names.map((name) => row.extra?.[`${name}_uniqueid`] ?? 'N/A').filter((id) => id !== 'N/A' && id !== '') as readonly string[] as readonly LegId[];

const blindTransferred: Telling = (row, story) => {
  const [transferee] = ids(row, 'transferee_channel');
  return transferee === undefined ? seen(row, story) : [{ ...on(row, story), kind: 'blind-transferred', transferee, to: row.extra?.['extension'] ?? '' }];
};

const attendedTransferred: Telling = (row, story) => {
  const others = ids(row, 'channel2', 'transferee_channel', 'transfer_target_channel').flatMap((id) => story.linkeds.get(id) ?? []);
  return others.length === 0 ? seen(row, story) : [{ ...on(row, story), kind: 'attended-transferred', linkeds: [...new Set([row.linked, ...others])] }];
};

/** The row stands with the phone that rang; who lifted instead is in the extra data. */
const pickedUp: Telling = (row, story) => {
  const [picker] = ids(row, 'pickup_channel');
  const linked = picker === undefined ? undefined : story.linkeds.get(picker);
  return picker === undefined || linked === undefined ? seen(row, story) : [
    { ...on(row, story), leg: picker, linked, kind: 'picked-up', target: row.leg }, ...seen(row, story),
  ];
};

/** The number of the place is not told, only the lot. */
const parked: Telling = (row, story) => [{ ...on(row, story), kind: 'parked', space: '' }];
const unparked: Telling = (row, story) => {
  const retriever = story.channels.named(row.extra?.['retriever'] ?? '', row.at);
  return retriever === undefined ? seen(row, story) : [{ ...on(row, story), kind: 'unparked', by: retriever.id }];
};

const applicationBegan: Telling = (row, story) => (
  row.app.toLowerCase() === 'voicemail' ? [{ ...on(row, story), kind: 'application-entered', application: 'VoiceMail' }] : seen(row, story)
);

const TABLE: ReadonlyMap<string, Telling> = new Map<string, Telling>([
  ['CHAN_START', () => []],
  ['ANSWER', answered],
  ['BRIDGE_ENTER', entered],
  ['BRIDGE_EXIT', left],
  ['BLINDTRANSFER', blindTransferred],
  ['ATTENDEDTRANSFER', attendedTransferred],
  ['PICKUP', pickedUp],
  ['FORWARD', forwarded],
  ['PARK_START', parked],
  ['PARK_END', unparked],
  ['APP_START', applicationBegan],
  ['HANGUP', closed],
  ['CHAN_END', closed],
  ['LINKEDID_END', ({ at, linked }, { pbx }) => [{ at, pbx, kind: 'linked-sealed', linked }]],
]);
