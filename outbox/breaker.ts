/**
 * Whether an account may be tried now. Closed: as many as its slots. Open: nobody goes; from `until` on one delivery at a time goes as
 * a probe. It opens at once when the CRM locks us out, and when `LANES` lanes in a row failed with no success between: then a day of
 * outage costs one probe a minute and burns nothing of the thousands that wait.
 *
 * Lanes are counted, not tries: one letter that a CRM always answers with 500 says nothing about the others.
 */
import { jittered, type Backoff } from '../core/schedule.ts';
import type { Delivery } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import { instant, type DeliveryId, type Instant, type Lane } from '../core/words.ts';

/** Distinct lanes that must fail in a row. */
export const LANES = 5;
/** An operator repairs a lock-out; a minute after he did, the post goes on by itself. */
const LOCKED: Backoff = { baseMs: 66_000, capMs: 66_000, leastMs: 60_000 };
/** An outage may be over in seconds. */
const UNREACHABLE: Backoff = { baseMs: 5_000, capMs: 60_000, leastMs: 2_000 };

export type Why = 'locked-out' | 'unreachable';
export type BreakerStatus =
  | { readonly state: 'closed' }
  /** `probes`: how often it was tried since `since`; `until`: when the next one may go. */
  | { readonly state: 'open'; readonly why: Why; readonly reason: string; readonly since: Instant; readonly until: Instant; readonly probes: number };
/** What an earlier process knew: a trouble that goes on began then. */
export interface Earlier { readonly why: Why; readonly since: Instant; readonly probes: number }
/** What one verdict did to the breaker, for the log. */
export type Change = 'opened' | 'closed' | 'same';

export class Breaker {
  readonly #random: () => number;
  readonly #failed = new Set<Lane>();
  #status: BreakerStatus = { state: 'closed' };
  #probe: DeliveryId | null = null;
  #earlier: Earlier | null = null;

  constructor(random: () => number) { this.#random = random; }

  get status(): BreakerStatus { return this.#status; }

  /** It begins closed all the same: an operator who repaired an account often restarts, too. */
  remember(earlier: Earlier | null): void { this.#earlier = earlier; }

  /** How many more deliveries may start now. */
  room(now: Instant, slots: number, inFlight: number): number {
    if (this.#status.state === 'closed') return Math.max(0, slots - inFlight);
    return this.#probe === null && now >= this.#status.until ? 1 : 0;
  }

  /** A delivery starts: while open it is the probe. */
  began(delivery: Delivery): void {
    if (this.#status.state === 'open') this.#probe = delivery.id;
  }

  /** A delivery ended without a word about the CRM (we stopped, or it had no time): the next one may be the probe. */
  heardNothing(delivery: Delivery): void {
    if (this.#probe === delivery.id) this.#probe = null;
  }

  /** A delivery ended with a verdict. */
  heard(delivery: Delivery, verdict: Verdict, now: Instant): Change {
    const probing = this.#probe === delivery.id;
    if (probing) this.#probe = null;
    switch (verdict.kind) {
      // A refusal is an answer too: the account works.
      case 'delivered': case 'refused': return this.#close();
      // A driver may skip without asking the CRM: no proof of anything.
      case 'skipped': return 'same';
      case 'locked-out': return this.#open('locked-out', verdict.reason, now);
      case 'try-later': return this.#failure(delivery, verdict.reason, { now, probing });
    }
  }

  #close(): Change {
    this.#failed.clear();
    this.#earlier = null;
    if (this.#status.state === 'closed') return 'same';
    this.#status = { state: 'closed' };
    return 'closed';
  }

  #failure({ lane }: Delivery, reason: string, { now, probing }: { readonly now: Instant; readonly probing: boolean }): Change {
    // Whoever was under way when it opened comes home late and adds nothing.
    if (this.#status.state === 'open') return probing ? this.#open(this.#status.why, reason, now) : 'same';
    this.#failed.add(lane);
    return this.#failed.size >= LANES ? this.#open('unreachable', reason, now) : 'same';
  }

  #open(why: Why, reason: string, now: Instant): Change {
    const before = this.#status;
    const again = before.state === 'open' && before.why === why;
    const known = again ? before : this.#earlier?.why === why ? this.#earlier : null;
    const probes = (known?.probes ?? 0) + 1;
    const pace = why === 'locked-out' ? LOCKED : UNREACHABLE;
    const until = instant(now + Math.round(jittered(again ? probes : 1, pace, this.#random())));
    this.#status = { state: 'open', why, reason, since: known?.since ?? now, until, probes };
    return again ? 'same' : 'opened';
  }
}
