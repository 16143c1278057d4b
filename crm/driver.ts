/**
 * The contract between CallMe and one CRM product. A driver is one file in `crm/drivers/`, default-exporting a `DriverKind`; a driver of
 * one's own is named by path or package. It never sleeps, never retries, never logs a body and reads no clock but `tools.clock`, which is for
 * what a product's rules demand (a signed moment, an expiry) and never for waiting: it turns one fact into requests and the answers into a
 * Verdict. The outbox keeps the order (per call and account, one at a time) and decides about retries; the limiter paces requests
 * (the `http` it is given already waits its turn).
 */
import type { z } from 'zod';
import type { AddressBook } from '../core/address-book.ts';
import type { CardPolicy } from '../core/cards.ts';
import type { Fact } from '../core/facts.ts';
import type { Numbers } from '../core/numbers.ts';
import type { Clock, Http } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import type { AccountId, CallKey, Contact, Employee, Extension, RecordingId } from '../core/words.ts';
import type { CheckLine } from './check.ts';
import type { Heard, HeardAnswer, Polled } from './heard.ts';

export type { CheckCode, CheckLine } from './check.ts';

/** What the driver must remember about one call, across restarts. Written through at once. */
export interface Memory { get(key: string): string | null; set(key: string, value: string): void }

/** What the driver must remember about its account: tokens, its registration. Written through at once; never logged. */
export interface Keep extends Memory {
  remove(key: string): void;
  /**
   * Does `work` while nobody else does what bears this name, in this process or another (a command beside the server). Rejects with CrmFailure
   * `CRM_BUSY` when somebody else is at it for longer than `waitMs`, or the signal's reason. Read again what you came for: he may have brought it.
   */
  alone<Value>(name: string, work: () => Promise<Value>, waiting: { readonly waitMs: number; readonly signal: AbortSignal }): Promise<Value>;
}

/** A line of the tenant: a number (DID) or trunk that clients call. */
export interface Line { readonly number: string; readonly name: string }

export interface DriverTools {
  readonly account: AccountId;
  /** Paced by the account's limiter; every request has a deadline. */
  readonly http: Http;
  readonly employees: readonly Employee[];
  /** Two-letter country of the tenant. */
  readonly country: string;
  readonly numbers: Numbers;
  /** The lines that the config names; empty = none is named. */
  readonly lines: readonly Line[];
  /** For what the product's rules demand; never for waiting. */
  readonly clock: Clock;
  /** IANA name of the time zone that products without offsets are told in, `Europe/Moscow`. */
  readonly timezone: string;
  /** Where others reach CallMe, without a slash at its end; null = nobody outside can. */
  readonly publicUrl: string | null;
  /** When a card opens on an employee's screen. A driver whose product has cards asks it before it opens one; closing needs no leave. */
  readonly cards: CardPolicy;
  readonly keep: Keep;
  memory(call: CallKey): Memory;
  /**
   * A signed link to a recording, for a CRM that plays from links instead of keeping the sound: it opens for `web.linkDays`. Null
   * where `web.publicUrl` is not set: nobody outside could open it. It may be asked for with `call-ended`, and opens as soon as the MP3 is ready. It is a secret: never log it.
   */
  link(recording: RecordingId): string | null;
  /**
   * Requests of this `operation` (of all, where it is null) rest so many milliseconds: the product said so, or is about to (`operating_reset_at`, X-RateLimit-Reset). Those that
   * cannot wait so long reject with HttpFailure `HTTP_RESTING`, not sent.
   */
  rest(operation: string | null, milliseconds: number): void;
  /** CallMe's own address book, for the driver `local`. */
  readonly addressBook: AddressBook;
}

/** Somebody who works in the CRM. */
export interface CrmUser { readonly id: string; readonly name: string; readonly extensions: readonly Extension[]; readonly active: boolean }

export interface Driver {
  /** The contact behind a number, or null. Throws when the CRM cannot tell now; the caller has a deadline of its own. */
  lookup(number: string, signal: AbortSignal, line?: string): Promise<Contact | null>;
  /** A CRM that decides by itself where a call goes (`route/<caller>/<did>`): an extension, or null. Throws as `lookup` does. */
  route?(number: string, line: string, signal: AbortSignal): Promise<Extension | null>;
  deliver(fact: Fact, signal: AbortSignal): Promise<Verdict>;
  /** For a product that takes many calls in one request: as many verdicts as facts, in their order. Each fact is of another call. */
  readonly many?: { readonly most: number; fits(fact: Fact): boolean; deliver(facts: readonly Fact[], signal: AbortSignal): Promise<readonly Verdict[]> };
  /** Asks the CRM whether the settings and rights suffice; each line names its remedy. */
  check(signal: AbortSignal): Promise<readonly CheckLine[]>;
  /** The people of the CRM, for names and for the check of extensions. */
  users?(signal: AbortSignal): Promise<readonly CrmUser[]>;
  /** The CRM came to us (a webhook, a callback, the end of a consent). Null: this is not for this account, or cannot prove it. */
  hear?(heard: Heard, signal: AbortSignal): Promise<HeardAnswer | null>;
  /** For whom no CRM can reach: asks what has happened, again and again. */
  readonly poll?: Polled;
  /** Tells the CRM where we are (a registration, a subscription). Once after each start, and again by the outbox's rules until it is `delivered`. */
  introduce?(signal: AbortSignal): Promise<Verdict>;
}

/** How fast this product may be asked (source in the driver): `perSecond` steady, `burst` at once, `parallel` under way. */
export interface Pace { readonly perSecond: number; readonly burst: number; readonly parallel?: number }

export interface DriverKind<Settings = unknown> {
  readonly name: string;
  /** The account's keys beside `id`, `driver` and `pace`; unknown keys are refused. */
  readonly settings: z.ZodType<Settings>;
  readonly pace: Pace;
  /** What the product counts requests by, where that is not the account's key: accounts that name the same share one bucket. Never a secret. */
  bucket?(settings: Settings): string;
  create(settings: Settings, tools: DriverTools): Driver;
}
