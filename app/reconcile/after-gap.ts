/**
 * A minute after each gap the books are read once more: databases are written in batches, so what happened last may not have been in them
 * when the link came up. What is still missing then is filled. A source that cannot be read is asked again until it answers.
 */
import type { Books, Clock, Log, Service, Window } from '../../core/ports.ts';
import { instant, type Instant, type PbxId } from '../../core/words.ts';
import { type Cancel, systemTimers, type Timers } from '../../outbox/timers.ts';
import { reasonOf } from './errors.ts';
import { reconcile, type Reconciled, type ReconcileTools } from './run.ts';

export interface AfterGapTools extends Pick<ReconcileTools, 'pbx' | 'store' | 'plan'> {
  readonly pbx: PbxId;
  readonly books: Books;
  readonly clock: Clock;
  readonly log: Log;
  /** Something was filled: there may be something to deliver. */
  readonly onFilled: () => void;
  readonly timers?: Timers;
  /** Gives [0, 1). */
  readonly random?: () => number;
}

const PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 600_000;
/** Calls that began before the gap and were hit by it. */
const BEFORE_MS = 600_000;
const AFTER_MS = 30_000;

export class AfterGap implements Service {
  readonly #tools: AfterGapTools;
  readonly #timers: Timers;
  #due: Window | null = null;
  #failures = 0;
  #cancel: Cancel | null = null;
  #stopping = new AbortController();
  #work: Promise<void> | null = null;

  constructor(tools: AfterGapTools) {
    this.#tools = tools;
    this.#timers = tools.timers ?? systemTimers;
  }

  start(): Promise<void> {
    this.#stopping = new AbortController();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('CallMe stops'));
    this.#cancel?.();
    this.#cancel = null;
    await this.#work;
  }

  /** Gaps that follow each other shortly are looked at together. */
  onGap({ from, to }: Window): void {
    const gap = { from: instant(from - BEFORE_MS), to: instant(to + AFTER_MS) };
    this.#due = this.#due === null ? gap : { from: earlier(this.#due.from, gap.from), to: later(this.#due.to, gap.to) };
    this.#failures = 0;
    this.#later();
  }

  #later(): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancel?.();
    const pause = Math.min(PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    const jitter = this.#failures === 0 ? 0 : pause * (this.#tools.random ?? Math.random)() / 2;
    this.#cancel = this.#timers.after(pause + jitter, () => { this.#begin(); });
  }

  #begin(): void {
    this.#cancel = null;
    const due = this.#due;
    // A look that is still under way is not overtaken: the next one follows it.
    if (due === null || this.#work !== null) return;
    this.#due = null;
    this.#work = this.#look(due).finally(() => {
      this.#work = null;
      if (this.#due !== null) this.#later();
    });
  }

  /** Never rejects. */
  async #look(window: Window): Promise<void> {
    const { log, onFilled, pbx, ...tools } = this.#tools;
    try {
      const found = await reconcile(window, { ...tools, pbx, signal: this.#stopping.signal, dryRun: false });
      this.#failures = 0;
      this.#report(found);
      if (found.counts.filled > 0) onFilled();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const { message, code, remedy } = reasonOf(error);
      this.#failures += 1;
      this.#due = this.#due === null ? window : { from: earlier(this.#due.from, window.from), to: later(this.#due.to, window.to) };
      log.warn({ pbx, code, remedy }, `the look into the books of the PBX after a gap failed, it is tried again: ${message}`);
    }
  }

  #report({ counts, differs, extra, missing }: Reconciled): void {
    const { log, pbx } = this.#tools;
    log.info({ pbx, ...counts }, 'the calls around the gap were compared with the books of the PBX');
    if (counts.filled > 0) log.warn({ pbx, calls: missing.slice(0, 20).map(({ call }) => call) }, 'calls that nobody had heard were filled in');
    if (differs.length > 0) log.warn({ pbx, calls: differs.slice(0, 20).map(({ told, differences }) => ({ call: told.call, differences })) }, 'calls were told otherwise than the PBX wrote them down: see callme reconcile --dry-run');
    if (extra.length > 0) log.warn({ pbx, calls: extra.slice(0, 20).map(({ id }) => id) }, 'calls were told that the PBX did not write down');
  }
}

const earlier = (one: Instant, other: Instant): Instant => (one < other ? one : other);
const later = (one: Instant, other: Instant): Instant => (one > other ? one : other);
