/** What several accounts said about one caller, as one finding. */
import type { AccountId, Contact, Extension } from '../../core/words.ts';
import type { LookupFinding } from '../lookup.ts';
import type { Told } from './desk.ts';

export interface Heard {
  readonly account: AccountId;
  /** Null = no answer yet when patience ended, or nobody waited for it (`unasked`). */
  readonly contact: Told<Contact> | null;
  readonly unasked: boolean;
  readonly route: Told<Extension> | null;
}

/** The first that knows wins; the name is that of `namesFrom`, if it has one. */
export function conclude(heard: readonly Heard[], namesFrom: AccountId | null): LookupFinding {
  const routed = heard.flatMap(({ route }) => (route?.kind === 'known' && route.value !== null ? [route.value] : []))[0];
  return { ...named(heard, namesFrom), ...(routed !== undefined && { routed }) };
}

function named(heard: readonly Heard[], namesFrom: AccountId | null): LookupFinding {
  const finding = found(heard);
  const primary = heard.find(({ account }) => account === namesFrom)?.contact;
  if (finding.kind !== 'found' || primary?.kind !== 'known' || primary.value === null || primary.value.name === '') return finding;
  return { ...finding, contact: { ...finding.contact, name: primary.value.name } };
}

function found(heard: readonly Heard[]): LookupFinding {
  for (const { account, contact } of heard) {
    if (contact?.kind === 'known' && contact.value !== null) return { kind: 'found', contact: contact.value, account, source: contact.source };
  }
  const asked = heard.filter(({ unasked }) => !unasked).map(({ contact }) => contact);
  if (asked.includes(null)) return { kind: 'late' };
  const failed = asked.find((told) => told?.kind === 'failed');
  if (failed?.kind === 'failed') return { kind: 'failed', why: failed.why };
  return { kind: 'none', source: asked.some((told) => told?.kind === 'known' && told.source === 'live') ? 'live' : 'cache' };
}
