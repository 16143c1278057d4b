/**
 * The table of calls: the snapshot of each open call, and one line per call for listing. While a call is open its line comes from the
 * snapshots; the facts that close it (call-ended, call-merged) have the last word.
 */
import type { Call } from '../../core/calls.ts';
import type { CallEnded, CallMerged, Fact } from '../../core/facts.ts';
import type { CallRow, Journal } from '../../core/ports.ts';
import type { CallKey, Instant, PbxId } from '../../core/words.ts';
import type { Connection, Row, Values } from './connection.ts';
import { callOf } from './parse.ts';
import { bit, flag, moment, momentOrNull, number, text, textOrNull, whole, word } from './rows.ts';

const SUMMARY = ['direction', 'outcome', 'client', 'line', 'owner', 'started_at', 'ended_at', 'talk_seconds', 'certain'] as const;
const INSERT = `insert into calls (tenant, id, pbx, linkedid, state, snapshot, ${SUMMARY.join(', ')})
  values (:tenant, :id, :pbx, :linkedid, :state, :snapshot, ${SUMMARY.map((column) => `:${column}`).join(', ')})
  on conflict (tenant, id) do update set`;
const KEEP = `${INSERT} snapshot = excluded.snapshot,
  ${SUMMARY.map((column) => `${column} = iif(calls.state = 'open', excluded.${column}, calls.${column})`).join(', ')}`;
const END = `${INSERT} state = 'ended', ${SUMMARY.map((column) => `${column} = excluded.${column}`).join(', ')}`;
const MERGE = `${INSERT} state = 'merged', ended_at = excluded.ended_at, certain = min(calls.certain, excluded.certain)`;
/** Forgotten without a closing fact: the core found nothing to tell about it, but over it is. */
const FORGET = `update calls set snapshot = null,
  ended_at = iif(state = 'open', :at, ended_at), certain = iif(state = 'open', 0, certain), state = iif(state = 'open', 'ended', state)
  where tenant = :tenant and id = :id`;
const OPEN = 'select id, snapshot from calls where tenant = :tenant and pbx = :pbx and snapshot is not null order by started_at, id';
/** Each condition by its filter; a statement is made of those that are asked for, so that the index on started_at serves the window. */
const CONDITIONS = { call: 'id = :call', pbx: 'pbx = :pbx', from: 'started_at >= :from', to: 'started_at < :to' } as const;

export function keepCall(connection: Connection, call: Call): void {
  connection.run(KEEP, {
    id: call.key, pbx: call.pbx, linkedid: call.linkedid, state: 'open', snapshot: JSON.stringify(call),
    direction: call.direction, outcome: null, client: call.client.number, line: call.line, owner: call.owner,
    started_at: whole(call.startedAt), ended_at: null, talk_seconds: Math.floor(call.talkMs / 1000), certain: bit(call.certain),
  });
}

export function forgetCall(connection: Connection, call: CallKey, at: Instant): void {
  connection.run(FORGET, { id: call, at: whole(at) });
}

/** Only a fact that is new may change the line: a story told twice changes nothing. */
export function summarize(connection: Connection, fact: Fact): void {
  if (fact.kind === 'call-ended') connection.run(END, ended(fact));
  if (fact.kind === 'call-merged') connection.run(MERGE, merged(fact));
}

function ended(fact: CallEnded): Values {
  return {
    id: fact.call, pbx: fact.pbx, linkedid: fact.linkedid, state: 'ended', snapshot: null,
    direction: fact.direction, outcome: fact.outcome, client: fact.client.number, line: fact.line, owner: fact.owner,
    started_at: whole(fact.startedAt), ended_at: whole(fact.at), talk_seconds: whole(fact.talkSeconds), certain: bit(fact.certain),
  };
}

/** Where the call was never kept, nothing but its end is known. */
function merged(fact: CallMerged): Values {
  return {
    id: fact.call, pbx: fact.pbx, linkedid: fact.linkedid, state: 'merged', snapshot: null,
    direction: '', outcome: null, client: '', line: '', owner: null,
    started_at: whole(fact.at), ended_at: whole(fact.at), talk_seconds: 0, certain: bit(fact.certain),
  };
}

export interface OpenCalls { readonly calls: readonly Call[]; readonly unreadable: readonly CallKey[] }

/**
 * A snapshot that cannot be read is reported, never thrown: to start without one call is better than not to start. The call stays
 * `open` in the list, where reconcile finds it, and its snapshot stays for whoever wants to look.
 */
export function openCalls(connection: Connection, pbx: PbxId): OpenCalls {
  const calls: Call[] = [];
  const unreadable: CallKey[] = [];
  for (const row of connection.all(OPEN, { pbx })) {
    const call = callOf(text(row, 'snapshot'));
    if (call === null) unreadable.push(word<CallKey>(row, 'id'));
    else calls.push(call);
  }
  return { calls, unreadable };
}

/** Newest first; `from` ≤ startedAt < `to`. */
export function listCalls(connection: Connection, filter: Parameters<Journal['calls']>[0]): readonly CallRow[] {
  const { limit, call, pbx, from, to } = filter;
  const asked = Object.entries({ call, pbx, from: from === undefined ? from : whole(from), to: to === undefined ? to : whole(to) })
    .flatMap(([name, value]): [keyof typeof CONDITIONS, string | number][] => (value === undefined ? [] : [[name as keyof typeof CONDITIONS, value]]));
  const where = ['tenant = :tenant', ...asked.map(([name]) => CONDITIONS[name])].join(' and ');
  return connection.all(`select * from calls where ${where} order by started_at desc, id limit :limit`, { ...Object.fromEntries(asked), limit }).map(callRow);
}

function callRow(row: Row): CallRow {
  return {
    id: word<CallKey>(row, 'id'), pbx: word<PbxId>(row, 'pbx'), linkedid: text(row, 'linkedid'), state: callState(row),
    direction: text(row, 'direction'), outcome: textOrNull(row, 'outcome'), client: text(row, 'client'), line: text(row, 'line'),
    owner: textOrNull(row, 'owner'), startedAt: moment(row, 'started_at'), endedAt: momentOrNull(row, 'ended_at'),
    talkSeconds: number(row, 'talk_seconds'), certain: flag(row, 'certain'),
  };
}

/** The column is held to these three by a check constraint. */
const callState = (row: Row): CallRow['state'] => text(row, 'state') as CallRow['state'];
