/**
 * Calls that nobody heard are told after all, as facts with `source: 'reconciled'`: their rows and their deliveries come with them, as they
 * would have live. What was perishable then (who rang when, pop-ups) is left out. Ids are made of what happened, so a second run fills nothing.
 */
import type { Fact, FactKind } from '../../core/facts.ts';
import { concerns, deliveriesFor, type Plan } from '../../core/plan.ts';
import type { Instant, PbxId } from '../../core/words.ts';
import type { Commit, NewDelivery, Store } from '../../core/ports.ts';
import { asCommit } from '../commit.ts';
import type { Expected, ExpectedCall } from './expected.ts';

export interface FillTools {
  readonly store: Pick<Store, 'journal' | 'recordings'>;
  readonly plan: Plan;
  readonly pbx: PbxId;
  readonly at: Instant;
}

const DURABLE: ReadonlySet<FactKind> = new Set<FactKind>(['call-started', 'call-offered', 'call-merged', 'call-ended']);
/** Calls of one transaction: a server beside us waits for its turn to write. */
const PORTION = 100;
/** Sound files of one call. */
const FILES = 100;

/** Returns how many calls were filled. Throws StoreError; what was committed until then stays. */
export function fill(missing: readonly ExpectedCall[], united: Expected['united'], tools: FillTools): number {
  let filled = 0;
  for (let start = 0; start < missing.length; start += PORTION) {
    const calls = missing.slice(start, start + PORTION);
    const fresh = new Set(tools.store.journal.commit(change(calls, united, tools)));
    filled += calls.filter(({ ended }) => fresh.has(ended.id)).length;
  }
  return filled;
}

function change(calls: readonly ExpectedCall[], united: Expected['united'], tools: FillTools): Commit {
  const facts = calls.flatMap((call) => call.facts.filter(({ kind }) => DURABLE.has(kind)));
  const commit = asCommit(facts.map((fact): { kind: 'tell'; fact: Fact } => ({ kind: 'tell', fact })), tools);
  // A snapshot that was left behind would make the call open again at the next start.
  const forget = calls.flatMap(({ ended }) => [ended.call, ...united.get(ended.call) ?? []]);
  return { ...commit, forget, deliveries: [...commit.deliveries, ...calls.flatMap((call) => records(call, tools))] };
}

/** A recording that was found and encoded before anybody knew its call was told to nobody: now it is, behind the end of its call. */
function records({ ended }: ExpectedCall, { store, plan }: FillTools): readonly NewDelivery[] {
  if (!concerns(plan, ended.direction, ended.line)) return [];
  const ready = store.recordings.list({ call: ended.call, limit: FILES }).filter(({ mp3 }) => mp3 !== null);
  if (ready.length === 0) return [];
  return store.journal.facts(ended.call).filter((fact) => fact.kind === 'recording-ready').flatMap((fact) => deliveriesFor(fact, plan));
}
