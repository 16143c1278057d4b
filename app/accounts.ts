/** The configured accounts as living drivers: each with its own pace and its own memory of calls. */
import { cardPolicy } from '../core/cards.ts';
import type { Fact } from '../core/facts.ts';
import type { Numbers } from '../core/numbers.ts';
import type { Clock, Http, Log, Store } from '../core/ports.ts';
import { asRehearsed } from '../core/rehearsal.ts';
import type { AccountId, Employee, RecordingId } from '../core/words.ts';
import type { Driver, DriverTools, Line } from '../crm/driver.ts';
import type { CheckedAccount, Config } from './config/index.ts';
import { openKeep } from './keep.ts';
import { createPacing, type Pacing, withPriority } from './pacing.ts';

export interface Account {
  readonly id: AccountId;
  /** As the configuration calls it. */
  readonly driverName: string;
  readonly driver: Driver;
}

/** What drivers write down: a store's shelves, or nothing at all for commands that only ask. */
export type Shelves = Pick<Store, 'memory' | 'accounts' | 'addressBook'>;

export interface AccountTools {
  readonly http: Http;
  /** One for all accounts, because some share a bucket; not given = one of its own. */
  readonly pacing?: Pacing;
  readonly shelves: Shelves;
  readonly clock: Clock;
  readonly employees: readonly Employee[];
  readonly country: string;
  readonly numbers: Numbers;
  readonly lines: readonly Line[];
  readonly timezone: string;
  readonly publicUrl: string | null;
  /** Who sees cards, and when; not given = everybody, as soon as the telephone rings. */
  readonly cards?: Config['cards'];
  /** Debug mode: internal calls are told as calls of a test number; not given = off. */
  readonly debug?: Config['debug'];
  /** Signs links to recordings (`recording-links.ts`); not given = there are none. */
  readonly link?: (recording: RecordingId) => string | null;
  /** Where a rehearsed call is said to be one. */
  readonly log?: Log;
}

const EVERYBODY: Config['cards'] = { mode: 'ringing', extensions: [] };

export function openAccount(checked: CheckedAccount, tools: AccountTools): Account {
  const { kind, settings, config: { id, driver: driverName, pace } } = checked;
  const pacing = tools.pacing ?? createPacing({ clock: tools.clock });
  const paced = pacing.of({ bucket: kind.bucket?.(settings.reveal()) ?? id, pace: { ...kind.pace, ...pace } });
  const driver = kind.create(settings.reveal(), { ...driverTools(id, tools), http: paced.http(tools.http), rest: (operation, milliseconds) => { paced.rest(operation, milliseconds); } });
  const retold = rehearser(id, tools);
  return {
    id,
    driverName,
    driver: {
      ...optional(driver, retold),
      lookup: (number, signal, line) => withPriority('perishable', () => driver.lookup(number, signal, line)),
      deliver: (fact, signal) => driver.deliver(retold(fact), signal), check: (signal) => withPriority('perishable', () => driver.check(signal)),
    },
  };
}

/** What some drivers can and others cannot. */
function optional(driver: Driver, retold: (fact: Fact) => Fact): Omit<Driver, 'lookup' | 'deliver' | 'check'> {
  return {
    ...(driver.route && { route: (number, line, signal) => withPriority('perishable', async () => await driver.route?.(number, line, signal) ?? null) }),
    ...(driver.many && { many: manyOf(driver.many, retold) }), ...(driver.poll && { poll: driver.poll }),
    ...(driver.users && { users: async (signal) => await driver.users?.(signal) ?? [] }),
    ...(driver.hear && { hear: async (heard, signal) => await driver.hear?.(heard, signal) ?? null }),
    ...(driver.introduce && { introduce: async (signal) => await driver.introduce?.(signal) ?? { kind: 'skipped', reason: 'this product needs no introduction' } }),
  };
}

const manyOf = (many: NonNullable<Driver['many']>, retold: (fact: Fact) => Fact): NonNullable<Driver['many']> =>
  ({ most: many.most, fits: (fact) => many.fits(retold(fact)), deliver: (facts, signal) => many.deliver(facts.map(retold), signal) });

function driverTools(id: AccountId, tools: AccountTools): Omit<DriverTools, 'http' | 'rest'> {
  const { shelves: { memory, accounts, addressBook }, clock, employees, country, numbers, lines, timezone, publicUrl } = tools;
  return {
    account: id, clock, employees, country, numbers, lines, timezone, publicUrl, addressBook,
    cards: cardPolicy({ ...(tools.cards ?? EVERYBODY), employees }), link: tools.link ?? (() => null), keep: openKeep(id, { accounts, clock }),
    memory: (call) => ({ get: (key) => memory.get(id, call, key), set: (key, value) => memory.set(id, call, key, value) }),
  };
}

/** In debug mode, what a driver hears of an internal call; else the fact itself. */
function rehearser(account: AccountId, { debug, log }: AccountTools): (fact: Fact) => Fact {
  const testPhone = debug?.processInternalCalls === true ? debug.testPhone : undefined;
  if (testPhone === undefined) return (fact) => fact;
  return (fact) => {
    const rehearsed = asRehearsed(fact, { testPhone });
    if (rehearsed !== fact) log?.info({ account, call: fact.call, fact: fact.id }, `debug mode: internal call told as a call of the test number ${testPhone}`);
    return rehearsed;
  };
}
