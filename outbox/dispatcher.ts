/**
 * The post room: claims heads of lanes, lets the drivers try, settles. The spec:
 *
 * - Persisted: every claim before the try, every settlement after it. A process that dies between leaves a claim whose lease runs out.
 * - Retried: try-later, thrown errors and no answer in time, by `core/schedule.ts`; settlements that the store could not take.
 * - Final: delivered, skipped, refused, expired, and durable ones that are both old and often tried.
 * - Locked out: the account's deliveries wait (`breaker.ts`), the ones that found out are `held`; a probe a minute finds the repair.
 *
 * One claim per account and turn, so that the backlog of one account never takes the slots of another.
 * The file is long because all of it turns on one count: what is under way, per account.
 */
import type { Clock, Delivery, DeliveryStore, Log, Service, Settlement } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import { instant, type AccountId, type Instant, type NodeId } from '../core/words.ts';
import { attempt, spoken, type Attempted, type AttemptTools, type Deliver } from './attempt.ts';
import { Breaker, type BreakerStatus } from './breaker.ts';
import { about, reportBreaker, reportSettled, type OnSettled } from './reports.ts';
import { interrupted, settlementOf } from './settlement.ts';
import { systemTimers, type Cancel, type Timers } from './timers.ts';

export interface OutboxAccount {
  readonly id: AccountId;
  /** How many deliveries may be under way at once. */
  readonly inFlight: number;
}

export interface DispatcherOptions {
  readonly store: DeliveryStore;
  readonly accounts: readonly OutboxAccount[];
  /** Unique to this process: two processes with one name would not be told apart in the claims. */
  readonly node: NodeId;
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly log: Log;
  readonly onSettled?: OnSettled;
  readonly timers?: Timers;
  /** In [0, 1). */
  readonly random?: () => number;
  /** One delivery's time, milliseconds: enough to upload a recording. */
  readonly deliverMs?: number;
  /** What a driver gets on top to come back after its signal, milliseconds. */
  readonly graceMs?: number;
  /** The longest rest, milliseconds: another process (a command, a second node) may have put something in. */
  readonly pollMs?: number;
}

export interface Outbox extends Service {
  /** Something was committed. Cheap; call it as often as you like. */
  wake(): void;
  /** Per account, for status and readiness. */
  status(): readonly { readonly account: AccountId; readonly inFlight: number; readonly breaker: BreakerStatus }[];
}

const DELIVER_MS = 60_000;
const GRACE_MS = 2_000;
const POLL_MS = 5_000;
/** Between the last moment of a try and the end of its lease: time to settle, also over a store that is busy. */
const SETTLE_MS = 30_000;
/** Between two tries to settle, and after a turn that the store refused. */
const STORE_PAUSE_MS = 1_000;
/** What was held looks again after this, while the rest of its account goes on. */
const HELD_MS = 60_000;
/** The store says "due" and gives nothing: another process is faster. */
const LEAST_REST_MS = 50;

export function createDispatcher(options: DispatcherOptions): Outbox {
  return new Dispatcher(options);
}

interface Desk {
  readonly account: OutboxAccount;
  readonly breaker: Breaker;
  inFlight: number;
  /** When what was held may try again; null = nothing was held. */
  releaseAt: Instant | null;
}
interface Job { readonly desk: Desk; readonly delivery: Delivery; readonly leaseEnds: Instant }

class Dispatcher implements Outbox {
  readonly #options: DispatcherOptions;
  readonly #tools: AttemptTools;
  readonly #random: () => number;
  readonly #leaseMs: number;
  readonly #desks: readonly Desk[];
  #running = false;
  #stopping = new AbortController();
  #rest: Cancel | null = null;
  #woken: Cancel | null = null;
  #idle: (() => void) | null = null;
  #stopped: Promise<void> = Promise.resolve();
  readonly #brakes: Cancel[] = [];

  constructor(options: DispatcherOptions) {
    const { timers = systemTimers, random = Math.random, deliverMs = DELIVER_MS, graceMs = GRACE_MS } = options;
    this.#options = options;
    this.#random = random;
    this.#tools = { deliver: options.deliver, clock: options.clock, timers, deliverMs, graceMs };
    this.#leaseMs = deliverMs + graceMs + SETTLE_MS;
    this.#desks = options.accounts.map((account) => ({ account, breaker: new Breaker(random), inFlight: 0, releaseAt: null }));
  }

