/** The way from the CRM to us: what came over HTTP, as a driver sees it, and what it means. */
import type { Extension } from '../core/words.ts';

export interface Heard {
  readonly method: 'GET' | 'POST';
  /** What follows the address of the account, `''` or `make-call`; percent-decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, letter by letter; `''` where there was none. */
  readonly body: string;
}

/** Each has an `id` that is the same when the CRM says it twice. */
export type CrmEvent =
  /** Somebody clicked a number: his telephone rings, then the client's. `callId`: the CRM's own name of the call, `''` = it has none. */
  | { readonly kind: 'dial'; readonly id: string; readonly number: string; readonly callId: string; readonly line: string; readonly crmUser: string | null; readonly extension: Extension | null }
  /** A client asked to be called back: whoever the rules name is rung first. `text`: what the form says. */
  | { readonly kind: 'call-back'; readonly id: string; readonly number: string; readonly line: string; readonly text: string }
  /** What we know of these numbers may be old; `all` = of any. */
  | { readonly kind: 'contacts-changed'; readonly id: string; readonly numbers: readonly string[] | 'all' }
  /** Somebody went for lunch. */
  | { readonly kind: 'user-status'; readonly id: string; readonly extension: Extension; readonly status: 'free' | 'busy' | 'dinner' | 'break' };

export interface HeardAnswer {
  readonly status: number;
  /** A string goes out as text, everything else as JSON. */
  readonly body: unknown;
  readonly events: readonly CrmEvent[];
  /** For the log: what came, without secrets and numbers. */
  readonly note: string;
}

export interface Polled {
  /** Milliseconds from one question to the next, before jitter. */
  readonly everyMs: number;
  /** Throws when the CRM cannot tell now. What was told stays told only when `taken` was called: a crash in between tells it again. */
  ask(signal: AbortSignal): Promise<{ readonly events: readonly CrmEvent[]; taken(signal: AbortSignal): Promise<void> }>;
}
