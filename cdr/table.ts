/**
 * CEL or CDR in a table of a database. Tables differ between FreePBX, cdr_pgsql, cel_odbc and their versions, so the table is asked for its
 * columns first, and only those that exist are read. Nothing is ever written. Longer than others: the two dialects share all of it.
 */
import type { Window } from '../core/ports.ts';
import { MissingBook } from './errors.ts';
import type { RawRow } from './rows.ts';
import { MAX_CEL_ROWS, type Sheet } from './sheet.ts';
import type { Zone } from './zone.ts';

/** One row as text; null as the database's NULL. */
export type TextRow = Readonly<Record<string, string | null>>;
export type Value = string | number;

/** A connection: read only, its session's time zone is UTC, each statement has a deadline on the server. */
export interface Session {
  all(sql: string, values: readonly Value[]): Promise<readonly TextRow[]>;
  /** Rows as they come: the whole answer is never in memory. */
  stream(sql: string, values: readonly Value[]): AsyncIterable<TextRow>;
  close(): Promise<void>;
}
export interface Dialect {
  /** Rejects with BooksError. An abort of the signal cuts the connection, and with it whatever it waits for. */
  connect(signal: AbortSignal): Promise<Session>;
  quote(name: string): string;
  placeholder(nth: number): string;
  /** A statement with one value, the table's name, whose rows are (`name`, `type`). */
  readonly columns: string;
  /** What the server said, as a BooksError. */
  failure(error: unknown): Error;
}

export interface Kind { readonly wanted: readonly string[]; readonly times: readonly string[]; readonly channel: string }
export const CEL: Kind = {
  wanted: ['id', 'eventtype', 'eventtime', 'cid_name', 'cid_num', 'exten', 'context', 'channame', 'appname', 'appdata', 'uniqueid', 'linkedid', 'peer', 'bridgepeer',
    'extra', 'eventextra'],
  times: ['eventtime'],
  channel: 'channame',
};
export const CDR: Kind = {
  wanted: ['calldate', 'start', 'answer', 'end', 'clid', 'src', 'dst', 'dcontext', 'channel', 'dstchannel', 'lastapp', 'lastdata', 'duration', 'billsec', 'disposition',
    'uniqueid', 'linkedid', 'sequence', 'did', 'cnum', 'cnam'],
  times: ['calldate', 'start'],
  channel: 'channel',
};

/** In whose words a column keeps its times. */
type Keeping = 'local' | 'utc' | 'epoch';
interface Shape { readonly table: string; readonly columns: readonly string[]; readonly time: string; readonly keeping: ReadonlyMap<string, Keeping>; readonly id: boolean }

export function tableSheet(dialect: Dialect, table: string, kind: Kind, zone: Zone): Sheet {
  return {
    name: table,
    rows: async function* rows(span, signal) {
      const session = await dialect.connect(signal);
      try {
        const shape = await shapeOf(session, dialect, table, kind);
        const { sql, values } = await question(session, dialect, shape, { span, zone });
        let count = 0;
        for await (const row of session.stream(sql, values)) yield rawRow(row, shape, count += 1);
      } catch (error) {
        throw dialect.failure(error);
      } finally {
        await session.close();
      }
    },
  };
}

async function shapeOf(session: Session, dialect: Dialect, table: string, { wanted, times, channel }: Kind): Promise<Shape> {
  const columns = new Map((await session.all(dialect.columns, [table])).map((row) => [(row['name'] ?? '').toLowerCase(), (row['type'] ?? '').toLowerCase()]));
  if (columns.size === 0) throw new MissingBook(`there is no table ${table} in this database, or its user may not see it`,
    'name the table, and grant SELECT on it');
  const time = times.find((name) => columns.has(name));
  const lacking = [...['uniqueid', channel].filter((name) => !columns.has(name)), ...(time === undefined ? [times.join(' or ')] : [])];
  if (time === undefined || lacking.length > 0) throw new MissingBook(`the table ${table} has no column ${lacking.join(', ')}`,
    'name the table of CEL under cel: and the one of CDR under cdr:');
  const keeping = new Map([...columns].map(([name, type]) => [name, keepingOf(type)] as const));
  return { table, columns: wanted.filter((name) => columns.has(name)), time, keeping, id: keeping.get('id') === 'epoch' };
}

