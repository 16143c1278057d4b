/**
 * What the rooms need of the world, in the core's words. The core itself uses none of this: the app wires real things to it.
 * Stores are synchronous where they commit (an fsync is the point of the call), so that an effect is either durable or has thrown.
 */
import type { Call } from './calls.ts';
import type { Event } from './events.ts';
import type { Fact, PausedSpan } from './facts.ts';
import type { AddressBook } from './address-book.ts';
import type { AccountId, CallKey, Contact, DeliveryId, Extension, FactId, Instant, Lane, NodeId, PbxId, RecordingId, TenantId } from './words.ts';

export interface Clock { now(): Instant }

// ------------------------------------------------------------------------------------------------ journal: calls and facts
export interface NewDelivery {
  readonly lane: Lane;
  readonly account: AccountId;
  readonly fact: FactId;
  readonly call: CallKey;
  /** Perishable deliveries die at this instant; null = durable. */
  readonly deadline: Instant | null;
}
export interface NewRecording {
  readonly id: RecordingId;
  readonly pbx: PbxId;
  readonly call: CallKey;
  /** Path below the PBX's recordings folder, `2026/11/20/call-1790.17.wav`. */
  readonly file: string;
  readonly bytesClaimed: number;
  readonly certain: boolean;
  readonly pauses: readonly PausedSpan[];
  readonly talked: readonly Extension[];
}
/** Everything that a batch of events changed. Written in one transaction, or not at all. */
export interface Commit {
  readonly at: Instant;
  readonly pbx: PbxId;
  readonly keep: readonly Call[];
  readonly forget: readonly CallKey[];
  readonly facts: readonly Fact[];
  readonly deliveries: readonly NewDelivery[];
  readonly recordings: readonly NewRecording[];
  readonly notes: readonly { readonly call: CallKey | null; readonly at: Instant; readonly text: string }[];
}
export interface CallRow {
  readonly id: CallKey; readonly pbx: PbxId; readonly linkedid: string;
  readonly state: 'open' | 'ended' | 'merged';
  readonly direction: string; readonly outcome: string | null; readonly client: string; readonly line: string; readonly owner: string | null;
  readonly startedAt: Instant; readonly endedAt: Instant | null; readonly talkSeconds: number; readonly certain: boolean;
}
export interface Journal {
  /** Until when this Pbx was surely heard, null = never: what it did since then nobody saw. */
  heardUntil(pbx: PbxId): Instant | null;
  /** Never goes back. */
  heard(pbx: PbxId, until: Instant): void;
  /** Facts and deliveries that are already there are left alone (their ids are deterministic); returns the ids that are new. */
  commit(change: Commit): readonly FactId[];
  openCalls(pbx: PbxId): readonly Call[];
  /** Newest first; `from` ≤ startedAt < `to`. */
  calls(filter: { readonly limit: number; readonly call?: CallKey; readonly pbx?: PbxId; readonly from?: Instant; readonly to?: Instant }): readonly CallRow[];
  facts(call: CallKey): readonly Fact[];
  fact(id: FactId): Fact | null;
  notes(call: CallKey): readonly { readonly at: Instant; readonly text: string }[];
}

// ------------------------------------------------------------------------------------------------ deliveries
export type DeliveryState = 'pending' | 'claimed' | 'done' | 'skipped' | 'deferred' | 'held' | 'dead' | 'expired' | 'dropped';
export interface Delivery {
  readonly id: DeliveryId; readonly tenant: TenantId; readonly lane: Lane; readonly account: AccountId; readonly call: CallKey;
  readonly fact: Fact; readonly state: DeliveryState; readonly attempts: number; readonly createdAt: Instant;
  readonly notBefore: Instant; readonly deadline: Instant | null; readonly reason: string;
  /** Counts up with every claim: a settlement with an older fence is refused, so a node that lost its lease cannot overwrite. */
  readonly fence: number;
}
export type Settlement =
  | { readonly state: 'done' | 'skipped' | 'dead' | 'held' | 'expired'; readonly reason: string }
  | { readonly state: 'deferred'; readonly reason: string; readonly notBefore: Instant };
