/** Reads one book for a window: rows are understood, bad ones are noted, and the times are checked against the channels' own ids. */
import type { Window } from '../core/ports.ts';
import { instant } from '../core/words.ts';
import { wholeStories } from './belonging.ts';
import { BooksError } from './errors.ts';
import { type CdrRow, cdrRow, type CelRow, celRow, createdAt, isUnreadable, type RawRow, type Unreadable } from './rows.ts';
import { MAX_CDR_ROWS, MAX_CEL_ROWS, type Sheet, tooMany } from './sheet.ts';
import type { Zone } from './zone.ts';

/** How far around a window a call is followed. A call that lasts longer is told from where it was first seen. */
export const REACH_MS = 4 * 3_600_000;
const TOLD_BAD = 100;

export interface Gathered<Row> { readonly rows: readonly Row[]; readonly unreadable: readonly Unreadable[] }
export interface Ask { readonly window: Window; readonly zone: Zone; readonly signal: AbortSignal }

export async function gatherCel(sheet: Sheet, ask: Ask): Promise<Gathered<CelRow>> {
  const { rows, unreadable } = await understood(sheet, ask, celRow, MAX_CEL_ROWS);
  checkZone(sheet, rows.filter(({ type }) => type === 'CHAN_START').map(({ leg, at }) => ({ leg, at })));
  const told = wholeStories(rows, celKeys, ({ at }) => at >= ask.window.from && at < ask.window.to);
  // Ids count up as the rows are written; times of whole seconds, and an hour that comes twice, do not.
  return { rows: told.toSorted((one, other) => (one.id === other.id || Number.isNaN(one.id - other.id) ? 0 : one.id - other.id)), unreadable };
}

export async function gatherCdr(sheet: Sheet, ask: Ask): Promise<Gathered<CdrRow>> {
  const { rows, unreadable } = await understood(sheet, ask, cdrRow, MAX_CDR_ROWS);
  checkZone(sheet, rows.map(({ leg, start }) => ({ leg, at: start })));
  const told = wholeStories(rows, cdrKeys, ({ start, end }) => start < ask.window.to && end >= ask.window.from);
  return { rows: told.toSorted(inOrder), unreadable };
}

/** Of two that begin together: who was made later, else (one channel that was put from one bridge into another) what lasted longer, is the later one. */
const inOrder = (one: CdrRow, other: CdrRow): number =>
  one.start - other.start || serial(one.dstChannel) - serial(other.dstChannel) || one.end - other.end || one.sequence - other.sequence;

/** `PJSIP/219-0000002e` → 46: channels are counted. */
const serial = (channel: string): number => Number.parseInt(/-([0-9a-f]{8})(?:;[12])?$/.exec(channel)?.[1] ?? '0', 16);

const PARTNERS = ['channel2_uniqueid', 'transferee_channel_uniqueid', 'transfer_target_channel_uniqueid', 'pickup_channel_uniqueid'] as const;
const celKeys = ({ leg, linked, extra }: CelRow): readonly string[] => {
  const partners = PARTNERS.flatMap((name) => (extra?.[name] === undefined || extra[name] === 'N/A' ? [] : [`leg ${extra[name]}`]));
  return [`leg ${leg}`, `linked ${linked}`, ...partners, ...(extra?.['bridge_id'] === undefined ? [] : [`bridge ${extra['bridge_id']}`])];
};

/** A channel's name is used again after a restart of Asterisk, so it joins rows only with the id behind it, or within one hour. */
const NAME_MS = 3_600_000;
export const cdrKeys = ({ leg, linked, channel, dstChannel, start, end }: CdrRow): readonly string[] => {
  const hours = [...new Set([start, end].map((at) => Math.floor(at / NAME_MS)))];
  const names = [channel, dstChannel].filter((name) => name !== '').flatMap((name) => hours.map((hour) => `name ${name} ${hour}`));
  return [`leg ${leg}`, ...(linked === '' ? names : [`linked ${linked}`])];
};

async function understood<Row extends object>(
  sheet: Sheet, { window, zone, signal }: Ask, parse: (row: RawRow, zone: Zone) => Row | Unreadable, most: number,
): Promise<Gathered<Row>> {
  const span = { from: instant(window.from - REACH_MS), to: instant(window.to + REACH_MS) };
  const rows: Row[] = [];
  const unreadable: Unreadable[] = [];
  for await (const raw of sheet.rows(span, signal)) {
    signal.throwIfAborted();
    const row = isUnreadable(raw) ? raw : parse(raw, zone);
    if (!isUnreadable(row)) rows.push(row);
    else if (unreadable.length < TOLD_BAD) unreadable.push(row);
    if (rows.length > most) throw tooMany(sheet.name, most);
  }
  if (rows.length === 0 && unreadable.length > 0) throw allBad(sheet, unreadable);
  return { rows, unreadable };
}

const allBad = ({ name }: Sheet, unreadable: readonly Unreadable[]): BooksError => new BooksError('BOOKS_SHAPE',
  `no row of ${name} could be read; the first: ${unreadable[0]?.where ?? ''}: ${unreadable[0]?.why ?? ''}`, 'see docs/cdr.md for the columns that are expected');

const TOLERATED_MS = 600_000;
const ENOUGH = 3;

/**
 * A wrong zone would move every call by hours without a word. The uniqueid of a channel holds the second in which it was made, so where the
 * time of not one row is near its channel's, the zone is not the PBX's.
 */
function checkZone(sheet: Sheet, rows: readonly { readonly leg: string; readonly at: number }[]): void {
  const off = rows.flatMap(({ leg, at }) => { const made = createdAt(leg); return made === null ? [] : [at - made]; });
  const least = off.reduce((one, other) => (Math.abs(other) < Math.abs(one) ? other : one), Number.POSITIVE_INFINITY);
  if (off.length < ENOUGH || Math.abs(least) < TOLERATED_MS) return;
  throw new BooksError('BOOKS_SHAPE', `the times of ${sheet.name} are ${(least / 3_600_000).toFixed(1)} hours away from the ids of its channels`,
    'set timezone to the zone in which this Asterisk writes them (UTC where usegmtime = yes)');
}
