/**
 * How fast facts become durable: `journal.commit` with one delivery per fact, one fact a commit and 32 facts a commit. The yardstick is
 * bare node:sqlite in the same run: the same rows, already serialized, into the same schema with the same settings (WAL, FULL), one
 * transaction per commit. The two take turns commit by commit, because a disk has moods; the median round counts. Prints one JSON line per size.
 *
 *   node bench/facts.ts [folder]     the folder decides which disk is measured; default: the system's temporary one
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmployeeTalking } from '../core/facts.ts';
import type { Commit, NewDelivery } from '../core/ports.ts';
import { callKey, DEFAULT_TENANT, factId, instant, lane, type AccountId, type Extension, type Linkedid, type PbxId } from '../core/words.ts';
import { openDatabase, openSqliteStore } from '../store/sqlite/open.ts';

const ROUNDS = 7;
const PBX = 'main' as PbxId;
const ACCOUNT = 'b24' as AccountId;
const AT = instant(1_790_000_000_000);
/** A call says about this many facts that are told; they share a lane. */
const FACTS_PER_CALL = 4;

let told = 0;

/** employee-talking: it does not touch the table of calls, because the yardstick writes facts and deliveries alone. */
function nextFact(): EmployeeTalking {
  const linkedid = `1790.${Math.floor(told / FACTS_PER_CALL)}` as Linkedid;
  const call = callKey(PBX, linkedid);
  told += 1;
  return { id: factId(call, `talking-${told}`), pbx: PBX, call, linkedid, at: AT, certain: true, source: 'live', because: { event: 'bridge-entered', leg: null, word: 'bridge' }, callId: '', caller: null, kind: 'employee-talking', direction: 'inbound',
    client: { number: '+79161234567', name: 'Petrov' }, line: '4951112233', startedAt: AT, extension: '219' as Extension };
}

function nextCommit(size: number): Commit {
  const facts = Array.from({ length: size }, nextFact);
  const deliveries = facts.map((fact): NewDelivery => ({ lane: lane(fact.call, ACCOUNT), account: ACCOUNT, fact: fact.id, call: fact.call, deadline: null }));
  return { at: AT, pbx: PBX, keep: [], forget: [], facts, deliveries, recordings: [], notes: [] };
}

function bareWriter(path: string): { readonly prepare: (commit: Commit) => () => void; readonly close: () => void } {
  const database = openDatabase(path, 5_000);
  const fact = database.prepare('insert into facts (tenant, id, call, kind, at, body) values (?, ?, ?, ?, ?, ?)');
  const delivery = database.prepare(`insert into deliveries
    (tenant, fact, account, lane, call, state, created_at, not_before, deadline, due_at, head, updated_at) values (?, ?, ?, ?, ?, 'pending', ?, ?, ?, 0, ?, ?)`);
  const lanes = new Set<string>();
  const prepare = (commit: Commit) => {
    const facts = commit.facts.map((one) => [DEFAULT_TENANT, one.id, one.call, one.kind, one.at, JSON.stringify(one)] as const);
    const deliveries = commit.deliveries.map((one) => {
      const head = lanes.has(one.lane) ? 0 : 1;
      lanes.add(one.lane);
      return [DEFAULT_TENANT, one.fact, one.account, one.lane, one.call, AT, AT, one.deadline, head, AT] as const;
    });
    return () => {
      database.exec('begin immediate');
      for (const row of facts) fact.run(...row);
      for (const row of deliveries) delivery.run(...row);
      database.exec('commit');
    };
  };
  return { prepare, close: () => database.close() };
}

/** Seconds. */
function timed(work: () => void): number {
  const began = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - began) / 1e9;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function measure(name: string, folder: string, { size, commits }: { readonly size: number; readonly commits: number }): void {
  const store = openSqliteStore({ path: join(folder, `${name}-callme.db`), tenant: DEFAULT_TENANT });
  const bare = bareWriter(join(folder, `${name}-bare.db`));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const batch = Array.from({ length: commits }, () => nextCommit(size));
    const prepared = batch.map(bare.prepare);
    let [mine, bares] = [0, 0];
    for (const [number, commit] of batch.entries()) {
      bares += timed(() => prepared[number]?.());
      mine += timed(() => store.journal.commit(commit));
    }
    // Round 0 warms up.
    if (round > 0) { theirs.push((size * commits) / bares); ours.push((size * commits) / mine); }
  }
  store.close();
  bare.close();
  const [value, yardstick] = [Math.round(median(ours)), Math.round(median(theirs))];
  process.stdout.write(`${JSON.stringify({ name, value, yardstick, ratio: Math.round((value / yardstick) * 1000) / 1000, unit: 'facts/s' })}\n`);
}

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'callme-bench-'));
try {
  measure('facts_committed_per_s_single', folder, { size: 1, commits: 150 });
  measure('facts_committed_per_s_batch', folder, { size: 32, commits: 40 });
} finally {
  rmSync(folder, { recursive: true });
}