export interface DeliveryStore {
  /** Claims heads of lanes that are due (attempts + 1 before the try); `accounts` limits it, perishable ones come first. */
  claim(ask: { readonly now: Instant; readonly node: NodeId; readonly leaseMs: number; readonly limit: number; readonly accounts: readonly AccountId[] }): readonly Delivery[];
  /** False when the fence is stale: somebody else owns it now. */
  settle(delivery: Delivery, settlement: Settlement, now: Instant): boolean;
  /** When the next unsettled delivery of these accounts becomes claimable (an expired lease counts), null = nothing waits. */
  nextDue(accounts: readonly AccountId[], now: Instant): Instant | null;
  /** Perishable deliveries past their deadline become `expired`. Returns how many. */
  expire(now: Instant): number;
  /** Claims of a process that is gone go back to pending. Only whoever holds the store's lock may know that it is gone. Returns how many. */
  takeBack(now: Instant): number;
  /** Held deliveries of an account go back to pending (the operator repaired it). */
  release(account: AccountId, now: Instant): number;
  list(filter: { readonly state?: DeliveryState; readonly account?: AccountId; readonly call?: CallKey; readonly limit: number }): readonly Delivery[];
  get(id: DeliveryId): Delivery | null;
  /** Operator: dead, held, deferred or dropped → pending now, attempts reset. False when there is no such delivery or it is not at rest. */
  retry(id: DeliveryId, now: Instant): boolean;
  drop(id: DeliveryId, reason: string, now: Instant): boolean;
  count(): Readonly<Partial<Record<DeliveryState, number>>>;
}
/** What a driver must remember between deliveries of one call (Bitrix24's CALL_ID): written before the verdict is settled. */
export interface CallMemory {
  get(account: AccountId, call: CallKey, key: string): string | null;
  set(account: AccountId, call: CallKey, key: string, value: string): void;
}

/** What a driver must remember about its account: tokens, how it is registered. Secrets lie here: never logged, never listed. */
export interface AccountMemory {
  get(account: AccountId, key: string): string | null;
  /** On the disk when it returns. */
  set(account: AccountId, key: string, value: string): void;
  remove(account: AccountId, key: string): void;
  /** The right to do something alone, across processes (server and command line share a store): true = `owner` has it until `until`. */
  claim(account: AccountId, key: string, right: { readonly owner: string; readonly now: Instant; readonly until: Instant }): boolean;
  /** Somebody else's claim stays. */
  release(account: AccountId, key: string, owner: string): void;
}
/** What the CRMs said about numbers: survives a restart, so that the first caller of the day is greeted by name too. */
export interface KnownContact { readonly contact: Contact | null; readonly at: Instant }
export interface ContactCache {
  /** `key`: as `Numbers.key` makes it. */
  get(account: AccountId, key: string): KnownContact | null;
  set(account: AccountId, key: string, known: KnownContact): void;
  /** Forgets one number, or all of the account. Returns how many. */
  forget(account: AccountId, key?: string): number;
  /** Forgets what was asked before. Returns how many. */
  prune(before: Instant): number;
  count(account: AccountId): number;
}

// ------------------------------------------------------------------------------------------------ recordings
export type RecordingState = 'growing' | 'closed' | 'spooled' | 'encoded' | 'uploaded' | 'told' | 'purged' | 'empty' | 'broken';
export interface RecordingRow {
  readonly id: RecordingId; readonly tenant: TenantId; readonly pbx: PbxId; readonly call: CallKey; readonly file: string;
  readonly state: RecordingState; readonly attempts: number; readonly notBefore: Instant; readonly reason: string;
  readonly bytesClaimed: number; readonly certain: boolean; readonly createdAt: Instant;
  /** The verified MP3 on this machine, absolute; null = not made yet, or only in the bucket (`stored`). */
  readonly mp3: string | null; readonly seconds: number | null; readonly bytes: number | null; readonly sha256: string | null;
  /** Who talked, in order; the legs of the recording. */
  readonly talked: readonly Extension[];
  readonly pauses: readonly PausedSpan[];
  /** Seconds of the sound in which nobody is heard; null = not measured. */
  readonly silenceSeconds: number | null;
  readonly channels: 'mono' | 'stereo' | null;
  /** The verified copy in the bucket, `s3://bucket/key`; null = there is none. */
  readonly stored: string | null;
  /** An upload in parts that is under way, in the words of the storage; null = none. */
  readonly upload: string | null;
  /** Legal hold: why it must not be deleted; `''` = it may. */
  readonly hold: string;
  readonly purgedAt: Instant | null;
}
export type RecordingPatch = Partial<Pick<RecordingRow, 'state' | 'attempts' | 'notBefore' | 'reason' | 'mp3' | 'seconds' | 'bytes' | 'sha256'
  | 'silenceSeconds' | 'channels' | 'stored' | 'upload' | 'hold' | 'purgedAt'>>;
