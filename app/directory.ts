/** Who is who: contacts by the lookup, employees by the configuration and the CRMs' own lists, lines by the configuration. */
import type { Numbers } from '../core/numbers.ts';
import type { AddressBook } from '../core/address-book.ts';
import type { Clock, Log } from '../core/ports.ts';
import { decideRoute } from '../core/routing.ts';
import { type AccountId, type Contact, type Extension } from '../core/words.ts';
import type { Lookup, LookupFinding } from '../crm/lookup.ts';
import type { Customer, CustomerAnswer, Directory, LineShown, Manager, SearchResult } from '../web/contacts/directory.ts';
import type { Account } from './accounts.ts';
import type { CheckedAccount, Config } from './config/index.ts';
import { People, type PersonOf } from './directory/people.ts';
import { shownSettings } from './directory/settings.ts';

export interface DirectoryParts {
  readonly config: Config;
  readonly checked: readonly CheckedAccount[];
  readonly accounts: readonly Pick<Account, 'id' | 'driver' | 'driverName'>[];
  readonly lookup: Lookup;
  readonly numbers: Numbers;
  /** CallMe's own address book, searched by name; not given = there is none. */
  readonly book?: Pick<AddressBook, 'persons' | 'companies'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Hits of each kind that a search shows. */
const MOST = 50;

export function openDirectory(parts: DirectoryParts): Directory {
  const { accounts, checked, config, lookup, numbers } = parts;
  const people = new People(parts);
  const lines = config.lines.map(({ number, name, rules }): LineShown => ({ line: number, name, rules }));
  return {
    stats: () => {
      const { hits, misses, hitRatePercent, size, lastRefresh } = lookup.stats();
      return {
        hits, misses, hitRatePercent, cacheSize: size, configCacheSize: people.size, lastFullRefresh: lastRefresh === null ? null : new Date(lastRefresh).toISOString(),
        accounts: accounts.map(({ id, driverName }) => ({ id, driver: driverName })),
      };
    },
    refresh: () => { people.forget(); return lookup.refresh(); },
    invalidate: () => { people.forget(); return lookup.drop(); },
    customer: async (phone, { fresh, signal }) => {
      const finding = await lookup.lookupFor(null, phone, { fresh, signal });
      const persons = finding.kind === 'found' && finding.contact.owner !== null ? await people.all(signal) : [];
      return customerOf(finding, { config, phone: phoneOf(numbers, phone), persons });
    },
    manager: async (wanted, signal) => managers(config, await people.all(signal)).find(byWord(wanted)) ?? null,
    line: (wanted) => lineOf(lines, wanted, numbers),
    lines: () => lines,
    search: (text, signal) => search(text, { ...parts, people, lines }, signal),
    config: (type) => shownSettings(config, checked, type),
  };
}

const phoneOf = (numbers: Numbers, phone: string): string => numbers.key(phone);

interface Asked { readonly config: Config; readonly phone: string; readonly persons: readonly PersonOf[] }

function customerOf(finding: LookupFinding, asked: Asked): CustomerAnswer {
  if (finding.kind === 'late') return { kind: 'silent', why: 'the CRM did not answer in time' };
  if (finding.kind === 'failed') return { kind: 'silent', why: finding.why };
  if (finding.kind !== 'found') return { kind: 'unknown' };
  const { contact, account, source } = finding;
  const { id, type, name } = contact;
  return { kind: 'found', customer: { phone: asked.phone, account, id, type, name, owner: ownerOf(finding, asked), source } };
}

/** The extension as routing would ring it: none that is not ours. */
function ownerOf(finding: Extract<LookupFinding, { kind: 'found' }>, { config, persons }: Asked): Customer['owner'] {
  const { owner } = finding.contact;
  if (owner === null) return null;
  const rules = { mode: 'crm_responsible' as const, employees: config.employees, lines: {}, fallback: 'default' as const, internal: config.phones.internal.source };
  const { target, reason } = decideRoute(rules, '', finding);
  const extension = reason === 'owner-of-contact' ? target : null;
  const named = config.employees.find((employee) => employee.extension === extension)?.name ?? '';
  const inCrm = persons.find(({ account, user }) => account === finding.account && user.id === owner.crmUser)?.user.name ?? '';
  return { extension, name: named || inCrm || null, crmUser: owner.crmUser };
}

/** Employees of the configuration first, each with what the CRMs say of the extension; then people of the CRMs whom the configuration does not name. */
function managers(config: Config, persons: readonly PersonOf[]): readonly Manager[] {
  const ours = config.employees.map(({ extension, name, crm }) => {
    const same = persons.filter(({ account, user }) => (Object.hasOwn(crm, account) ? String(crm[account]) === user.id : user.extensions.includes(extension)));
    return shownManager(extension, name, preferred(same, config.routing.namesFrom));
  });
  const named = new Set(config.employees.map(({ extension }) => extension));
  const strangers = persons.filter(({ user }) => !user.extensions.some((extension) => named.has(extension)) && !ours.some(({ accounts }) => accounts.some(({ user: id }) => id === user.id)));
  return [...ours, ...strangers.map((person) => shownManager(person.user.extensions[0] ?? null, '', [person]))];
}

const preferred = (persons: readonly PersonOf[], first: string | undefined): readonly PersonOf[] => persons.toSorted((one, other) => Number(other.account === first) - Number(one.account === first));

function shownManager(extension: Extension | null, name: string, persons: readonly PersonOf[]): Manager {
  return {
    extension, name: name || (persons[0]?.user.name ?? ''),
    accounts: persons.map(({ account, user }) => ({ account, user: user.id, name: user.name, active: user.active })),
  };
}

/** The extension itself, else a part of the name. */
function byWord(wanted: string): (manager: Manager) => boolean {
  const word = wanted.trim().toLowerCase();
  return ({ extension, name }) => (/^[0-9*#+]+$/.test(word) ? extension === word : word.length >= 2 && (extension?.toLowerCase() === word || name.toLowerCase().includes(word)));
}

function lineOf(lines: readonly LineShown[], wanted: string, numbers: Numbers): LineShown | null {
  const key = numbers.key(wanted);
  const word = wanted.trim().toLowerCase();
  return lines.find(({ line }) => line === wanted || (key !== '' && numbers.key(line) === key))
    ?? lines.find(({ line, name }) => line.toLowerCase() === word || (word.length >= 2 && name.toLowerCase().includes(word))) ?? null;
}

type Searching = Pick<DirectoryParts, 'lookup' | 'numbers' | 'config' | 'book' | 'accounts'> & { readonly people: People; readonly lines: readonly LineShown[] };

/** A whole number is looked up at the CRMs; a part of one, or of a name, is looked for in what is known. */
async function search(text: string, { lookup, numbers, config, book, accounts, people, lines }: Searching, signal: AbortSignal): Promise<SearchResult> {
  const word = text.trim();
  if (word.length < 2) return { contacts: [], managers: [], lines: [] };
  const number = numbers.read(word);
  const asked = number.kind === 'external' && number.valid ? await lookup.lookupFor(null, word, { signal }) : null;
  const known = [
    ...(asked?.kind === 'found' ? [shownContact(asked.account, asked.contact, numbers.key(word))] : []),
    ...lookup.search(word, MOST).map(({ account, number: key, contact }) => shownContact(account, contact, key)),
    ...inBook(book, word, accounts.find(({ driverName }) => driverName === 'local')?.id ?? 'local'),
  ];
  const contacts = [...new Map(known.map((contact) => [`${contact.account} ${contact.type} ${contact.id}`, contact])).values()].slice(0, MOST);
  const lower = word.toLowerCase();
  const [key, digits] = [numbers.key(word), word.replace(/\D/g, '')];
  return {
    contacts, managers: managers(config, await people.all(signal)).filter(byWord(word)).slice(0, MOST),
    lines: lines.filter(({ line, name }) => name.toLowerCase().includes(lower) || numbers.key(line) === key || (digits.length >= 3 && line.replace(/\D/g, '').includes(digits))).slice(0, MOST),
  };
}

type Shown = SearchResult['contacts'][number];
const shownContact = (account: AccountId | string, { id, type, name }: Contact, phone: string): Shown => ({ account, id, type, name, phone });

function inBook(book: DirectoryParts['book'], search: string, account: string): readonly Shown[] {
  if (book === undefined) return [];
  const phoneIn = (numbers: readonly { readonly number: string; readonly key: string }[]): string | null => numbers[0]?.key || numbers[0]?.number || null;
  return [
    ...book.persons({ search, limit: MOST }).map(({ id, name, numbers }): Shown => ({ account, id, type: 'contact', name, phone: phoneIn(numbers) })),
    ...book.companies({ search, limit: MOST }).map(({ id, name, numbers }): Shown => ({ account, id, type: 'company', name, phone: phoneIn(numbers) })),
  ];
}
