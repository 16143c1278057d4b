/** How each account stands: whether it is told, since when not and why, and how much waits for it. Read from the store, because the server is another process. */
import type { DeliveryStore, Store } from '../../core/ports.ts';
import type { AccountId, Instant } from '../../core/words.ts';
import type { SqliteDeliveries } from '../../store/sqlite/deliveries.ts';
import type { Config } from '../config/index.ts';

/** What the embedded store knows beyond the port. */
export type Ledger = DeliveryStore & Pick<SqliteDeliveries, 'attempts' | 'waiting' | 'standings' | 'retryAll' | 'dropAll'>;

const MORE = ['attempts', 'waiting', 'standings', 'retryAll', 'dropAll'] as const;

/** Null: this store does not keep it. */
export function ledgerOf(deliveries: DeliveryStore): Ledger | null {
  const ledger = deliveries as Partial<Ledger> & DeliveryStore;
  return MORE.every((name) => ledger[name] !== undefined) ? ledger as Ledger : null;
}

export interface AccountStanding {
  readonly id: AccountId;
  /** `gone`: it is no longer configured, and something waits for it. */
  readonly state: 'works' | 'locked-out' | 'unreachable' | 'gone';
  /** What the CRM said; `''` where it works. */
  readonly reason: string;
  readonly since: Instant | null;
  /** How often it was asked since, and when it is asked next. */
  readonly looks: number;
  readonly nextLook: Instant | null;
  /** Not told yet; `held` of them found the account locked. */
  readonly waiting: number;
  readonly held: number;
  /** Given up: they wait for a person. */
  readonly dead: number;
  /** When the oldest that waits was committed. */
  readonly oldest: Instant | null;
}

/** The configured accounts in their order, then those that are gone and not forgotten. */
export function standingsOf(store: Store | null, config: Pick<Config, 'crm'>): readonly AccountStanding[] {
  const ledger = store === null ? null : ledgerOf(store.deliveries);
  const [rows, marks] = [ledger?.waiting() ?? [], ledger?.standings() ?? []];
  const configured = config.crm.map(({ id }) => id);
  const gone = [...new Set(rows.filter(({ state }) => state !== 'dead').map(({ account }) => account))].filter((id) => !configured.includes(id));
  return [...configured, ...gone].map((id): AccountStanding => {
    const [mine, mark] = [rows.filter(({ account }) => account === id), marks.find(({ account }) => account === id)];
    const waiting = mine.filter(({ state }) => state !== 'dead');
    const sum = (some: typeof mine): number => some.reduce((total, { number }) => total + number, 0);
    return {
      id, state: configured.includes(id) ? mark?.why ?? 'works' : 'gone', reason: mark?.reason ?? '', since: mark?.since ?? null, looks: mark?.looks ?? 0, nextLook: mark?.nextLook ?? null,
      waiting: sum(waiting), held: sum(mine.filter(({ state }) => state === 'held')), dead: sum(mine.filter(({ state }) => state === 'dead')),
      oldest: waiting.reduce<Instant | null>((oldest, row) => (oldest === null || row.oldest < oldest ? row.oldest : oldest), null),
    };
  });
}
