/** Whose call it is at the portal. */
import type { Extension } from '../../../core/words.ts';
import type { Describing, Desk, Who } from './desk.ts';
import type { CallNotes } from './memory.ts';
import { Told } from '../../told.ts';
import { isBlocked, isTransient, verdictOf } from './verdicts.ts';

export interface Ask { readonly fact: Describing; readonly extension: Extension | null; readonly notes: CallNotes }

/**
 * Whose call it is, the best first, asking the portal no more than needed. Inbound: the contact's responsible, the employee who rings,
 * the default user, the bare extension. Outbound the employee who dials comes first: it is his call, whoever owns the contact.
 */
export async function* candidates(desk: Desk, { fact, extension, notes }: Ask, signal: AbortSignal): AsyncGenerator<Who> {
  const responsible = (): Promise<number | null> => responsibleOf(desk, fact, notes, signal);
  const employee = async (): Promise<number | null> => (extension === null ? null : desk.users.byExtension(extension, signal));
  const order = fact.direction === 'outbound' ? [employee, responsible] : [responsible, employee];
  const tried = new Set<number>();
  for (const find of [...order, () => Promise.resolve(desk.settings.defaultUser ?? null)]) {
    const id = await find();
    if (id !== null && !tried.has(id)) { tried.add(id); yield { USER_ID: id }; }
  }
  if (extension !== null) yield { USER_PHONE_INNER: extension };
}

/** Without the crm right, or while the search rests, the contact stays unknown, but the call can be told: only the network's silence makes it wait. */
async function responsibleOf(desk: Desk, fact: Describing, notes: CallNotes, signal: AbortSignal): Promise<number | null> {
  const search = await desk.contacts.find({ number: fact.client.number, line: fact.line }, signal);
  if (!search.ok && isTransient(search) && !isBlocked(search)) throw new Told(verdictOf(search));
  const responsible = search.ok ? search.entity?.ASSIGNED_BY_ID ?? null : null;
  if (responsible !== null) notes.set('responsible', String(responsible));
  return responsible;
}
