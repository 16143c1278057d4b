/** Until when each Pbx was surely heard: one row of meta per Pbx, so that a restart knows where its gap begins. */
import { instant, type Instant, type PbxId } from '../../core/words.ts';
import type { Connection } from './connection.ts';
import { number, whole } from './rows.ts';

const READ = 'select cast(value as integer) as heard from meta where tenant = :tenant and name = :name';
/** Never back: an older mark would make a restart read, and a caller believe, what was settled long ago. */
const WRITE = `insert into meta (tenant, name, value) values (:tenant, :name, :until)
  on conflict (tenant, name) do update set value = excluded.value where cast(excluded.value as integer) > cast(meta.value as integer)`;

/** Null = this Pbx was never heard. */
export function heardUntil(connection: Connection, pbx: PbxId): Instant | null {
  const row = connection.get(READ, { name: nameOf(pbx) });
  return row === undefined ? null : instant(number(row, 'heard'));
}

export function markHeard(connection: Connection, pbx: PbxId, until: Instant): void {
  connection.run(WRITE, { name: nameOf(pbx), until: String(whole(until)) });
}

const nameOf = (pbx: PbxId): string => `heard/${pbx}`;
