/**
 * Debug mode: a call between two extensions is told to the CRMs as if the owner of a test number had called, so that an installation can be
 * tried out with two desk phones and no trunk. Only what the CRM hears changes; the store keeps the call as it was.
 */
import type { Described, Fact } from './facts.ts';

/** `testPhone`: the number of a contact that the CRM has, as a person writes it. */
export interface Rehearsal { readonly testPhone: string }

/** The LINE that rehearsed calls carry: no DID is called `debug`, so they can be told apart in the CRM and thrown away. */
export const REHEARSAL_LINE = 'debug';

/**
 * The fact as the CRM hears it. What is not of an internal call comes back as it is; so does a call that the CRM itself began
 * (`callId`): the CRM knows it already under its own number.
 */
export function asRehearsed(fact: Fact, { testPhone }: Rehearsal): Fact {
  if (!('direction' in fact) || fact.direction !== 'internal' || fact.callId !== '') return fact;
  const retold: Pick<Described, 'direction' | 'client' | 'line'> = { direction: 'inbound', client: { number: testPhone, name: '' }, line: REHEARSAL_LINE };
  return { ...fact, ...retold };
}
