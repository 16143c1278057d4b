/** One call as calls/upload takes it: what is told, with which link, and whose it may be. */
import type { CallEnded } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { delivered, type Desk, isNumber, operatorOf, phoneOf, skipped, untellable, userIdOf } from './desk.ts';
import { localTime } from './moments.ts';
import { type CallNotes, notesOf } from './notes.ts';
import { callResult } from './result.ts';

export interface Item { readonly fact: CallEnded; readonly notes: CallNotes; readonly link: string | null; readonly owners: readonly Owner[] }
export type Owner = { readonly userId: number } | { readonly code: string } | Readonly<Record<string, never>>;

export const isItem = (prepared: Verdict | Item): prepared is Item => !('kind' in prepared);

/** What is to be told of the call, or why nothing is. */
export function prepare(desk: Desk, fact: CallEnded): Verdict | Item {
  const notes = notesOf(desk.tools.memory(fact.call));
  if (notes.get('told') !== '') return delivered('told before');
  const reason = untellable(desk, fact);
  if (reason !== null) {
    notes.set('skipped', reason);
    return skipped(reason);
  }
  return { fact, notes, link: linkOf(desk, fact), owners: ownersOf(desk, fact) };
}

/** Who talked has a recording; of several files the last is with the last owner. */
function linkOf({ tools }: Desk, { outcome, recordings }: CallEnded): string | null {
  const last = outcome === 'answered' ? recordings?.at(-1) : undefined;
  return last === undefined ? null : tools.link(last);
}

/** Whose call it is, the likeliest first: a user who left must not cost the call. A call that nobody was offered belongs to nobody. */
function ownersOf(desk: Desk, { owner }: CallEnded): readonly Owner[] {
  const first = owner === null ? [] : [operatorOf(desk, owner), { code: owner }];
  const spare = userIdOf(desk.settings.defaultUser);
  const all: readonly Owner[] = [...first, ...spare === null ? [] : [{ userId: spare }], {}];
  return all.filter((one, place) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === place);
}

/** The fields of crm-contracts 3.2. */
export function bodyOf(desk: Desk, { fact, link }: Item, owner: Owner): unknown {
  const { settings: { site }, tools } = desk;
  return {
    date: localTime(fact.startedAt, tools.timezone), type: fact.direction === 'outbound' ? 'out' : 'in', phone: phoneOf(desk, fact), ...owner,
    result: callResult(fact), duration: fact.talkSeconds, durationWaiting: fact.ringSeconds, externalId: fact.linkedid,
    ...link === null ? {} : { recordUrl: link }, ...isNumber(fact.line) ? { externalPhone: fact.line } : {}, ...site === undefined ? {} : { site },
  };
}
