/**
 * One question and its answer in the window's own words: what a route sees of HTTP. The library behind (`server.ts` is its door) can
 * be replaced, and a route can be asked without a socket.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** Who asks, for the log and for limits. */
export interface Caller {
  /** The address of the asker; behind a proxy that `web.trustProxy` names, the one that this proxy saw. `''` = nobody knows. */
  readonly address: string;
  /** The proxy in between, where there is one that is trusted. */
  readonly proxy: string | null;
}

export interface Asked {
  readonly method: string;
  /** What follows the route's path, percent-decoded once. Text from outside. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, undefined where there was none; of a `raw` route the text, letter by letter. */
  readonly body: unknown;
  readonly caller: Caller;
  /** Aborted as soon as the asker is gone, or has the whole answer. */
  readonly signal: AbortSignal;
}

/** How it went: `whole` = everything was handed to the network; `left` = the reader went away; `slow` = it was cut off. */
export type Ending = 'whole' | 'left' | 'slow';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | null;
  /** Called once, whatever happens. */
  readonly onClosed?: (ending: Ending) => void;
}

export interface Route {
  /** `/health`, or `/recordings/*` with everything below. */
  readonly path: string;
  /** HEAD comes with GET. */
  readonly methods: readonly string[];
  /** The body is handed over as text, whatever its type: somebody else reads it, or a signature covers it. Bytes at most. */
  readonly raw?: { readonly limit: number };
  /** Asked before a body is read: an answer is a refusal, null lets in. */
  readonly admit?: (asked: Omit<Asked, 'body'>) => Answer | null;
  readonly answer: (asked: Asked) => Answer | Promise<Answer>;
}

/** Nothing of the window is for shared caches, and nothing is to be guessed from its bytes. */
const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' } as const;

export function json(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return { status, headers: { ...COMMON, 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) };
}

/** For people who opened a link: one line for each language that CallMe speaks. */
export function sentences(status: number, lines: readonly string[], headers: Answer['headers'] = {}): Answer {
  return { status, headers: { ...COMMON, 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${lines.join('\n')}\n` };
}

/** What went wrong, and what to do: the one form of every error that programs get. */
export interface Problem { readonly code: string; readonly message: string; readonly remedy: string }

export const problem = (status: number, error: Problem, headers: Answer['headers'] = {}): Answer => json(status, { error }, headers);

/** Text from outside as a log line may hold it: printable, and short. */
export const printable = (text: string): string => text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, '?');
