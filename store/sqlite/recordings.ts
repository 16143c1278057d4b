import type { Fact } from '../../core/facts.ts';
import type { NewDelivery, NewRecording, RecordingPage, RecordingPatch, RecordingRow, RecordingState, RecordingStore } from '../../core/ports.ts';
import type { CallKey, Instant, PbxId, RecordingId } from '../../core/words.ts';
import { instant } from '../../core/words.ts';
import { StoreError } from '../errors.ts';
import type { Connection, Row, Values } from './connection.ts';
import { insertDelivery, insertFact } from './facts.ts';
import { extensionsOf, pausesOf } from './parse-recordings.ts';
import { bit, flag, moment, momentOrNull, number, numberOrNull, text, textOrNull, whole, word } from './rows.ts';

const INSERT = `insert into recordings (tenant, id, pbx, call, file, state, not_before, bytes_claimed, certain, talked, pauses, created_at, updated_at)
  values (:tenant, :id, :pbx, :call, :file, 'closed', :at, :bytes, :certain, :talked, :pauses, :at, :at) on conflict (tenant, id) do nothing`;
/** Word for word the condition of the partial index. */
const WORK = "state in ('closed', 'spooled', 'encoded')";
const DUE = `select * from recordings where tenant = :tenant and not_before <= :now and ${WORK} order by not_before limit :limit`;
const NEXT_DUE = `select min(not_before) as due from recordings where tenant = :tenant and ${WORK}`;
const ONE = 'select * from recordings where tenant = :tenant and id = :id';
/** Back to the step at which it broke: what is spooled already needs no file on the PBX any more. */
const RETRY = `update recordings set attempts = 0, not_before = :now, reason = '', updated_at = :now,
    state = case when state = 'broken' then coalesce(broken_from, 'closed') when state = 'empty' then 'closed' else state end
  where tenant = :tenant and id = :id and state in ('broken', 'empty', 'closed', 'spooled', 'encoded')`;

const COLUMNS: Readonly<Record<keyof RecordingPatch, string>> = {
  state: 'state', attempts: 'attempts', notBefore: 'not_before', reason: 'reason', mp3: 'mp3', seconds: 'seconds', bytes: 'bytes', sha256: 'sha256',
  silenceSeconds: 'silence_seconds', channels: 'channels', stored: 'stored', upload: 'upload', hold: 'hold', purgedAt: 'purged_at',
};
const FRACTIONS: ReadonlySet<keyof RecordingPatch> = new Set<keyof RecordingPatch>(['seconds', 'silenceSeconds']);
/** Row values: the index on (tenant, created_at, id) serves window, order and the place to go on from. */
const PAGE = `select * from recordings where tenant = :tenant and (created_at, id) > (:after, :id) and created_at >= :from and created_at < :to
  order by created_at, id limit :limit`;

export const recordingStatements = { DUE, NEXT_DUE, PAGE };

export function sqliteRecordings(connection: Connection): RecordingStore {
  let grouped = false;
  const alone = (work: () => void): void => { if (grouped) work(); else connection.transaction(work); };
  return {
    due: (now, limit) => connection.all(DUE, { now: whole(now), limit }).map((row) => recordingRow(row, connection)),
    nextDue: (now) => nextDue(connection, now),
    patch: (id, change, now) => patch(connection, id, change, now),
    ready: (id, change, fact, deliveries, now) =>
      alone(() => { ready(connection, { id, change, fact, deliveries, now }); }),
    together: (work) => {
      connection.transaction(() => {
        grouped = true;
        try { work(); } finally { grouped = false; }
      });
    },
    list: (filter) => list(connection, filter),
    page: (ask) => page(connection, ask),
    get: (id) => {
      const row = connection.get(ONE, { id });
      return row === undefined ? null : recordingRow(row, connection);
    },
    retry: (id, now) => connection.run(RETRY, { id, now: whole(now) }) === 1,
  };
}

/** The PBX has closed the file: the work on it can begin at once. A recording that is already there stays as it is. */
export function insertRecording(connection: Connection, recording: NewRecording, at: Instant): void {
  const { id, pbx, call, file, bytesClaimed, certain, talked, pauses } = recording;
  const legs = { talked: JSON.stringify(talked), pauses: JSON.stringify(pauses) };
  connection.run(INSERT, { id, pbx, call, file, bytes: whole(bytesClaimed), certain: bit(certain), ...legs, at: whole(at) });
}

