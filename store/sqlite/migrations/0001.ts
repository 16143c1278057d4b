/**
 * Migration 1. Never edit a migration that was released: add the next one.
 *
 * Every table carries the tenant, and every key begins with it. Instants are milliseconds since 1970 UTC, flags are 0 or 1.
 *
 * `deliveries.head` marks the one delivery of a lane that may be claimed next: the claimed one, else the oldest unsettled one. It is
 * kept by each change (`lanes.ts`), so that claiming looks at heads alone: after a CRM was down for a day, tens of thousands of
 * deliveries wait behind their heads, and neither they nor the settled history may slow down a claim.
 * `deliveries.due_at` is when the row becomes claimable as far as time goes: 0 for pending, `not_before` for deferred, the end of the
 * lease for claimed, null for held and for everything settled.
 */
export const MIGRATION_1 = `
create table meta (
  tenant text not null,
  name   text not null,
  value  text not null,
  primary key (tenant, name)
) strict, without rowid;

create table calls (
  tenant       text not null,
  id           text not null,
  pbx          text not null,
  linkedid     text not null,
  state        text not null check (state in ('open', 'ended', 'merged')),
  snapshot     text check (snapshot is null or json_valid(snapshot)),
  direction    text not null,
  outcome      text,
  client       text not null,
  line         text not null,
  owner        text,
  started_at   integer not null,
  ended_at     integer,
  talk_seconds integer not null,
  certain      integer not null,
  primary key (tenant, id)
) strict;
create index calls_open on calls (tenant, pbx) where snapshot is not null;
create index calls_recent on calls (tenant, started_at);

create table facts (
  seq    integer primary key,
  tenant text not null,
  id     text not null,
  call   text not null,
  kind   text not null,
  at     integer not null,
  body   text not null,
  unique (tenant, id)
) strict;
create index facts_of_call on facts (tenant, call);

create table deliveries (
  seq        integer primary key autoincrement,
  tenant     text not null,
  fact       text not null,
  account    text not null,
  lane       text not null,
  call       text not null,
  state      text not null
             check (state in ('pending', 'claimed', 'done', 'skipped', 'deferred', 'held', 'dead', 'expired', 'dropped')),
  attempts   integer not null default 0,
  fence      integer not null default 0,
  created_at integer not null,
  not_before integer not null,
  deadline   integer,
  due_at     integer,
  head       integer not null,
  node       text,
  reason     text not null default '',
  updated_at integer not null,
  unique (tenant, fact, account),
  foreign key (tenant, fact) references facts (tenant, id)
) strict;
create index deliveries_lane on deliveries (tenant, lane) where state in ('pending', 'claimed', 'deferred', 'held');
create index deliveries_due on deliveries (tenant, account, (deadline is null), due_at) where head = 1;
create index deliveries_perishing on deliveries (tenant, deadline)
  where deadline is not null and state in ('pending', 'claimed', 'deferred', 'held');
create index deliveries_state on deliveries (tenant, state);
create index deliveries_call on deliveries (tenant, call);

create table recordings (
  tenant        text not null,
  id            text not null,
  pbx           text not null,
  call          text not null,
  file          text not null,
  state         text not null
                check (state in ('growing', 'closed', 'spooled', 'encoded', 'uploaded', 'told', 'purged', 'empty', 'broken')),
  broken_from   text,
  attempts      integer not null default 0,
  not_before    integer not null,
  reason        text not null default '',
  bytes_claimed integer not null,
  certain       integer not null,
  created_at    integer not null,
  updated_at    integer not null,
  mp3           text,
  seconds       real,
  bytes         integer,
  sha256        text,
  primary key (tenant, id)
) strict;
create index recordings_work on recordings (tenant, not_before) where state in ('closed', 'spooled', 'encoded');
create index recordings_state on recordings (tenant, state, created_at);
create index recordings_call on recordings (tenant, call);

create table call_memory (
  tenant  text not null,
  account text not null,
  call    text not null,
  name    text not null,
  value   text not null,
  primary key (tenant, account, call, name)
) strict, without rowid;

create table notes (
  seq    integer primary key,
  tenant text not null,
  call   text not null,
  at     integer not null,
  text   text not null,
  unique (tenant, call, at, text)
) strict;
`;
