/**
 * The post room: claims heads of lanes, lets the drivers try, settles. The spec:
 *
 * - Persisted: every claim before the try, every settlement after it. A process that dies between leaves a claim whose lease runs out.
 * - Retried: try-later, thrown errors and no answer in time, by `core/schedule.ts`; settlements that the store could not take.
 * - Final: delivered, skipped, refused, expired, and durable ones that are both old and often tried.
 * - Locked out: the account's deliveries wait (`breaker.ts`), the ones that found out are `held`; a probe a minute finds the repair.
 * - Urgent: what is perishable, and what a perishable one waits for in its lane, has slots of its own and goes before any backlog.
 *
 * One claim per account and turn, so that the backlog of one account never takes the slots of another.
 * The file is long because all of it turns on one count: what is under way, per account.
 */
import type { Clock, Log, Service, Settlement } from '../core/ports.ts';
import { instant, type AccountId, type Instant, type NodeId } from '../core/words.ts';
import { type Answered, attempt, spoken, type Attempted, type AttemptTools, type Deliver } from './attempt.ts';
import { apart, jobsOf, wordOf } from './batch.ts';
import type { BreakerStatus } from './breaker.ts';
import { Desk, type OutboxAccount, type Room } from './desk.ts';
import { about, reportBreaker, reportSettled, type OnSettled } from './reports.ts';
import { interrupted, settlementOf } from './settlement.ts';
import type { Claimed, ClaimMore, OutboxStore } from './store.ts';
import { systemTimers, type Cancel, type Timers } from './timers.ts';

export type { OutboxAccount } from './desk.ts';

