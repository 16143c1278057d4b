/**
 * What drivers do without being asked: introduce CallMe to their CRM after a start, and ask a CRM that cannot reach us what has happened. Both obey the same patience as
 * deliveries: jitter, never in step with others, and no end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, jittered } from '../../core/schedule.ts';
import type { Log, Service } from '../../core/ports.ts';
import type { Account } from '../accounts.ts';
import type { CrmDesk } from './crm-desk.ts';

export interface ErrandTools {
  readonly accounts: readonly Account[];
  readonly desk: Pick<CrmDesk, 'take'>;
  readonly log: Log;
  /** Gives [0, 1). */
  readonly random?: () => number;
  readonly again?: Backoff;
}

const AGAIN: Backoff = { baseMs: 10_000, capMs: 900_000, leastMs: 2_000 };
const ERRAND_MS = 60_000;

export class Errands implements Service {
  readonly #tools: ErrandTools;
  readonly #random: () => number;
  readonly #again: Backoff;
  #stopping = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(tools: ErrandTools) {
    this.#tools = tools;
    this.#random = tools.random ?? Math.random;
    this.#again = tools.again ?? AGAIN;
  }

  /** Nobody waits for it: a CRM that is down must not keep calls from being heard. */
  start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#work = Promise.all(this.#tools.accounts.map((account) => this.#of(account).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#tools.log.error({ account: account.id, err: error }, 'an errand to the CRM broke off');
    })));
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#work;
  }

  async #of(account: Account): Promise<void> {
    await this.#introduce(account);
    await this.#poll(account);
  }

  async #introduce({ id, driver }: Account): Promise<void> {
    if (driver.introduce === undefined) return;
    for (let tries = 1; ; tries += 1) {
      const verdict = await driver.introduce(this.#deadline()).catch((error: unknown) => ({ kind: 'try-later' as const, reason: reasonOf(error), retryAfterMs: null }));
      if (verdict.kind === 'delivered' || verdict.kind === 'skipped') { this.#tools.log.info({ account: id }, 'CallMe is introduced to the CRM'); return; }
      this.#tools.log.warn({ account: id, kind: verdict.kind, reason: verdict.reason }, 'CallMe could not introduce itself to the CRM');
      if (verdict.kind === 'refused') return;
      await this.#rest(Math.max(jittered(tries, this.#again, this.#random()), verdict.kind === 'try-later' ? verdict.retryAfterMs ?? 0 : 0));
    }
  }

  async #poll(account: Account): Promise<void> {
    const { poll } = account.driver;
    if (poll === undefined) return;
    for (let failures = 0; ;) {
      await this.#rest(failures === 0 ? poll.everyMs * (0.8 + 0.4 * this.#random()) : Math.max(poll.everyMs, jittered(failures, this.#again, this.#random())));
      try {
        const told = await poll.ask(this.#deadline());
        this.#tools.desk.take(account, told.events);
        await told.taken(this.#deadline());
        failures = 0;
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        failures += 1;
        if (failures === 1) this.#tools.log.warn({ account: account.id, reason: reasonOf(error) }, 'the CRM does not tell what has happened; it is asked again and again');
      }
    }
  }

  #deadline(): AbortSignal { return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ERRAND_MS)]); }
  #rest(ms: number): Promise<void> { return pause(ms, undefined, { signal: this.#stopping.signal }); }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'no reason given');