export interface RecordingPage {
  /** The last row of the page before; null = from the oldest on. */
  readonly after: RecordingRow | null;
  readonly limit: number;
  /** `from` ≤ createdAt < `to`. */
  readonly from?: Instant; readonly to?: Instant;
}
export interface RecordingStore {
  /** Rows that have work left (closed, spooled, encoded) and are due. */
  due(now: Instant, limit: number): readonly RecordingRow[];
  nextDue(now: Instant): Instant | null;
  patch(id: RecordingId, change: RecordingPatch, now: Instant): void;
  /** The state change, the fact `recording-ready` and its deliveries in one transaction. */
  ready(id: RecordingId, change: RecordingPatch, fact: Fact, deliveries: readonly NewDelivery[], now: Instant): void;
  /** What `work` writes here is one transaction: all of it or, when `work` throws, nothing. It does not wait, and is not called within itself. */
  together(work: () => void): void;
  list(filter: { readonly state?: RecordingState; readonly call?: CallKey; readonly limit: number }): readonly RecordingRow[];
  /** Oldest first, whatever their state: the way to look at all of them with flat memory. */
  page(ask: RecordingPage): readonly RecordingRow[];
  get(id: RecordingId): RecordingRow | null;
  retry(id: RecordingId, now: Instant): boolean;
}

export interface Store {
  readonly journal: Journal;
  readonly deliveries: DeliveryStore;
  readonly memory: CallMemory;
  readonly accounts: AccountMemory;
  readonly contacts: ContactCache;
  readonly addressBook: AddressBook;
  readonly recordings: RecordingStore;
  close(): void;
}

// ------------------------------------------------------------------------------------------------ the PBX's own books (CDR, CEL)
export interface Window { readonly from: Instant; readonly to: Instant }
/** What a Pbx wrote down about a window of time, as the events that it would have told a listener, in their order. */
export interface Past {
  /** `cel` tells whole stories; `cdr` only who talked with whom, when and for how long. */
  readonly kind: 'cel' | 'cdr';
  readonly rows: number;
  readonly events: readonly Event[];
  /** Rows that could not be read, and why: never silently left out. At most 100. */
  readonly unreadable: readonly { readonly where: string; readonly why: string }[];
}
export interface Books {
  /** Rejects (class with a stable `code`) when the source cannot be read; obeys the signal. */
  read(window: Window, signal: AbortSignal): Promise<Past>;
  close(): Promise<void>;
}

// ------------------------------------------------------------------------------------------------ HTTP, logs
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** May hold a secret (Bitrix24 webhooks do): never log it. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** At most one of `json`, `form`, `text`, `file`, `part`. */
  readonly json?: unknown;
  /** As application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  /** Letter by letter, where a signature covers the bytes. */
  readonly text?: { readonly type: string; readonly content: string };
  /** One file as multipart/form-data; `fields` stand before it. */
  readonly file?: { readonly field: string; readonly name: string; readonly type: string; readonly path: string; readonly fields?: Readonly<Record<string, string>> };
  /** Bytes `from` (included) to `to` (not included) of a file, as they are. */
  readonly part?: { readonly type: string; readonly path: string; readonly from: number; readonly to: number };
  /** What is asked, in the product's words (`telephony.externalcall.finish`): a product that paces by method is paced by it (`DriverTools.rest`). */
  readonly operation?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}
/** The peer answered: any status. `body` is unknown until a zod parser has read it (`null` where it was not JSON); `text` is what came where it was not JSON. */
export interface HttpAnswer { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown; readonly text: string }
/** Rejects with `HttpFailure` when there was no whole answer. `sent` false = the peer cannot have applied it. */
export interface Http { request(request: HttpRequest): Promise<HttpAnswer> }

export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  child(fields: Readonly<Record<string, unknown>>): Log;
}

/** Every long-lived thing: start resolves when ready, stop when stopped (or the deadline passed); both may be called twice. */
export interface Service { start(): Promise<void>; stop(deadlineMs: number): Promise<void> }
