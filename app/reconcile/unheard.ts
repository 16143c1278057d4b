/** Which of the events that the books give the core may be told, beside what it heard itself. */
import type { Event, LiveLeg } from '../../core/events.ts';
import type { Journal, Past } from '../../core/ports.ts';
import { callKey, type Instant, type Linkedid, type PbxId } from '../../core/words.ts';

export interface Heard {
  /** The books tell whole calls, back to their beginning: what an open call did before this was heard. */
  readonly since: Instant;
  readonly alive: readonly LiveLeg[];
  readonly pbx: PbxId;
  readonly journal: Pick<Journal, 'calls'>;
  readonly pipe: { knows(linked: Linkedid): boolean };
}

/**
 * Without the calls that are over and told: a part of such a call would be taken for a call of its own. Of an open call only what is new: a talk
 * that is told a second time would count twice. CDR speaks of whole conversations and names legs in its own way: of a call that the core follows, or that
 * still lives, it could only confuse what was heard; so there it is not asked.
 */
export function unheard(past: Past, heard: Heard): readonly Event[] {
  const living = new Set(heard.alive.map(({ linked }) => linked));
  const since = new Map<Linkedid, number>();
  const newsOf = (linked: Linkedid): number => {
    if (heard.pipe.knows(linked)) return past.kind === 'cel' ? heard.since : NEVER;
    return isOver(linked, heard) || (past.kind === 'cdr' && living.has(linked)) ? NEVER : ALWAYS;
  };
  return past.events.filter((event) => {
    if (!('linked' in event)) return true;
    const from = since.get(event.linked) ?? newsOf(event.linked);
    since.set(event.linked, from);
    return event.at >= from;
  });
}

const [ALWAYS, NEVER] = [-Infinity, Infinity];

function isOver(linked: Linkedid, { journal, pbx }: Heard): boolean {
  const [row] = journal.calls({ call: callKey(pbx, linked), limit: 1 });
  return row !== undefined && row.state !== 'open';
}
