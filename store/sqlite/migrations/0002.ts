/**
 * Migration 2: the manifest of recordings. Old rows get what is true of them: nobody measured, nothing was stored elsewhere, nobody holds them.
 *
 * `talked` and `pauses` are JSON lists. `stored` names the verified copy in a bucket (`s3://bucket/key`), `upload` an upload in parts that a
 * crash may have interrupted. `hold` is the reason of a legal hold, `''` = none.
 */
export const MIGRATION_2 = `
alter table recordings add column talked text not null default '[]' check (json_valid(talked));
alter table recordings add column pauses text not null default '[]' check (json_valid(pauses));
alter table recordings add column silence_seconds real;
alter table recordings add column channels text check (channels is null or channels in ('mono', 'stereo'));
alter table recordings add column stored text;
alter table recordings add column upload text;
alter table recordings add column hold text not null default '';
alter table recordings add column purged_at integer;
create index recordings_by_age on recordings (tenant, created_at, id);
`;
