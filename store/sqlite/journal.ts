import type { Commit, Journal } from '../../core/ports.ts';
import type { CallKey, FactId, Instant } from '../../core/words.ts';
import { forgetCall, keepCall, listCalls, openCalls, summarize } from './calls.ts';
import type { Connection } from './connection.ts';
import { factsOfCall, insertDelivery, insertFact, oneFact } from './facts.ts';
import { heardUntil, markHeard } from './heard.ts';
import { insertRecording } from './recordings.ts';
import { moment, text, whole } from './rows.ts';

// A note has no id: the same words about the same call at the same instant are the same note, so that a commit told twice stays one.
const NOTE = `insert into notes (tenant, call, at, text) values (:tenant, :call, :at, :text)
  on conflict (tenant, call, at, text) do nothing`;
const NOTES = 'select at, text from notes where tenant = :tenant and call = :call order by seq';

export function sqliteJournal(connection: Connection): Journal {
  return {
    heardUntil: (pbx) => heardUntil(connection, pbx),
    heard: (pbx, until) => { markHeard(connection, pbx, until); },
    commit: (change) => connection.transaction(() => write(connection, change)),
    openCalls: (pbx) => {
      const { calls, unreadable } = openCalls(connection, pbx);
      for (const call of unreadable) note(connection, call, UNREADABLE, 0 as Instant);
      return calls;
    },
    calls: (filter) => listCalls(connection, filter),
    facts: (call) => factsOfCall(connection, call),
    fact: (id) => oneFact(connection, id),
    notes: (call) => connection.all(NOTES, { call }).map((row) => ({ at: moment(row, 'at'), text: text(row, 'text') })),
  };
}

/** Written at instant 0, because reading has no instant of its own; so each call gets it once, however often CallMe restarts. */
const UNREADABLE = 'the snapshot of this open call could not be read at start: it goes on without what was known before';

/** The order matters twice: deliveries and recordings refer to facts, and the closing fact must find the line of its call. */
function write(connection: Connection, change: Commit): readonly FactId[] {
  for (const call of change.keep) keepCall(connection, call);
  const fresh = change.facts.filter((fact) => insertFact(connection, fact));
  for (const fact of fresh) summarize(connection, fact);
  for (const call of change.forget) forgetCall(connection, call, change.at);
  for (const delivery of change.deliveries) insertDelivery(connection, delivery, change.at);
  for (const recording of change.recordings) insertRecording(connection, recording, change.at);
  for (const { call, at, text: words } of change.notes) note(connection, call, words, at);
  return fresh.map((fact) => fact.id);
}

function note(connection: Connection, call: CallKey | null, words: string, at: Instant): void {
  connection.run(NOTE, { call: call ?? '', at: whole(at), text: words });
}
