/** One row of CEL or CDR, whichever file or table it came from. Text from outside: what cannot be read is said, not guessed. */
import type { Instant, LegId, Linkedid } from '../core/words.ts';
import type { Zone } from './zone.ts';

/** A row before it is understood; `get` gives `''` for a column that is not there. */
export interface RawRow { readonly where: string; readonly get: (column: string) => string }
export interface Unreadable { readonly where: string; readonly why: string }
export const isUnreadable = (row: object): row is Unreadable => 'why' in row;

/** CEL, one event of one channel [main/cel.c]. */
export interface CelRow {
  readonly where: string; readonly at: Instant; readonly id: number;
  readonly type: string; readonly number: string; readonly name: string; readonly exten: string; readonly context: string;
  readonly channel: string; readonly app: string; readonly data: string;
  readonly leg: LegId; readonly linked: Linkedid;
  /** Names of the others in the bridge, by commas. */
  readonly peer: string;
  /** Null where the table has no such column (FreePBX before 15). */
  readonly extra: Extra | null;
}
export type Extra = Readonly<Record<string, string>>;

/** CDR, one pair of channels [main/cdr.c]: A is whose record it is, B whom it was connected with. */
export interface CdrRow {
  readonly where: string; readonly start: Instant; readonly answer: Instant | null; readonly end: Instant; readonly sequence: number;
  readonly src: string; readonly name: string; readonly dst: string; readonly did: string; readonly context: string;
  readonly channel: string; readonly dstChannel: string; readonly app: string; readonly data: string; readonly disposition: string;
  readonly leg: LegId;
  /** `''` where the table has no such column: then channels that name each other belong together. */
  readonly linked: string;
}

/** When the channel of a uniqueid was made, `[system-]1795170726.0`; null where an Originate named it otherwise (asterisk-facts 3). */
export function createdAt(uniqueid: string): number | null {
  const seconds = /^(?:.+-)?(\d{9,10})\.\d+$/.exec(uniqueid)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

const first = (row: RawRow, ...columns: readonly string[]): string => columns.map(row.get).find((text) => text !== '') ?? '';
const bad = (row: RawRow, why: string): Unreadable => ({ where: row.where, why });
const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

export function celRow(row: RawRow, zone: Zone): CelRow | Unreadable {
  const leg = row.get('uniqueid');
  const stamp = row.get('eventtime');
  const at = zone.instant(stamp, createdAt(leg) ?? 0);
  if (at === null) return bad(row, `${shown(stamp)} is no time`);
  if (leg === '' || row.get('channame') === '') return bad(row, 'no uniqueid or channel name');
  return {
    where: row.where, at, id: Number(row.get('id') || Number.NaN), type: typeOf(row.get('eventtype')), number: row.get('cid_num'), name: row.get('cid_name'),
    exten: row.get('exten'), context: row.get('context'), channel: row.get('channame'), app: row.get('appname'), data: row.get('appdata'),
    leg: leg as LegId, linked: (row.get('linkedid') || leg) as Linkedid, peer: first(row, 'peer', 'bridgepeer'), extra: extraOf(first(row, 'extra', 'eventextra')),
  };
}

/** Where the column is a number, cel_pgsql writes the number of the event, since Asterisk 12 these [include/asterisk/cel.h]. */
const NUMBERED: readonly string[] = ['', 'CHAN_START', 'CHAN_END', 'HANGUP', 'ANSWER', 'APP_START', 'APP_END', 'BRIDGE_ENTER', 'BRIDGE_EXIT', 'PARK_START',
  'PARK_END', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'USER_DEFINED', 'LINKEDID_END', 'PICKUP', 'FORWARD', 'LOCAL_OPTIMIZE'];
const typeOf = (text: string): string => (/^\d{1,2}$/.test(text) ? NUMBERED[Number(text)] ?? text : text);

/** The extra data is one flat JSON object; of one that was cut at the column's width (FreePBX: 255) what is whole in it counts. */
function extraOf(text: string): Extra | null {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    const parts = Object.entries(Object(value) as object).filter(([, part]) => typeof part === 'string' || typeof part === 'number');
    return Object.fromEntries(parts.map(([name, part]) => [name, String(part)]));
  } catch {
    const pairs = [...text.matchAll(/"([a-z0-9_]+)":\s*(?:"([^"\\]*)"|(-?\d+)(?=[,}]))/g)];
    return Object.fromEntries(pairs.map(([, name = '', words, number]) => [name, words ?? number ?? '']));
  }
}

export function cdrRow(row: RawRow, zone: Zone): CdrRow | Unreadable {
  const leg = row.get('uniqueid');
  const stamp = first(row, 'calldate', 'start');
  const start = zone.instant(stamp, createdAt(leg) ?? 0);
  if (start === null) return bad(row, `${shown(stamp)} is no time`);
  if (row.get('channel') === '') return bad(row, 'no channel');
  if (leg === '') return bad(row, 'no uniqueid: set loguniqueid = yes in the section [csv] of cdr.conf');
  const end = zone.instant(row.get('end'), start) ?? after(start, row.get('duration'));
  if (end === null || end < start) return bad(row, `neither an end nor a duration: ${shown(row.get('duration'))}`);
  return {
    where: row.where, start, end, answer: answered(row, zone, { start, end }), sequence: Number(row.get('sequence')) || 0,
    src: first(row, 'src', 'cnum'), name: row.get('cnam') || nameOf(row.get('clid')), dst: row.get('dst'), did: row.get('did'), context: row.get('dcontext'),
    channel: row.get('channel'), dstChannel: row.get('dstchannel'), app: row.get('lastapp'), data: row.get('lastdata'),
    disposition: row.get('disposition').trim().toUpperCase(), leg: leg as LegId, linked: row.get('linkedid'),
  };
}

const after = (start: number, seconds: string): Instant | null => (/^\d{1,7}(?:\.\d+)?$/.test(seconds) ? (start + Math.round(Number(seconds) * 1000)) as Instant : null);

/** FreePBX keeps no time of the answer: it is the end less the seconds that were talked. */
function answered(row: RawRow, zone: Zone, { start, end }: { readonly start: Instant; readonly end: Instant }): Instant | null {
  const written = zone.instant(row.get('answer'), start);
  if (written !== null) return written;
  const talked = Number(row.get('billsec'));
  return talked > 0 ? Math.max(start, end - talked * 1000) as Instant : null;
}

/** `"Anna" <219>` → `Anna`. */
const nameOf = (clid: string): string => /^"(.*)"\s*<[^<>]*>$/s.exec(clid)?.[1] ?? '';
