/**
 * A gap made good before anybody concludes anything from it. When the link comes up, the core is not told at once who lives: first it is
 * told what the Pbx wrote down meanwhile, read in its own books, then who lives, then what was heard since. Where the books cannot be read
 * in time everything goes on as if there were none: what ended unseen is concluded, `certain: false`.
 * Longer than a hundred lines because one reading is one story, told in one place.
 */
import type { Event, Resynced } from '../../core/events.ts';
import type { Books, Journal, Log, Past, Window } from '../../core/ports.ts';
import { instant, type Linkedid, type PbxId } from '../../core/words.ts';
import { systemTimers, type Timers } from '../../outbox/timers.ts';
import { BooksLate, HeldTooMuch, reasonOf } from './errors.ts';
import { unheard } from './unheard.ts';

/** Where the events go: the pump of this Pbx. */
export interface Pipe {
  push(events: readonly Event[]): void;
  /** Decides and commits what is queued; false when the store refused. */
  flush(): boolean;
  /** Resolves when nothing is queued any more. */
  drained(): Promise<void>;
  /** Whether an open call has this linkedid. */
  knows(linked: Linkedid): boolean;
}

export interface CatchUpTools {
  readonly pbx: PbxId;
  /** Null: this Pbx has no books that are configured. */
  readonly books: Books | null;
  readonly journal: Pick<Journal, 'heardUntil' | 'calls'>;
  readonly pipe: Pipe;
  readonly log: Log;
  readonly timers?: Timers;
  /** A gap is over, its books were read or not: rows that the Pbx wrote late can be looked for later. */
  readonly onGap: (gap: Window) => void;
}

/** Read again before the gap began: clocks differ, and a heartbeat is noted now and then. What was heard already changes nothing. */
export const OVERLAP_MS = 5_000;
/** Callers' pop-ups wait for it. */
export const DEADLINE_MS = 10_000;
/** What may be held back meanwhile: some minutes of a busy Pbx. */
const HELD_CAP = 100_000;
/** Events of the past that are pushed at once: between two portions FastAGI callers are answered. */
const PORTION = 2_000;

/** One reading of the books. */
interface Reading { readonly resynced: Resynced; readonly held: Event[]; readonly stop: AbortController }

export class CatchUp {
  readonly #tools: CatchUpTools;
  readonly #timers: Timers;
  #reading: Reading | null = null;
  #broken: Error | null = null;

  constructor(tools: CatchUpTools) {
    this.#tools = tools;
    this.#timers = tools.timers ?? systemTimers;
  }

  /** The past is being read: the core knows nothing yet of what the link says. */
  get isReading(): boolean { return this.#reading !== null; }

  /** The link is up, and the Pbx has said who lives. */
  resynced(event: Resynced): void {
    const { books, journal, pbx, pipe, onGap } = this.#tools;
    const until = journal.heardUntil(pbx);
    if (books === null || until === null) { pipe.push([event]); return; }
    const reading: Reading = { resynced: event, held: [], stop: new AbortController() };
    this.#reading = reading;
    const gap = { from: until, to: event.at };
    void this.#read(reading, books, gap).then((isOver) => { if (isOver) onGap(gap); });
  }

  /** What was heard: passed on, or held back in its order while the past is being read. Throws when what was held back could not be kept. */
  hear(events: readonly Event[]): void {
    const { reading, broken } = { reading: this.#reading, broken: this.#broken };
    this.#broken = null;
    // Only here a throw reaches the link, whose end leads to the next resync.
    if (broken !== null) throw broken;
    if (reading === null) { this.#tools.pipe.push(events); return; }
    for (const event of events) reading.held.push(event);
    if (reading.held.length > HELD_CAP) reading.stop.abort(new HeldTooMuch(HELD_CAP));
  }

  /**
   * The link is lost, or CallMe stops. True when the past was still being read: then nothing of this link has been told, and the gap goes on
   * from where it began; its books will be read again.
   */
  forget(): boolean {
    const reading = this.#reading;
    this.#reading = null;
    this.#broken = null;
    reading?.stop.abort(new Error('the link ended'));
    return reading !== null;
  }

  /** Resolves with false when the link ended meanwhile; never rejects. */
  async #read(reading: Reading, books: Books, gap: Window): Promise<boolean> {
    const { pbx, pipe, log } = this.#tools;
    try {
      const past = await this.#past(books, gap, reading);
      pipe.flush();
      const events = unheard(past, { ...this.#tools, since: instant(gap.from - OVERLAP_MS), alive: reading.resynced.alive });
      await this.#tell(events, reading);
      this.#report(past, events.length, gap);
    } catch (error) {
      const { message, remedy, code } = reasonOf(error);
      if (this.#reading === reading) log.warn({ pbx, code, remedy }, `the books of the PBX could not be read for the gap: what ended in it is concluded: ${message}`);
    }
    if (this.#reading !== reading) return false;
    this.#reading = null;
    this.#release(reading);
    return true;
  }

  #release({ resynced, held }: Reading): void {
    try {
      this.#tools.pipe.push([resynced, ...held]);
    } catch (error) {
      this.#broken = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Rejects when the deadline has passed, also where the source does not obey its signal. */
  async #past(books: Books, { from, to }: Window, { stop }: Reading): Promise<Past> {
    const ended = Promise.withResolvers<never>();
    const cancel = this.#timers.after(DEADLINE_MS, () => { stop.abort(new BooksLate(DEADLINE_MS)); });
    stop.signal.addEventListener('abort', () => { ended.reject(stop.signal.reason as Error); }, { once: true });
    try {
      return await Promise.race([books.read({ from: instant(from - OVERLAP_MS), to }, stop.signal), ended.promise]);
    } finally {
      cancel();
    }
  }

  /** In portions; whatever ends it, the core is told that the past is over. */
  async #tell(events: readonly Event[], reading: Reading): Promise<void> {
    const { pbx, pipe } = this.#tools;
    const at = reading.resynced.at;
    const stopped = aborted(reading.stop.signal);
    pipe.push([{ kind: 'past-began', pbx, at }]);
    try {
      for (let start = 0; start < events.length; start += PORTION) {
        pipe.push(events.slice(start, start + PORTION));
        await Promise.race([pipe.drained(), stopped]);
        reading.stop.signal.throwIfAborted();
      }
    } finally {
      pipe.push([{ kind: 'past-ended', pbx, at }]);
    }
  }

  #report({ kind, rows, unreadable }: Past, events: number, gap: Window): void {
    const { pbx, log } = this.#tools;
    const seconds = Math.round((gap.to - gap.from) / 1000);
    log.info({ pbx, books: kind, rows, events, seconds }, 'the gap was made good from the books of the PBX');
    if (unreadable.length > 0) log.warn({ pbx, rows: unreadable.slice(0, 5), count: unreadable.length }, 'rows of the books of the PBX could not be read');
  }
}

const aborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true }); });
