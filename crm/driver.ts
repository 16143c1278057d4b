/**
 * The contract between CallMe and one CRM product. A driver is one file in `crm/drivers/`, default-exporting a `DriverKind`.
 * It never sleeps, never retries, never logs a body, never reads the clock: it turns one fact into requests and the answers into a
 * Verdict. The outbox keeps the order (per call and account, one at a time) and decides about retries; the limiter paces requests
 * (the `http` it is given already waits its turn).
 */
import type { z } from 'zod';
import type { CardPolicy } from '../core/cards.ts';
import type { Fact } from '../core/facts.ts';
import type { Http } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import type { AccountId, CallKey, Contact, Employee, RecordingId } from '../core/words.ts';

/** What the driver must remember about one call, across restarts. Written through at once. */
export interface Memory { get(key: string): string | null; set(key: string, value: string): void }

export interface DriverTools {
  readonly account: AccountId;
  /** Paced by the account's limiter; every request has a deadline. */
  readonly http: Http;
  readonly employees: readonly Employee[];
  /** Two-letter country of the tenant, for phone spellings. */
  readonly country: string;
  /** When a card opens on an employee's screen. A driver whose product has cards asks it before it opens one; closing needs no leave. */
  readonly cards: CardPolicy;
  memory(call: CallKey): Memory;
  /**
   * A signed link to a recording, for a CRM that plays from links instead of keeping the sound: it opens for `web.linkDays`. Null or not given where
   * `web.publicUrl` is not set: nobody outside could open it. Ask when `recording-ready` is told and not before. It is a secret: never log it.
   */
  link?(recording: RecordingId): string | null;
}

export interface CheckLine { readonly ok: boolean; readonly what: string; readonly remedy: string }

export interface Driver {
  /** The contact behind a number, or null. Throws when the CRM cannot tell now; the caller has a deadline of its own. */
  lookup(number: string, signal: AbortSignal): Promise<Contact | null>;
  deliver(fact: Fact, signal: AbortSignal): Promise<Verdict>;
  /** Asks the CRM whether the settings and rights suffice; each line names its remedy. */
  check(signal: AbortSignal): Promise<readonly CheckLine[]>;
}

/** How fast this product may be asked (source in the driver): `perSecond` steady, `burst` at once. */
export interface Pace { readonly perSecond: number; readonly burst: number }

export interface DriverKind<Settings = unknown> {
  readonly name: string;
  /** The account's keys beside `id` and `driver`; unknown keys are refused. */
  readonly settings: z.ZodType<Settings>;
  readonly pace: Pace;
  create(settings: Settings, tools: DriverTools): Driver;
}