  /** What was held before the restart gets its chance: an operator who repaired an account often restarts, too. Throws StoreError. */
  start(): Promise<void> {
    if (this.#running) return Promise.resolve();
    for (const { account } of this.#desks) this.#options.store.release(account.id, this.#now());
    this.#running = true;
    this.#stopping = new AbortController();
    this.wake();
    return Promise.resolve();
  }

  /**
   * No new claims; what is under way may finish until the deadline, then gets its signal and goes back into the store.
   * A second call may shorten the deadline.
   */
  stop(deadlineMs: number): Promise<void> {
    if (this.#running) {
      this.#running = false;
      this.#woken?.();
      this.#rest?.();
      this.#woken = this.#rest = null;
      this.#stopped = this.#drained();
    }
    this.#brake(deadlineMs);
    return this.#stopped;
  }

  wake(): void {
    if (!this.#running || this.#woken !== null) return;
    this.#woken = this.#tools.timers.soon(() => { this.#woken = null; this.#turn(); });
  }

  status() {
    return this.#desks.map(({ account, breaker, inFlight }) => ({ account: account.id, inFlight, breaker: breaker.status }));
  }

  #now(): Instant { return this.#options.clock.now(); }

  // ---------------------------------------------------------------------------------------------- a turn

  #turn(): void {
    this.#rest?.();
    this.#rest = null;
    try {
      this.#options.store.expire(this.#now());
      for (const desk of this.#desks) this.#serve(desk);
      this.#sleep(this.#restMs());
    } catch (failure) {
      this.#options.log.error({ failure: spoken(failure) }, 'the outbox cannot use its store; it tries again in a moment');
      this.#sleep(STORE_PAUSE_MS * (1 + this.#random()));
    }
  }

  #serve(desk: Desk): void {
    const now = this.#now();
    const limit = desk.breaker.room(now, desk.account.inFlight, desk.inFlight);
    if (limit === 0) return;
    // What was held comes after everything else: a single letter that locks us out must not be every probe.
    if (this.#claim(desk, now, limit) === 0 && this.#release(desk, now)) this.#claim(desk, now, limit);
  }

  #claim(desk: Desk, now: Instant, limit: number): number {
    const ask = { now, node: this.#options.node, leaseMs: this.#leaseMs, limit, accounts: [desk.account.id] };
    const claimed = this.#options.store.claim(ask);
    for (const delivery of claimed) void this.#try({ desk, delivery, leaseEnds: instant(now + this.#leaseMs) });
    return claimed.length;
  }

  #release(desk: Desk, now: Instant): boolean {
    if (desk.releaseAt === null || now < desk.releaseAt) return false;
    desk.releaseAt = null;
    return this.#options.store.release(desk.account.id, now) > 0;
  }

  #restMs(): number {
    const now = this.#now();
    const able = this.#desks.filter((desk) => desk.breaker.room(now, desk.account.inFlight, desk.inFlight) > 0);
    const due = able.length === 0 ? null : this.#options.store.nextDue(able.map((desk) => desk.account.id), now);
    const probes = this.#desks.flatMap(({ breaker: { status } }) => status.state === 'open' && status.until > now ? [status.until] : []);
    const poll = now + (this.#options.pollMs ?? POLL_MS);
    return Math.max(LEAST_REST_MS, Math.min(due ?? poll, poll, ...probes) - now);
  }

  #sleep(milliseconds: number): void {
    this.#rest = this.#tools.timers.after(milliseconds, () => this.#turn());
  }

  // ---------------------------------------------------------------------------------------------- one delivery

  async #try(job: Job): Promise<void> {
    job.desk.inFlight += 1;
    job.desk.breaker.began(job.delivery);
    const attempted = await attempt(job.delivery, this.#tools, this.#stopping.signal);
    this.#learn(job, attempted);
    this.#settle(job, attempted.verdict, this.#meaning(job.delivery, attempted));
  }

  #meaning(delivery: Delivery, { verdict, cutShort }: Attempted): Settlement {
    if (cutShort && this.#stopping.signal.aborted) return interrupted(this.#now());
    return settlementOf(delivery, verdict, this.#now(), this.#random());
  }

  #learn({ desk, delivery }: Job, { verdict, cutShort }: Attempted): void {
    if (cutShort) desk.breaker.heardNothing(delivery);
    else reportBreaker(this.#options.log, desk, desk.breaker.heard(delivery, verdict, this.#now()));
  }

  /**
   * A store that cannot take the settlement (busy, full) is asked again while the lease is ours: to forget a "delivered" would tell the
   * CRM twice. After the lease it is somebody else's.
   */
  #settle(job: Job, verdict: Verdict, settlement: Settlement): void {
    const { delivery, leaseEnds } = job;
    try {
      const ours = this.#options.store.settle(delivery, settlement, this.#now());
      if (ours && settlement.state === 'held') job.desk.releaseAt = instant(this.#now() + HELD_MS);
      if (ours) reportSettled(this.#options, { delivery, verdict, settlement });
      else this.#options.log.warn(about(delivery), 'a delivery was settled too late: its lease had ended and it was taken over');
    } catch (failure) {
      this.#options.log.error({ ...about(delivery), failure: spoken(failure) }, 'a settlement cannot be stored');
      const pauseMs = STORE_PAUSE_MS * (1 + this.#random());
      if (this.#now() + pauseMs < leaseEnds) {
        this.#tools.timers.after(pauseMs, () => this.#settle(job, verdict, settlement));
        return;
      }
    }
    this.#leave(job);
  }

  #leave({ desk }: Job): void {
    desk.inFlight -= 1;
    this.wake();
    if (this.#busy() === 0) this.#idle?.();
  }

  // ---------------------------------------------------------------------------------------------- stopping

  #busy(): number { return this.#desks.reduce((sum, desk) => sum + desk.inFlight, 0); }

  /** The last timer is for a store that refuses every settlement: the leases give those deliveries back. */
  #drained(): Promise<void> {
    if (this.#busy() === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = () => {
        for (const cancel of this.#brakes.splice(0)) cancel();
        this.#idle = null;
        resolve();
      };
    });
  }

  #brake(deadlineMs: number): void {
    if (this.#idle === null) return;
    const { timers, graceMs } = this.#tools;
    this.#brakes.push(
      timers.after(deadlineMs, () => this.#stopping.abort()),
      timers.after(deadlineMs + graceMs + STORE_PAUSE_MS, () => this.#idle?.()),
    );
  }
}