interface Ready {
  readonly id: RecordingId; readonly change: RecordingPatch; readonly fact: Fact; readonly deliveries: readonly NewDelivery[]; readonly now: Instant;
}

function ready(connection: Connection, { id, change, fact, deliveries, now }: Ready): void {
  patch(connection, id, change, now);
  insertFact(connection, fact);
  for (const delivery of deliveries) insertDelivery(connection, delivery, now);
}

/** Throws STORE_NO_ROW when there is no such recording: that is a bug of the caller. */
function patch(connection: Connection, id: RecordingId, change: RecordingPatch, now: Instant): void {
  const fields = Object.keys(COLUMNS).filter((field): field is keyof RecordingPatch => change[field as keyof RecordingPatch] !== undefined);
  const values = Object.fromEntries(fields.map((field) => [field, columnValue(field, change)]));
  if (connection.run(patchStatement(fields), { ...values, id, now: whole(now) }) === 1) return;
  throw new StoreError('STORE_NO_ROW', `there is no recording ${id}`);
}

/** All numbers but lengths are whole in their columns. */
function columnValue(field: keyof RecordingPatch, change: RecordingPatch): string | number | null {
  const value = change[field] ?? null;
  return typeof value === 'number' && !FRACTIONS.has(field) ? whole(value) : value;
}

function patchStatement(fields: readonly (keyof RecordingPatch)[]): string {
  const columns = fields.map((field) => `${COLUMNS[field]} = :${field}`);
  // On the right side `state` still is the state before this update.
  const from = fields.includes('state') ? ["broken_from = iif(:state = 'broken' and state <> 'broken', state, broken_from)"] : [];
  return `update recordings set ${[...columns, ...from, 'updated_at = :now'].join(', ')} where tenant = :tenant and id = :id`;
}

function nextDue(connection: Connection, now: Instant): Instant | null {
  const row = connection.get(NEXT_DUE, {});
  const due = row === undefined ? null : numberOrNull(row, 'due');
  return due === null ? null : instant(Math.max(due, now));
}

/** Newest first. */
function list(connection: Connection, filter: Parameters<RecordingStore['list']>[0]): readonly RecordingRow[] {
  const columns = (['state', 'call'] as const).filter((column) => filter[column] !== undefined);
  const conditions = columns.map((column) => ` and ${column} = :${column}`).join('');
  const values: Values = Object.fromEntries(columns.map((column) => [column, filter[column] ?? null]));
  const sql = `select * from recordings where tenant = :tenant${conditions} order by created_at desc, id limit :limit`;
  return connection.all(sql, { ...values, limit: filter.limit }).map((row) => recordingRow(row, connection));
}

const EVER = Number.MAX_SAFE_INTEGER;

function page(connection: Connection, { after, limit, from, to }: RecordingPage): readonly RecordingRow[] {
  const begin = { after: after === null ? -EVER : whole(after.createdAt), id: after?.id ?? '' };
  const window = { from: from === undefined ? -EVER : whole(from), to: to === undefined ? EVER : whole(to) };
  return connection.all(PAGE, { ...begin, ...window, limit }).map((row) => recordingRow(row, connection));
}

function recordingRow(row: Row, { tenant }: Connection): RecordingRow {
  return {
    id: word<RecordingId>(row, 'id'), tenant, pbx: word<PbxId>(row, 'pbx'), call: word<CallKey>(row, 'call'), file: text(row, 'file'),
    state: word<RecordingState>(row, 'state'), attempts: number(row, 'attempts'), notBefore: moment(row, 'not_before'),
    reason: text(row, 'reason'), bytesClaimed: number(row, 'bytes_claimed'), certain: flag(row, 'certain'), createdAt: moment(row, 'created_at'),
    mp3: textOrNull(row, 'mp3'), seconds: numberOrNull(row, 'seconds'), bytes: numberOrNull(row, 'bytes'), sha256: textOrNull(row, 'sha256'),
    talked: extensionsOf(text(row, 'talked')), pauses: pausesOf(text(row, 'pauses')), silenceSeconds: numberOrNull(row, 'silence_seconds'),
    channels: channelsOf(textOrNull(row, 'channels')), stored: textOrNull(row, 'stored'), upload: textOrNull(row, 'upload'), hold: text(row, 'hold'), purgedAt: momentOrNull(row, 'purged_at'),
  };
}

/** The column is held to these by a check constraint. */
const channelsOf = (value: string | null): RecordingRow['channels'] => value as RecordingRow['channels'];