function keepingOf(type: string): Keeping {
  if (/int|numeric|decimal|double|float|real/.test(type)) return 'epoch';
  return type === 'timestamp' || type === 'timestamp with time zone' ? 'utc' : 'local';
}

interface Ask { readonly span: Window; readonly zone: Zone }
/** Local times may lie an hour beside their order where a clock was set back. */
const DISORDER_MS = 2 * 3_600_000;

/** The bare column in a range: an index on it serves. Where there is none (FreePBX has none on cel.eventtime), the primary key does. */
async function question(session: Session, dialect: Dialect, shape: Shape, { span, zone }: Ask): Promise<{ readonly sql: string; readonly values: readonly Value[] }> {
  const [from, to] = [span.from - DISORDER_MS, span.to + DISORDER_MS];
  const time = dialect.quote(shape.time);
  const ids = shape.id ? [await firstId(session, dialect, shape, { zone, at: from }), await firstId(session, dialect, shape, { zone, at: to })] : [];
  const values = [bound(shape, zone, from), bound(shape, zone, to), ...ids];
  const names = ['', '', '', ''].map((_name, index) => dialect.placeholder(index + 1));
  const byId = shape.id ? ` AND ${dialect.quote('id')} >= ${names[2] ?? ''} AND ${dialect.quote('id')} < ${names[3] ?? ''}` : '';
  const order = shape.id ? dialect.quote('id') : time;
  return {
    sql: `SELECT ${shape.columns.map((name) => dialect.quote(name)).join(', ')} FROM ${dialect.quote(shape.table)} `
      + `WHERE ${time} >= ${names[0] ?? ''} AND ${time} < ${names[1] ?? ''}${byId} ORDER BY ${order} LIMIT ${MAX_CEL_ROWS + 1}`,
    values,
  };
}

/** The smallest id of that time or later, by halving: ids count up as rows are written. */
async function firstId(session: Session, dialect: Dialect, shape: Shape, { zone, at }: { readonly zone: Zone; readonly at: number }): Promise<number> {
  const [id, time, table] = [dialect.quote('id'), dialect.quote(shape.time), dialect.quote(shape.table)];
  const [ends] = await session.all(`SELECT MIN(${id}) AS low, MAX(${id}) AS high FROM ${table}`, []);
  let [low, high] = [Number(ends?.['low'] ?? 0), Number(ends?.['high'] ?? 0) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = await session.all(`SELECT ${id} AS id, ${time} AS stamp FROM ${table} WHERE ${id} >= ${dialect.placeholder(1)} ORDER BY ${id} LIMIT 1`, [middle]);
    const stamp = row === undefined ? null : zone.instant(stampOf(row['stamp'] ?? '', shape.keeping.get(shape.time)));
    if (row === undefined || stamp === null || stamp >= at) high = middle;
    else low = Number(row['id']) + 1;
  }
  return low;
}

function bound({ keeping, time }: Shape, zone: Zone, at: number): Value {
  switch (keeping.get(time)) {
    case 'epoch': return Math.floor(at / 1000);
    case 'utc': return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    default: return zone.stamp(at);
  }
}

/** The session's zone is UTC: what it shows of an absolute time without an offset is UTC. */
const stampOf = (text: string, keeping: Keeping | undefined): string => (keeping === 'utc' && !/(?:Z|[+-]\d{2}(?::?\d{2})?)$/.test(text) ? `${text}Z` : text);

const STAMPS: ReadonlySet<string> = new Set(['eventtime', 'calldate', 'start', 'answer', 'end']);

function rawRow(row: TextRow, { table, keeping }: Shape, count: number): RawRow {
  const get = (name: string): string => (STAMPS.has(name) ? stampOf(row[name] ?? '', keeping.get(name)) : row[name] ?? '');
  return { where: `${table}, ${row['id'] === undefined ? `row ${count}` : `id ${row['id'] ?? ''}`}`, get };
}
