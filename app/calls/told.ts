import type { CallEnded, CallMerged, Described, Fact } from '../../core/facts.ts';
import type { Delivery, RecordingRow } from '../../core/ports.ts';
import type { CallKey, Extension, Instant } from '../../core/words.ts';

/** A note as the core wrote it: words, `parked client 701`; stores of older versions hold prose. */
export interface Note { readonly at: Instant; readonly text: string }

/** Everything that is known of one call, from a store or from a replay (which tells nobody: no deliveries, no recordings). */
export interface Told {
  readonly id: CallKey;
  /** In the order in which they were told. */
  readonly facts: readonly Fact[];
  readonly notes: readonly Note[];
  readonly deliveries: readonly Delivery[];
  readonly recordings: readonly RecordingRow[];
}

/** What the facts say of the call as a whole. */
export interface Outline {
  /** By the newest fact that describes the call; null while none does. */
  readonly described: Described | null;
  readonly ended: CallEnded | null;
  readonly merged: CallMerged | null;
  /** The first employee whom it reached: outbound the one who made the call. */
  readonly first: Extension | null;
  /** Who talked last, and whose phone rang last; null = nobody yet. */
  readonly talking: Extension | null;
  readonly ringing: Extension | null;
}

export function outlineOf({ facts }: Told): Outline {
  return {
    described: facts.findLast((fact) => 'direction' in fact) ?? null,
    ended: facts.findLast((fact) => fact.kind === 'call-ended') ?? null,
    merged: facts.findLast((fact) => fact.kind === 'call-merged') ?? null,
    first: facts.find((fact) => fact.kind === 'call-offered')?.extension ?? null,
    talking: facts.findLast((fact) => fact.kind === 'employee-talking')?.extension ?? null,
    ringing: facts.findLast((fact) => fact.kind === 'employee-ringing')?.extension ?? null,
  };
}

/** Facts about ringing and talking name their leg in the id: with them a leg that a note names gets an extension. */
export function extensionsOf({ id, facts }: Told): ReadonlyMap<string, Extension> {
  const pairs = facts.flatMap((fact): (readonly [string, Extension])[] => {
    if (fact.kind === 'employee-ringing') return [[fact.id.slice(`${id}#ringing/`.length), fact.extension]];
    if (fact.kind === 'employee-talking') return [[fact.id.slice(`${id}#talking/`.length).replace(/\/\d+$/, ''), fact.extension]];
    return [];
  });
  return new Map(pairs);
}
