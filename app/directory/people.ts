/** The people of the CRMs, by account: asked for when somebody wants them, kept for minutes, and told as they were while a CRM does not answer. */
import type { Clock, Log } from '../../core/ports.ts';
import type { AccountId, Instant } from '../../core/words.ts';
import type { CrmUser, Driver } from '../../crm/driver.ts';

export interface PeopleAccount { readonly id: AccountId; readonly driver: Pick<Driver, 'users'> }
export interface PersonOf { readonly account: AccountId; readonly user: CrmUser }

/** People come and go by the day. */
const FRESH_MS = 5 * 60_000;
/** Behind the back of whoever asked. */
const BACKGROUND_MS = 30_000;
const MOST = 5_000;

interface Kept { readonly users: readonly CrmUser[]; readonly at: Instant }

export class People {
  readonly #accounts: readonly PeopleAccount[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kept = new Map<AccountId, Kept>();
  readonly #running = new Map<AccountId, Promise<void>>();

  constructor({ accounts, clock, log }: { readonly accounts: readonly PeopleAccount[]; readonly clock: Clock; readonly log: Log }) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#log = log;
  }

  /** Accounts whose people are in memory. */
  get size(): number { return this.#kept.size; }

  forget(): void { this.#kept.clear(); }

  /** Of all accounts, in their order; what is known when the signal aborts. Never rejects. */
  async all(signal: AbortSignal): Promise<readonly PersonOf[]> {
    const late = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => { resolve(); }, { once: true });
    });
    await Promise.race([late, Promise.all(this.#accounts.map((account) => this.#need(account)))]);
    return this.#accounts.flatMap(({ id }) => (this.#kept.get(id)?.users ?? []).map((user) => ({ account: id, user })));
  }

  /** Waits only where nothing is known. */
  #need(account: PeopleAccount): Promise<void> {
    const kept = this.#kept.get(account.id);
    const age = kept === undefined ? Infinity : this.#clock.now() - kept.at;
    if (age >= 0 && age < FRESH_MS) return Promise.resolve();
    const asked = this.#running.get(account.id) ?? this.#ask(account);
    return kept === undefined ? asked : Promise.resolve();
  }

  #ask({ id, driver }: PeopleAccount): Promise<void> {
    const { users } = driver;
    if (users === undefined) return Promise.resolve();
    const asked = Promise.resolve().then(() => users.call(driver, AbortSignal.timeout(BACKGROUND_MS))).then(
      (found) => { this.#kept.set(id, { users: found.slice(0, MOST), at: this.#clock.now() }); },
      (error: unknown) => { this.#log.warn({ account: id, why: error instanceof Error ? error.message : 'no reason given' }, 'the people of a CRM could not be listed'); },
    ).finally(() => this.#running.delete(id));
    this.#running.set(id, asked);
    return asked;
  }
}
