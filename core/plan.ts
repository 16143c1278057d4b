/** Which facts are told to whom: the rows of the post room, planned in the same transaction as the facts themselves. */
import { type Fact, type FactKind, PERISH_MS, PERISHABLE } from './facts.ts';
import { digits } from './phone.ts';
import type { NewDelivery, NewRecording } from './ports.ts';
import { type AccountId, instant, lane, type RecordingId } from './words.ts';

/** What a CRM hears. `call-started` tells it nothing that `call-offered` does not; `call-merged` and `recording-closed` are ours alone. */
const TOLD: ReadonlySet<FactKind> = new Set<FactKind>(['call-offered', 'employee-ringing', 'employee-released', 'employee-talking', 'call-handed-over', 'call-ended', 'recording-ready']);

export interface Plan {
  readonly accounts: readonly AccountId[];
  /** The tenant's own numbers to watch; empty = all. Inbound calls to other numbers are not told. */
  readonly lines: readonly string[];
  /** Tell internal calls too (`debug.processInternalCalls`). */
  readonly internal?: boolean;
}

/** Internal calls are nobody's business outside; a call to a number that is not watched neither. */
export function deliveriesFor(fact: Fact, plan: Plan): readonly NewDelivery[] {
  if (!TOLD.has(fact.kind) || ('direction' in fact && !concerns(plan, fact.direction, fact.line))) return [];
  // A pop-up of a call that nobody heard at the time would open long after its talk.
  if (fact.source === 'reconciled' && PERISHABLE.has(fact.kind)) return [];
  const deadline = PERISHABLE.has(fact.kind) ? instant(fact.at + PERISH_MS) : null;
  return plan.accounts.map((account) => ({ lane: lane(fact.call, account), account, fact: fact.id, call: fact.call, deadline }));
}

export function concerns(plan: Plan, direction: string, line: string): boolean {
  return direction === 'outbound' || (direction === 'internal' && plan.internal === true) || (direction === 'inbound' && (plan.lines.length === 0 || plan.lines.some((watched) => sameLine(watched, line))));
}

/** `+7 495 000-01-01` in the config is `74950000101` on the trunk; a line without digits (`main`) is compared as it is. */
const sameLine = (watched: string, line: string): boolean => watched === line || (digits(watched) !== '' && digits(watched) === digits(line));

export function recordingFor(fact: Fact): readonly NewRecording[] {
  if (fact.kind !== 'recording-closed') return [];
  const { pbx, call, file, certain, pauses, talked } = fact;
  return [{ id: `${pbx}/${file}` as RecordingId, pbx, call, file, bytesClaimed: fact.bytes, certain, pauses, talked }];
}