export interface DispatcherOptions {
  readonly store: OutboxStore;
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
/** So many probes in a row were locked out: it is the account, and no single letter. */
const SURE = 2;
/** The store says "due" and gives nothing: another process is faster. */
const LEAST_REST_MS = 50;

export function createDispatcher(options: DispatcherOptions): Outbox {
  return new Dispatcher(options);
}

interface Job { readonly desk: Desk; readonly deliveries: readonly Claimed[]; readonly urgent: boolean; readonly leaseEnds: Instant; open: number }
interface Settling { readonly delivery: Claimed; readonly verdict: Answered; readonly settlement: Settlement }

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
    this.#tools = { clock: options.clock, timers, deliverMs, graceMs };
    this.#leaseMs = deliverMs + graceMs + SETTLE_MS;
    this.#desks = options.accounts.map((account) => new Desk(account, random));
  }

  /** What was held before the restart gets its chance: an operator who repaired an account often restarts, too. Throws StoreError. */
  start(): Promise<void> {
    if (this.#running) return Promise.resolve();
    for (const { account } of this.#desks) this.#options.store.release(account.id, this.#now());
    this.#remember();
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
    return this.#desks.map(({ account, breaker, durable, urgent }) => ({ account: account.id, inFlight: durable + urgent, breaker: breaker.status }));
  }

  #remember(): void {
    for (const { account, why, since, looks } of this.#options.store.standings?.() ?? []) {
      const desk = this.#desks.find((one) => one.account.id === account);
      desk?.breaker.remember({ why, since, probes: looks });
      if (desk !== undefined) desk.marked = true;
    }
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
    const room = desk.room(now);
    if (room.limit === 0) return;
    if (desk.mayRelease(now, false)) this.#release(desk, now);
    // What was held comes after everything else: a single letter that locks us out must not be every probe.
    if (this.#claim(desk, now, room) > 0 || room.durable === 0 || !desk.mayRelease(now, true)) return;
    if (this.#release(desk, now) > 0) this.#claim(desk, now, room);
  }

  /** Returns how many. */
  #claim(desk: Desk, now: Instant, { limit, durable }: Room): number {
    const { account, breaker: { status } } = desk;
    // Probes are single letters, the oldest first: what was never tried stays untouched in an outage.
    const [batch, turns] = status.state === 'closed' ? [account.batch ?? null, { retriesFirst: desk.retriesFirst }] : [null, {}];
    const more: ClaimMore = { durable, ...turns, ...(batch && { along: { most: batch.most, fits: (delivery) => batch.fits(delivery) } }) };
    const claimed = this.#options.store.claim({ now, node: this.#options.node, leaseMs: this.#leaseMs, limit, accounts: [account.id], ...more });
    if (claimed.some(({ urgent }) => urgent !== true)) desk.retriesFirst = !desk.retriesFirst;
    for (const deliveries of jobsOf(claimed, batch)) {
      const urgent = deliveries.some((one) => one.urgent === true || one.deadline !== null);
      void this.#try({ desk, deliveries, urgent, leaseEnds: instant(now + this.#leaseMs), open: deliveries.length });
      // A batch takes one slot; the others may be filled at once.
      if (deliveries.length > 1) this.wake();
    }
    return claimed.length;
  }

  #release(desk: Desk, now: Instant): number {
    desk.released();
    return this.#options.store.release(desk.account.id, now);
  }

  /** Whoever has no room for durable ones is woken when one comes home; until then only urgent ones count. */
  #restMs(): number {
    const now = this.#now();
    const poll = now + (this.#options.pollMs ?? POLL_MS);
    const dues = this.#desks.flatMap((desk) => {
      const room = desk.room(now);
      const due = room.limit === 0 ? null : this.#options.store.nextDue([desk.account.id], now, room.durable === 0);
      return due === null ? desk.changes(now) : [due, ...desk.changes(now)];
    });
    return Math.max(LEAST_REST_MS, Math.min(poll, ...dues) - now);
  }

  #sleep(milliseconds: number): void {
    this.#rest = this.#tools.timers.after(milliseconds, () => this.#turn());
  }

  // ---------------------------------------------------------------------------------------------- one job

  async #try(job: Job): Promise<void> {
    const { desk, deliveries, urgent } = job;
    if (urgent) desk.urgent += 1;
    else desk.durable += 1;
    const [first] = deliveries;
    if (first !== undefined) desk.breaker.began(first);
    const attempted = await attempt({ deliveries, run: (signal) => this.#run(job, signal) }, this.#tools, this.#stopping.signal);
    this.#learn(job, attempted);
    this.#settle(job, this.#meaning(job, attempted));
  }

  async #run({ desk, deliveries, urgent }: Job, signal: AbortSignal): Promise<readonly Answered[]> {
    const [first] = deliveries;
    if (deliveries.length > 1 && desk.account.batch !== undefined) return await desk.account.batch.deliver(deliveries, signal);
    return first === undefined ? [] : [await this.#options.deliver(first, signal, urgent)];
  }

  #meaning({ deliveries }: Job, { verdicts, cutShort }: Attempted): readonly Settling[] {
    const now = this.#now();
    const together = cutShort && this.#stopping.signal.aborted ? verdicts.map(() => interrupted(now)) : apart(verdicts, now);
    return deliveries.flatMap((delivery, index) => {
      const verdict = verdicts[index];
      return verdict === undefined ? [] : [{ delivery, verdict, settlement: together?.[index] ?? settlementOf(delivery, verdict, now, this.#random()) }];
    });
  }

  /** One job is one word about the account, however many facts it carried. */
  #learn({ desk, deliveries }: Job, { verdicts, cutShort }: Attempted): void {
    const index = wordOf(verdicts);
    const [delivery, verdict] = [deliveries[index], verdicts[index]];
    if (delivery === undefined || verdict === undefined) return;
    if (cutShort || verdict.rested === true) {
      desk.breaker.heardNothing(deliveries[0] ?? delivery);
      return;
    }
    const { status } = desk.breaker;
    const change = desk.breaker.heard(delivery, verdict, this.#now());
    reportBreaker(this.#options.log, desk, change);
    if (change === 'closed' && status.state === 'open' && status.why === 'locked-out' && status.probes >= SURE) desk.freed(this.#now());
    this.#mark(desk, verdict);
  }

  /** For those who look from outside; nothing depends on it, so a store that cannot take it now is no reason to stop. */
  #mark(desk: Desk, { kind }: Answered): void {
    const { breaker: { status }, account: { id } } = desk;
    const works = status.state === 'closed' && (kind === 'delivered' || kind === 'refused');
    if (status.state === 'closed' && !(works && desk.marked)) return;
    try {
      this.#options.store.mark?.(id, status.state === 'closed' ? null
        : { account: id, why: status.why, reason: status.reason, since: status.since, looks: status.probes, nextLook: status.until });
      desk.marked = status.state === 'open';
    } catch (failure) {
      this.#options.log.warn({ account: id, failure: spoken(failure) }, 'the store cannot note how this account stands');
    }
  }

  /** A batch in one transaction; where the store cannot take it whole, each by itself. */
  #settle(job: Job, settlings: readonly Settling[]): void {
    const { store, log } = this.#options;
    if (settlings.length < 2 || store.settleMany === undefined) {
      for (const settling of settlings) this.#settleOne(job, settling);
      return;
    }
    try {
      const ours = store.settleMany(settlings, this.#now());
      for (const [index, settling] of settlings.entries()) this.#settled(job, settling, ours[index] === true);
    } catch (failure) {
      log.error({ account: job.desk.account.id, failure: spoken(failure) }, 'the settlements of a batch cannot be stored together: each is stored by itself');
      for (const settling of settlings) this.#settleOne(job, settling);
    }
  }

  /**
   * A store that cannot take the settlement (busy, full) is asked again while the lease is ours: to forget a "delivered" would tell the
   * CRM twice. After the lease it is somebody else's.
   */
  #settleOne(job: Job, settling: Settling): void {
    const { delivery, settlement } = settling;
    let ours: boolean;
    try {
      ours = this.#options.store.settle(delivery, settlement, this.#now());
    } catch (failure) {
      this.#options.log.error({ ...about(delivery), failure: spoken(failure) }, 'a settlement cannot be stored');
      const pauseMs = STORE_PAUSE_MS * (1 + this.#random());
      if (this.#now() + pauseMs < job.leaseEnds) this.#tools.timers.after(pauseMs, () => this.#settleOne(job, settling));
      else this.#leave(job);
      return;
    }
    this.#settled(job, settling, ours);
  }

  #settled(job: Job, settling: Settling, ours: boolean): void {
    if (ours && settling.settlement.state === 'held') job.desk.held(this.#now());
    if (ours) reportSettled(this.#options, settling);
    else this.#options.log.warn(about(settling.delivery), 'a delivery was settled too late: its lease had ended and it was taken over');
    this.#leave(job);
  }

  #leave(job: Job): void {
    job.open -= 1;
    if (job.open > 0) return;
    if (job.urgent) job.desk.urgent -= 1;
    else job.desk.durable -= 1;
    this.wake();
    if (this.#busy() === 0) this.#idle?.();
  }

  // ---------------------------------------------------------------------------------------------- stopping

  #busy(): number { return this.#desks.reduce((sum, { durable, urgent }) => sum + durable + urgent, 0); }

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
