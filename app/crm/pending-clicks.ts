/** Clicks that Asterisk was asked for and of whose calls nothing was heard yet; in the store, so that a crash does not leave a card open. */
import type { Click } from '../../core/clicks.ts';
import type { AccountMemory } from '../../core/ports.ts';
import type { AccountId } from '../../core/words.ts';

const KEY = 'clicks';
/** More at once is no person who clicks. */
const MOST = 200;

export class PendingClicks {
  readonly #accounts: AccountMemory;
  constructor(accounts: AccountMemory) { this.#accounts = accounts; }

  of(account: AccountId): readonly Click[] {
    try {
      const clicks: unknown = JSON.parse(this.#accounts.get(account, KEY) ?? '[]');
      return Array.isArray(clicks) ? clicks as Click[] : [];
    } catch {
      return [];
    }
  }

  has(account: AccountId, click: Click): boolean { return this.of(account).some(({ linkedid }) => linkedid === click.linkedid); }

  add(account: AccountId, click: Click): void { this.#keep(account, [...this.of(account), click].slice(-MOST)); }

  remove(account: AccountId, click: Click): void {
    this.#keep(account, this.of(account).filter(({ linkedid }) => linkedid !== click.linkedid));
  }

  #keep(account: AccountId, clicks: readonly Click[]): void {
    if (clicks.length === 0) this.#accounts.remove(account, KEY);
    else this.#accounts.set(account, KEY, JSON.stringify(clicks));
  }
}
