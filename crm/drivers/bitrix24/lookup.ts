/** Who is behind a number, and on which telephone its owner sits. */
import type { Contact } from '../../../core/words.ts';
import { CrmFailure } from '../../errors.ts';
import { contactOf, profileExtension, type Sought } from './contacts.ts';
import type { Desk } from './desk.ts';
import { Told } from '../../told.ts';
import { reasonOf } from './verdicts.ts';

/** Throws `CRM_LOOKUP_FAILED` when the portal cannot tell now. */
export async function lookup(desk: Desk, sought: Sought, signal: AbortSignal): Promise<Contact | null> {
  const search = await desk.contacts.find(sought, signal);
  if (!search.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', reasonOf(search));
  if (search.entity === null) return null;
  const owner = search.entity.ASSIGNED_BY_ID;
  if (owner === null) return contactOf(search.entity, null);
  const named = desk.users.configuredOf(owner) ?? profileExtension(search.entity);
  // A name is worth having, though nobody can say now on which telephone its owner sits.
  const extension = named === undefined ? await desk.users.extensionOf(owner, signal).catch(toldNothing) : named;
  return contactOf(search.entity, extension);
}

function toldNothing(error: unknown): null {
  if (error instanceof Told) return null;
  throw error;
}
