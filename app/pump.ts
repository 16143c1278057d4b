/**
 * Events in, one transaction out. The pump gathers what one Pbx said since the last turn, lets the core decide, and commits calls, facts,
 * deliveries and spool rows together; only then the post room and the spool are woken. A commit that fails loses nothing: the events stay
 * queued and the same decision is made again, because the new state counts only after its commit.
 */
import { type Call, callByLeg, callByLinked, type Calls, restore } from '../core/calls.ts';
import type { Effect } from '../core/effects.ts';
import type { Event } from '../core/events.ts';
import type { Plan } from '../core/plan.ts';
import type { Clock, Journal, Log } from '../core/ports.ts';
import { step } from '../core/step.ts';
import type { CallKey, LegId, Linkedid, PbxId } from '../core/words.ts';
import { asCommit, latestSnapshots } from './commit.ts';

export interface PumpTools {
  readonly pbx: PbxId;
  readonly journal: Journal;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: Log;
  /** Calls as they are now, before they are committed: only for what must not wait for the disk and may be seen twice. */
  readonly onChanged?: (calls: readonly Call[]) => void;
  /** New facts were committed: there may be something to deliver or to encode. */
  readonly onFacts: () => void;
  /** The disk has refused for so long that the queue is full: the link must be dropped and the PBX asked anew. */
  readonly onOverflow: () => void;
}

/** Events of one transaction at most: a longer one would keep FastAGI callers waiting behind it (about 20 µs each). */
const BATCH = 2_000;
/** From this many events in one turn on, a turn waits as long as the next one brings more: each commit costs an fsync, and many share it. */
const CROWD = 64;
/** What may wait while the disk refuses: about 5,000 calls' worth. */
const QUEUE = 200_000;
const RETRY_MS = 1_000;
/** Snapshots without a fact wait for company: a resync heals what a crash takes of them. Facts never wait. */
const SNAPSHOT_MS = 250;

export class Pump {
  readonly #tools: PumpTools;
  #calls: Calls;
  #queue: Event[] = [];
  #unkept: readonly Effect[] = [];
  #turn: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #refused = false;
  #waiting: (() => void)[] = [];

  constructor(tools: PumpTools) {
    this.#tools = tools;
    this.#calls = restore(tools.pbx, tools.journal.openCalls(tools.pbx));
  }

  get openCalls(): number { return this.#calls.open.size; }

  isOpen(call: CallKey): boolean { return this.#calls.open.get(call)?.ended === false; }

  /** An open call, undefined = there is none of this key. */
  call(key: CallKey): Call | undefined { return this.#calls.open.get(key); }

  /** The open call that this leg belongs to. */
  callOf(leg: LegId): Call | undefined { return callByLeg(this.#calls, leg); }

  calls(): Iterable<Call> { return this.#calls.open.values(); }

  /** Whether an open call has this linkedid, its own or one that was united into it. */
  knows(linked: Linkedid): boolean { return callByLinked(this.#calls, linked) !== undefined; }

  /** Resolves when nothing is queued any more, or when the pump stops. */
  drained(): Promise<void> {
    return this.#queue.length === 0 ? Promise.resolve() : new Promise((resolve) => { this.#waiting.push(resolve); });
  }

  /** Whether the store refused the last commit: then events wait. */
  get refused(): boolean { return this.#refused; }

  /** What the PBX said. Calls `onOverflow` (and forgets what waits) when no more can be kept. */
  push(events: readonly Event[]): void {
    if (this.#queue.length + events.length > QUEUE) { this.#overflow(); return; }
    for (const event of events) this.#queue.push(event);
    if (!this.#refused) this.#turn ??= setImmediate(() => { this.#takeTurn(0); });
  }

  /** What the PBX did not say (a route, a heartbeat): left out where there is no room, because no resync could be asked for on its account. */
  note(event: Event): void {
    if (this.#queue.length < QUEUE) this.push([event]);
  }

  /** Decides and commits all that is queued, waiting snapshots too. False when the store refused. */
  flush(): boolean {
    this.#clear();
    while (this.#queue.length > 0) if (!this.#batch()) return false;
    return this.#unkept.length === 0 || this.#commit(this.#unkept);
  }

  /** Commits everything and forgets its timers; it may be pushed again. */
  stop(): void {
    this.flush();
    this.#clear();
    this.#refused = false;
    this.#wakeWaiting();
  }

  #takeTurn(before: number): void {
    this.#turn = null;
    const queued = this.#queue.length;
    if (queued >= CROWD && queued < BATCH && queued !== before) this.#turn = setImmediate(() => { this.#takeTurn(queued); });
    else if (queued > 0 && this.#batch()) this.#goOn();
  }

  /** One transaction a turn: between two of them FastAGI callers are answered, also when a long queue is worked off. */
  #goOn(): void {
    if (this.#queue.length > 0) this.#turn ??= setImmediate(() => { this.#takeTurn(0); });
  }

  /** The next events of the queue; false when the store refused, and then all is as before. */
  #batch(): boolean {
    const [next, effects] = run(this.#calls, this.#queue.slice(0, BATCH));
    this.#tools.onChanged?.(effects.flatMap((effect) => (effect.kind === 'keep' ? [effect.call] : [])));
    if (!this.#settle([...this.#unkept, ...effects])) return false;
    this.#calls = next;
    this.#queue = this.#queue.slice(BATCH);
    if (this.#queue.length === 0) this.#wakeWaiting();
    return true;
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #settle(effects: readonly Effect[]): boolean {
    if (effects.some((effect) => effect.kind !== 'keep')) return this.#commit(effects);
    this.#unkept = latestSnapshots(effects);
    if (effects.length > 0) this.#later(SNAPSHOT_MS);
    return true;
  }

  #commit(effects: readonly Effect[]): boolean {
    const { journal, clock, onFacts, log, pbx, plan } = this.#tools;
    try {
      const fresh = journal.commit(asCommit(effects, { at: clock.now(), pbx, plan }));
      this.#unkept = [];
      this.#refused = false;
      if (fresh.length > 0) onFacts();
      return true;
    } catch (error) {
      log.error({ pbx, err: error, queued: this.#queue.length }, 'the store refused a commit: it is tried again every second, nothing is lost');
      this.#refused = true;
      this.#later(RETRY_MS);
      return false;
    }
  }

  /** What was decided stands: only what waits is forgotten, and the resync that follows repairs it. */
  #overflow(): void {
    this.#tools.log.error({ pbx: this.#tools.pbx, queued: this.#queue.length }, 'the store has refused for too long: the PBX will be asked anew who lives');
    this.#queue = [];
    this.#wakeWaiting();
    this.#tools.onOverflow();
  }

  #later(milliseconds: number): void {
    this.#timer ??= setTimeout(() => { this.#wait(); }, milliseconds);
  }

  /** What waited (for a store that refused, for company) goes on. */
  #wait(): void {
    this.#timer = null;
    this.#refused = false;
    const settled = this.#queue.length === 0 || this.#batch();
    if (settled && (this.#unkept.length === 0 || this.#commit(this.#unkept))) this.#goOn();
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#timer = null;
    this.#turn = null;
  }
}

function run(calls: Calls, events: readonly Event[]): readonly [Calls, readonly Effect[]] {
  const effects: Effect[] = [];
  let now = calls;
  for (const event of events) {
    const [next, more] = step(now, event);
    now = next;
    for (const effect of more) effects.push(effect);
  }
  return [now, effects];
}
