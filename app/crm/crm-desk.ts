/** The way back: what CRMs tell us, by webhook or when they are asked, becomes calls, pauses and questions anew. Each thing that is said twice is done once. */
import type { Log } from '../../core/ports.ts';
import type { AccountId } from '../../core/words.ts';
import type { CrmEvent } from '../../crm/heard.ts';
import type { CrmAddress, CrmPort, CrmRequest } from '../../web/crm-doors.ts';
import type { Account } from '../accounts.ts';
import { Recent } from './recent.ts';

/** What the house does about an event; nothing of it rejects. */
export interface CrmHands {
  readonly dial: (account: Account, event: Extract<CrmEvent, { kind: 'dial' }>) => Promise<void>;
  readonly callBack: (account: Account, event: Extract<CrmEvent, { kind: 'call-back' }>) => Promise<void>;
  readonly contactsChanged: (account: AccountId, numbers: readonly string[] | 'all') => void;
  readonly userStatus: (account: Account, event: Extract<CrmEvent, { kind: 'user-status' }>) => Promise<void>;
}
export interface CrmDeskTools { readonly accounts: readonly Account[]; readonly hands: CrmHands; readonly log: Log; readonly now: () => number }

/** Milliseconds in which the same id is the same event; Bitrix24 says a click twice within seconds (crm-contracts 1.13). */
const SAME_MS = 10 * 60_000;
const REMEMBERED = 10_000;
/** A driver that exchanges a code for a token asks its vendor first. */
const HEAR_MS = 15_000;

export class CrmDesk implements CrmPort {
  readonly #tools: CrmDeskTools;
  readonly #recent: Recent;

  constructor(tools: CrmDeskTools) {
    this.#tools = tools;
    this.#recent = new Recent(SAME_MS, REMEMBERED, tools.now);
  }

  async hear(to: CrmAddress, request: CrmRequest, signal: AbortSignal): Promise<{ readonly status: number; readonly body: unknown } | null> {
    for (const account of this.#tools.accounts.filter((each) => isMeant(each, to))) {
      const answer = await this.#ask(account, request, signal);
      if (answer !== null) return answer;
    }
    return null;
  }

  async #ask(account: Account, request: CrmRequest, signal: AbortSignal): Promise<{ readonly status: number; readonly body: unknown } | null> {
    try {
      const answer = await account.driver.hear?.(request, AbortSignal.any([signal, AbortSignal.timeout(HEAR_MS)])) ?? null;
      if (answer === null) return null;
      this.#tools.log.info({ account: account.id, events: answer.events.map(({ kind }) => kind), status: answer.status }, `the CRM came: ${answer.note}`);
      this.take(account, answer.events);
      return { status: answer.status, body: answer.body };
    } catch (error) {
      this.#tools.log.error({ account: account.id, err: error }, 'what the CRM said could not be taken');
      return { status: 503, body: { error: 'try again' } };
    }
  }

  /** The work goes on behind the answer: a CRM that waits thinks that we are slow, and stops to tell us. */
  take(account: Account, events: readonly CrmEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'contacts-changed' && this.#recent.seen(`${account.id} ${event.kind} ${event.id}`)) continue;
      void this.#act(account, event).catch((error: unknown) => { this.#tools.log.error({ account: account.id, event: event.kind, err: error }, 'what the CRM asked for could not be done'); });
    }
  }

  async #act(account: Account, event: CrmEvent): Promise<void> {
    const { hands } = this.#tools;
    switch (event.kind) {
      case 'dial': return hands.dial(account, event);
      case 'call-back': return hands.callBack(account, event);
      case 'user-status': return hands.userStatus(account, event);
      case 'contacts-changed': hands.contactsChanged(account.id, event.numbers); return Promise.resolve();
    }
  }
}

function isMeant({ id, driverName }: Account, to: CrmAddress): boolean {
  if ('account' in to) return id === to.account;
  return 'any' in to || driverName === to.driver;
}
