/** What the rows of a channel say about it as a whole: first pass over CEL, because its first row does not know yet what it will be. */
import { dialledNumber, resourceOf } from '../core/parties.ts';
import type { LegId } from '../core/words.ts';
import type { CelRow } from './rows.ts';

export interface Channel {
  readonly id: LegId;
  readonly first: CelRow;
  /** It called Asterisk; false: Asterisk called it. */
  readonly incoming: boolean;
  readonly helper: boolean;
  /** Dial strings that it dialled, `PJSIP/79161234567@trunk`. */
  readonly dialled: readonly string[];
  readonly answered: boolean;
  /** Asterisk's cause of its end; null = not told. */
  readonly cause: number | null;
  /** It ended by itself, nobody ended it. */
  readonly endedItself: boolean;
  /** How its own Dial came out: the first failure, or ANSWER [main/cel.c save_dialstatus]; `''` = it dialled nobody. */
  readonly dialStatus: string;
  readonly rows: readonly CelRow[];
}

export interface Channels {
  readonly get: (id: LegId) => Channel | undefined;
  /** The channel of that name that lived at that moment of the story. */
  readonly named: (name: string, at: number) => Channel | undefined;
  /** Who dialled this channel; undefined = an Originate, or its row is not there. */
  readonly dialler: (channel: Channel) => Channel | undefined;
  /** All that were dialled by one channel, in the order of their beginning. */
  readonly dialledBy: (channel: Channel) => readonly Channel[];
}

export function survey(rows: readonly CelRow[]): Channels {
  const all = new Map([...Map.groupBy(rows, ({ leg }) => leg)].map(([id, mine]) => [id, channelOf(id, mine)] as const));
  const byName = Map.groupBy(all.values(), ({ first }) => first.channel);
  const byLinked = Map.groupBy(all.values(), ({ first }) => first.linked);
  const diallers = new Map([...all.values()].map((channel) => [channel.id, diallerOf(channel, byLinked.get(channel.first.linked) ?? [])] as const));
  const legs = Map.groupBy(all.values(), ({ id }) => diallers.get(id)?.id);
  return {
    get: (id) => all.get(id),
    named: (name, at) => byName.get(name)?.findLast(({ first }) => first.at <= at),
    dialler: ({ id }) => diallers.get(id),
    dialledBy: ({ id }) => legs.get(id) ?? [],
  };
}

function channelOf(id: LegId, rows: readonly CelRow[]): Channel {
  const [first] = rows as readonly [CelRow, ...CelRow[]];
  const hangup = rows.find(({ type }) => type === 'HANGUP');
  const cause = hangup?.extra?.['hangupcause'];
  return {
    id, first, rows, incoming: calledIn(first, rows), helper: first.channel.startsWith('Local/'), answered: rows.some(({ type }) => type === 'ANSWER'),
    dialled: [...new Set(rows.flatMap(({ app, data }) => (app === 'Dial' ? destinations(data) : [])))],
    cause: cause === undefined ? null : Number(cause), endedItself: hangup?.extra?.['hangupsource'] === first.channel,
    dialStatus: hangup?.extra?.['dialstatus'] ?? '',
  };
}

/**
 * A channel that Asterisk calls is born under the linkedid of who dialled it; one that calls in has its own. An Originate's channel has its
 * own, too, and runs AppDial2. AppDial alone proves nothing: a phone that picked a call up takes the place of the one that was dialled.
 */
function calledIn(first: CelRow, rows: readonly CelRow[]): boolean {
  if (!isSame(first.leg, first.linked)) return false;
  return !rows.some(({ app }) => app === 'AppDial2') && !(first.type !== 'CHAN_START' && first.app.startsWith('AppDial'));
}

/** `PJSIP/219&PJSIP/79161234567@trunk,30,tT` → both. */
const destinations = (data: string): readonly string[] => (data.split(',')[0] ?? '').split('&').filter((destination) => destination.includes('/'));

function diallerOf(channel: Channel, family: readonly Channel[]): Channel | undefined {
  if (channel.incoming) return undefined;
  const older = family.filter(({ id, first }) => id !== channel.id && first.at <= channel.first.at);
  return older.findLast(({ dialled }) => dialled.some((destination) => leadsTo(destination, channel.first.channel)))
    ?? older.find(({ first }) => isSame(first.leg, first.linked));
}

/** The channel that a linkedid is named after. */
const isSame = (leg: string, linked: string): boolean => leg === linked;

/** `PJSIP/79161234567@trunk`, `SIP/trunk/7916…`, `PJSIP/219` lead to `TECH/trunk-…`, `PJSIP/219-…`. */
export function leadsTo(destination: string, channel: string): boolean {
  const technology = channel.slice(0, channel.indexOf('/') + 1);
  return destination.startsWith(technology) && destination.slice(technology.length).split(/[@/]/).includes(resourceOf(channel));
}

/**
 * The number that was dialled outside: out of the dial string, where the dialler's rows show it (they do from the answer on, or where Dial is
 * among cel.conf's `apps`), or where CDR `told` it. Else what was dialled in the dialplan: the trunk's prefix may still be before it.
 */
export function numberOf(channel: Channel, dialler: Channel | undefined, told: string | null): string {
  const fitting = dialler?.dialled.filter((destination) => leadsTo(destination, channel.first.channel)) ?? [];
  const others = dialler?.dialled.filter((destination) => destination.startsWith(channel.first.channel.slice(0, 4))) ?? [];
  const dialplan = [...channel.rows.map(({ number }) => number), ...channel.rows.map(({ exten }) => exten), dialler?.first.exten ?? ''];
  return [...fitting, told ?? '', ...others, ...dialplan].map(dialledNumber).find((number) => number !== '') ?? '';
}
