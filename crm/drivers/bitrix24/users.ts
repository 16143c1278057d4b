/** Extensions and portal users: the config's `employees` first, else the user profile (`UF_PHONE_INNER`). */
import type { Employee, Extension } from '../../../core/words.ts';
import { listOf, user } from './answers.ts';
import type { Portal } from './portal.ts';
import { isTransient, Told, verdictOf } from './verdicts.ts';

export interface Users {
  /** The portal user of an extension, or null. Throws `Told` when the portal cannot tell now. */
  readonly byExtension: (extension: Extension, signal: AbortSignal) => Promise<number | null>;
  /** The extension that the config gives to a portal user, or null. */
  readonly extensionOf: (portalUser: number) => Extension | null;
  /** The portal refused this user: ask again next time. */
  readonly forget: (portalUser: number) => void;
  /** Something to tell about this extension (two users share it), or `''`. */
  readonly note: (extension: Extension) => string;
}

interface Found { readonly id: number | null; readonly shared: boolean; uses: number }

/** People, not calls: a PBX has hundreds. The oldest entry goes first. */
const REMEMBERED = 1000;
/** The driver reads no clock: an answer is good for so many uses. "Nobody" is asked again sooner, somebody may just be adding it. */
const USES = 500;
const USES_OF_NOBODY = 20;
const ASK_MS = 10_000;

interface Source { readonly account: string; readonly employees: readonly Employee[]; readonly portal: Portal }

export function createUsers({ account, employees, portal }: Source): Users {
  const configured = configuredUsers(account, employees);
  const found = new Map<Extension, Found>();
  return {
    byExtension: async (extension, signal) => configured.get(extension) ?? await remembered(found, extension, () => ask(portal, extension, signal)),
    extensionOf: (portalUser) => [...configured].find(([, id]) => id === portalUser)?.[0] ?? null,
    forget: (portalUser) => [...found].filter(([, one]) => one.id === portalUser).forEach(([extension]) => found.delete(extension)),
    note: (extension) => (found.get(extension)?.shared === true ? `several portal users have extension ${extension}; took the first` : ''),
  };
}

function configuredUsers(account: string, employees: readonly Employee[]): ReadonlyMap<Extension, number> {
  return new Map(employees.flatMap(({ extension, crm }) => {
    const id = Number(crm[account]);
    return Number.isSafeInteger(id) && id > 0 ? [[extension, id] as const] : [];
  }));
}

async function remembered(found: Map<Extension, Found>, extension: Extension, ask: () => Promise<Found>): Promise<number | null> {
  const known = found.get(extension);
  if (known !== undefined && known.uses-- > 0) return known.id;
  const fresh = await ask();
  found.delete(extension);
  found.set(extension, fresh);
  const oldest = found.keys().next().value;
  if (found.size > REMEMBERED && oldest !== undefined) found.delete(oldest);
  return fresh.id;
}

/** `UF_PHONE_INNER` is compared once more: a portal that ignores an unknown filter would answer with its first user. */
async function ask(portal: Portal, extension: Extension, signal: AbortSignal): Promise<Found> {
  const reply = await portal.ask('user.get', { FILTER: { UF_PHONE_INNER: extension, ACTIVE: true } }, { signal, timeoutMs: ASK_MS });
  if (!reply.ok && isTransient(reply)) throw new Told(verdictOf(reply));
  const ids = reply.ok ? listOf(user, reply.result).filter((one) => one.UF_PHONE_INNER === extension).map((one) => one.ID) : [];
  const id = ids[0] ?? null;
  return { id, shared: ids.length > 1, uses: id === null ? USES_OF_NOBODY : USES };
}
