/**
 * Migration 4: what was tried, and which accounts stand still. Old deliveries have no history: their row keeps its last answer.
 *
 * `attempts.began_at` is null where an operator acted. `standings` has a row for each account that cannot be told now.
 */
export const MIGRATION_4 = `
create table attempts (
  seq      integer primary key,
  tenant   text not null,
  delivery integer not null,
  began_at integer,
  ended_at integer not null,
  what     text not null check (what in ('done', 'skipped', 'deferred', 'held', 'dead', 'expired', 'lost', 'retried', 'dropped')),
  reason   text not null default ''
) strict;
create index attempts_of_delivery on attempts (tenant, delivery, seq);

create table standings (
  tenant    text not null,
  account   text not null,
  why       text not null check (why in ('locked-out', 'unreachable')),
  reason    text not null,
  since     integer not null,
  looks     integer not null,
  next_look integer not null,
  primary key (tenant, account)
) strict, without rowid;
`;
