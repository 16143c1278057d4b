/** The effects of a batch as one transaction: the last snapshot of each call, every fact, and what the facts plan. */
import type { Call } from '../core/calls.ts';
import type { Effect } from '../core/effects.ts';
import { deliveriesFor, type Plan, recordingFor } from '../core/plan.ts';
import type { Commit } from '../core/ports.ts';
import type { CallKey, Instant, PbxId } from '../core/words.ts';

export function asCommit(effects: readonly Effect[], about: { readonly at: Instant; readonly pbx: PbxId; readonly plan: Plan }): Commit {
  const facts = effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.fact] : []));
  return {
    at: about.at, pbx: about.pbx, ...snapshots(effects), facts,
    deliveries: facts.flatMap((fact) => deliveriesFor(fact, about.plan)), recordings: facts.flatMap(recordingFor),
    notes: effects.flatMap((effect) => (effect.kind === 'note' ? [{ call: effect.call, at: effect.at, text: effect.text }] : [])),
  };
}

function snapshots(effects: readonly Effect[]): { readonly keep: readonly Call[]; readonly forget: readonly CallKey[] } {
  const keep = new Map<CallKey, Call>();
  const forget = new Set<CallKey>();
  for (const effect of effects) {
    if (effect.kind === 'keep') { keep.set(effect.call.key, effect.call); forget.delete(effect.call.key); }
    if (effect.kind === 'forget') { keep.delete(effect.call); forget.add(effect.call); }
  }
  return { keep: [...keep.values()], forget: [...forget] };
}

/** Of several snapshots of one call only the last says anything. */
export const latestSnapshots = (effects: readonly Effect[]): readonly Effect[] =>
  [...new Map(effects.flatMap((effect) => (effect.kind === 'keep' ? [[effect.call.key, effect] as const] : []))).values()];
