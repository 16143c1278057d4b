/** Which legs the rows of CDR speak of. CDR gives the uniqueid of A alone, and often no linkedid; the rest is found by the names of the channels. */
import type { Instant, LegId, Linkedid } from '../core/words.ts';
import { stories } from './belonging.ts';
import { type CdrRow, createdAt } from './rows.ts';

/** One row with its legs: A is `row.leg`, B `partner`, null = it was connected with nobody. */
export interface Pair { readonly row: CdrRow; readonly linked: Linkedid; readonly partner: LegId | null }

/** One leg as its rows show it. `dialled`: Asterisk called it, for it was somebody's B before it was an A. */
export interface Trace {
  readonly id: LegId; readonly linked: Linkedid; readonly name: string; readonly opens: CdrRow; readonly dialled: boolean; readonly closes: Instant;
  readonly answered: boolean;
}

const HOUR_MS = 3_600_000;

/** `rows` by their start. `leadsOutside`: by the name of a channel. */
export function pairsOf(rows: readonly CdrRow[], leadsOutside: (channel: string) => boolean): readonly Pair[] {
  const linkeds = linkedsOf(rows, leadsOutside);
  const partnerOf = partners(rows);
  return rows.map((row) => ({ row, linked: linkeds.get(row) ?? row.leg as string as Linkedid, partner: row.dstChannel === '' ? null : partnerOf(row) }));
}

/**
 * Without a linkedid in the rows a call is named after its first channel; the halves of a Local channel are of one call. Where there is one it
 * is the last one: a client who was led into an older call bears that one's name there. A live listener knew him under his own id, so do we.
 */
function linkedsOf(rows: readonly CdrRow[], leadsOutside: (channel: string) => boolean): ReadonlyMap<CdrRow, Linkedid> {
  const dialled = new Set(rows.map(({ dstChannel }) => dstChannel));
  const isClient = ({ channel }: CdrRow): boolean => leadsOutside(channel) && !dialled.has(channel);
  const told = stories(rows, (row) => [`leg ${row.leg}`, ...(row.linked === '' ? halves(row) : [`linked ${row.linked}`])]);
  return new Map(told.flatMap((story) => {
    const name = story.find(({ linked }) => linked !== '')?.linked ?? story.map(({ leg }) => leg).reduce(older);
    return story.map((row) => [row, (isClient(row) ? row.leg as string : row.linked === '' ? name : row.linked) as Linkedid] as const);
  }));
}

/** Uniqueids count up: `1795168980.105` was made before `.106`. One that an Originate named is the oldest. */
const older = (one: LegId, other: LegId): LegId => (age(other, one) < 0 ? other : one);
const age = (one: LegId, other: LegId): number => ((createdAt(one) ?? 0) - (createdAt(other) ?? 0)) || countOf(one) - countOf(other);
const countOf = (leg: LegId): number => Number(leg.slice(leg.lastIndexOf('.') + 1)) || 0;

const halves = ({ channel, dstChannel, start }: CdrRow): readonly string[] =>
  [channel, dstChannel].filter((name) => name.startsWith('Local/')).map((name) => `local ${name.replace(/;[12]$/, '')} ${Math.floor(start / HOUR_MS)}`);

/**
 * B has an id where another row is its own; else its name has to do. Names count up from zero after a restart of Asterisk: of several channels
 * of one name it is the last one made before the row ended, and a name that nobody bore for an hour is somebody else's.
 */
function partners(rows: readonly CdrRow[]): (row: CdrRow) => LegId {
  const own = Map.groupBy(rows, ({ channel }) => channel);
  const borne = new Map<string, { readonly id: LegId; readonly until: number }>();
  return ({ dstChannel, start, end }) => {
    const born = (own.get(dstChannel) ?? []).map((row) => ({ leg: row.leg, at: createdAt(row.leg) ?? row.start - HOUR_MS })).filter(({ at }) => at <= end);
    const leg = born.toSorted((one, other) => one.at - other.at).at(-1)?.leg;
    if (leg !== undefined) return leg;
    const known = borne.get(dstChannel);
    const id = known === undefined ? dstChannel as LegId : start <= known.until + HOUR_MS ? known.id : `${dstChannel} ${start}` as LegId;
    borne.set(dstChannel, { id, until: Math.max(known?.until ?? 0, end) });
    return id;
  };
}

export function tracesOf(pairs: readonly Pair[]): ReadonlyMap<LegId, Trace> {
  const traces = new Map<LegId, Trace>();
  for (const { row, linked, partner } of pairs) {
    if (partner !== null) follow(traces, { row, linked, id: partner, name: row.dstChannel, dialled: true });
    follow(traces, { row, linked, id: row.leg, name: row.channel, dialled: false });
  }
  return traces;
}

interface Sight { readonly row: CdrRow; readonly linked: Linkedid; readonly id: LegId; readonly name: string; readonly dialled: boolean }

/** Of two rows that begin together the one that dialled it comes first: whoever is called does not call. */
function follow(traces: Map<LegId, Trace>, { row, linked, id, name, dialled }: Sight): void {
  const known = traces.get(id);
  const earlier = known !== undefined && (known.dialled || !dialled || known.opens.start < row.start);
  const opening = earlier ? known : { id, linked, name, opens: row, dialled };
  traces.set(id, { ...opening, closes: Math.max(known?.closes ?? 0, row.end) as Instant, answered: row.disposition === 'ANSWERED' || known?.answered === true });
}
