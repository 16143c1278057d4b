/** Extensions and portal users: the config's `employees` first, else the user profile (`UF_PHONE_INNER`). */
import type { Employee, Extension } from '../../../core/words.ts';
import { listOf, user, type User } from './answers.ts';
import type { Params, Portal } from './portal.ts';
import { Told } from '../../told.ts';
import { isTransient, verdictOf } from './verdicts.ts';

export interface Users {
  /** The portal user of an extension, or null. Throws `Told` when the portal cannot tell now. */
  readonly byExtension: (extension: Extension, signal: AbortSignal) => Promise<number | null>;
  /** The extension of a portal user, or null. Throws `Told` when the portal cannot tell now. */
  readonly extensionOf: (portalUser: number, signal: AbortSignal) => Promise<Extension | null>;
  /** The extension that the config gives to a portal user, or null. */
  readonly configuredOf: (portalUser: number) => Extension | null;
  /** The portal refused this user: ask again next time. */
  readonly forget: (portalUser: number) => void;
  /** Something to tell about this extension (two users share it), or `''`. */
  readonly note: (extension: Extension) => string;
}

interface Known<Value> { readonly value: Value | null; readonly shared: boolean; uses: number }

/** People, not calls: a PBX has hundreds. The oldest entry goes first. */
const REMEMBERED = 1000;
/** The driver reads no clock for this: an answer is good for so many uses. "Nobody" is asked again sooner, somebody may just be adding it. */
const USES = 500;
const USES_OF_NOBODY = 20;
const ASK_MS = 10_000;

interface Source { readonly account: string; readonly employees: readonly Employee[]; readonly portal: Portal }

export function createUsers({ account, employees, portal }: Source): Users {
  const configured = configuredUsers(account, employees);
  const ids = new Map<Extension, Known<number>>();
  const extensions = new Map<number, Known<Extension>>();
  const configuredOf = (portalUser: number): Extension | null => [...configured].find(([, id]) => id === portalUser)?.[0] ?? null;
  return {
    byExtension: async (extension, signal) => configured.get(extension) ?? await remembered(ids, extension, () => idOf(portal, extension, signal)),
    extensionOf: async (portalUser, signal) => configuredOf(portalUser) ?? await remembered(extensions, portalUser, () => extensionIn(portal, portalUser, signal)),
    configuredOf,
    forget: (portalUser) => {
      extensions.delete(portalUser);
      [...ids].filter(([, one]) => one.value === portalUser).forEach(([extension]) => ids.delete(extension));
    },
    note: (extension) => (ids.get(extension)?.shared === true ? `several portal users have extension ${extension}; took the first` : ''),
  };
}

/** `employees[].crm` of this account that are portal users: whole numbers above 0. */
export function configuredUsers(account: string, employees: readonly Employee[]): ReadonlyMap<Extension, number> {
  return new Map(employees.flatMap(({ extension, crm }) => {
    const id = Number(crm[account]);
    return Number.isSafeInteger(id) && id > 0 ? [[extension, id] as const] : [];
  }));
}

/** An empty reply does not overwrite what was known: portals answer so when a right is taken away for a moment (crm-contracts 1.12). */
async function remembered<Key, Value>(found: Map<Key, Known<Value>>, key: Key, ask: () => Promise<Known<Value>>): Promise<Value | null> {
  const known = found.get(key);
  if (known !== undefined && known.uses-- > 0) return known.value;
  const fresh = await ask();
  const kept = fresh.value === null && known !== undefined ? { ...known, uses: USES_OF_NOBODY } : fresh;
  found.delete(key);
  found.set(key, kept);
  const oldest = found.keys().next().value;
  if (found.size > REMEMBERED && oldest !== undefined) found.delete(oldest);
  return kept.value;
}

/** `UF_PHONE_INNER` is compared once more: a portal that ignores an unknown filter would answer with its first user. */
async function idOf(portal: Portal, extension: Extension, signal: AbortSignal): Promise<Known<number>> {
  const people = await ask(portal, { FILTER: { UF_PHONE_INNER: extension, ACTIVE: true } }, signal);
  const ids = people.filter((one) => one.UF_PHONE_INNER === extension).map((one) => one.ID);
  return knownOf(ids[0] ?? null, ids.length > 1);
}

async function extensionIn(portal: Portal, portalUser: number, signal: AbortSignal): Promise<Known<Extension>> {
  const people = await ask(portal, { FILTER: { ID: portalUser, ACTIVE: true } }, signal);
  return knownOf(people.find((one) => one.ID === portalUser)?.UF_PHONE_INNER as Extension | null | undefined ?? null, false);
}

const knownOf = <Value>(value: Value | null, shared: boolean): Known<Value> => ({ value, shared, uses: value === null ? USES_OF_NOBODY : USES });

async function ask(portal: Portal, params: Params, signal: AbortSignal): Promise<readonly User[]> {
  const reply = await portal.ask('user.get', params, { signal, timeoutMs: ASK_MS });
  if (!reply.ok && isTransient(reply)) throw new Told(verdictOf(reply));
  return reply.ok ? listOf(user, reply.result) : [];
}
