/**
 * The keeper of an account's OAuth tokens, for vendors whose refresh tokens may be used once: each renewal gives a new pair and kills the old one, so two
 * who renew at once, or a crash between the answer and the save, cost the operator another consent (crm-contracts 2.1, 6.13).
 *
 * What it does against that:
 * - one renewal at a time, in this process and over processes (`Keep.alone`); who comes second gets what the first has brought, without asking;
 * - the new pair is on the disk before anybody uses it;
 * - the pair before it is kept until the new one's refresh token has proved itself. After a crash the pair that is there is tried, then the older one;
 * - a renewal without a clear answer is asked once more with the same refresh token: vendors that allow for lost answers give a pair again;
 * - only a refresh token that was clearly refused twice, with nobody having brought another pair in between, is dead.
 */
import type { Instant } from '../core/words.ts';
import type { Keep } from './driver.ts';
import { CrmFailure } from './errors.ts';
import { openShelf, type Shelf } from './oauth/shelf.ts';

export interface TokenPair {
  /** Secret. */
  readonly access: string;
  /** Secret; `''` = it cannot be renewed. */
  readonly refresh: string;
  /** When the access token ends by our clock; null = the vendor did not say. */
  readonly expiresAt: Instant | null;
  /** What the vendor said beside: the host of the account, when the pair was made. */
  readonly extra: Readonly<Record<string, string>>;
}

/** Reasons are read by people: no secrets in them. */
export type Renewed =
  | { readonly kind: 'renewed'; readonly pair: TokenPair }
  /** The vendor said clearly that this refresh token is no good (`invalid_grant`). */
  | { readonly kind: 'dead'; readonly reason: string }
  /** No clear answer: the network, 429, 5xx. `retryAfterMs`: the vendor's own Retry-After, if it gave one. */
  | { readonly kind: 'later'; readonly reason: string; readonly retryAfterMs: number | null };

export interface TokenKeeperOptions {
  readonly keep: Keep;
  /**
   * Asks the vendor once, with this signal and a deadline of at most 8 s: a renewal asks six times at most, inside one lease of `Keep.alone`. What it
   * throws with a code of the HTTP client (`HTTP_…`) counts as `later`.
   */
  readonly renew: (pair: TokenPair, signal: AbortSignal) => Promise<Renewed>;
  /** The tokens of the config; null = it has none. Others than last time replace what was kept. */
  readonly initial: TokenPair | null;
}

export interface TokenKeeper {
  /** What to ask with; null = somebody has to consent first. */
  current(): TokenPair | null;
  /**
   * A pair that is not `stale`: what somebody else has brought meanwhile, at once, or a new one. Rejects with our bugs alone: a signal that stops it is
   * `later`, and so is somebody else who renews for longer than half a minute.
   */
  renewed(stale: TokenPair, signal: AbortSignal): Promise<Renewed>;
  /** A consent has brought these. */
  put(pair: TokenPair): void;
  /** The consent was taken back: nothing is left but other tokens in the config, or another consent. */
  forget(): void;
}

const LOCK = 'oauth';
/** Longer than a renewal with its repetition takes. */
const WAIT_MS = 30_000;
/** As often a refresh token is clearly refused before it is dead. */
const ENOUGH = 2;

interface Flight { readonly stale: TokenPair; readonly signal: AbortSignal; readonly outcome: Promise<Renewed> }

export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const shelf = openShelf(options.keep, options.initial);
  let flight: Flight | null = null;
  const depart = (stale: TokenPair, signal: AbortSignal): Promise<Renewed> => {
    const outcome = alone(options, shelf, stale, signal);
    const mine: Flight = { stale, signal, outcome };
    flight = mine;
    const over = (): void => { if (flight === mine) flight = null; };
    outcome.then(over, over);
    return outcome;
  };
  const renewed = async (stale: TokenPair, signal: AbortSignal): Promise<Renewed> => {
    const there = broughtSince(shelf, stale);
    if (there !== null) return there;
    if (flight === null) return depart(stale, signal);
    const { outcome, signal: his, stale: hisStale } = flight;
    const came = await patiently(outcome, signal);
    if (signal.aborted) return came;
    // Whoever flew first may have been stopped; that does not stop those who waited with him.
    return his.aborted || !same(hisStale, stale) ? renewed(stale, signal) : came;
  };
  return {
    current: () => shelf.read().pair,
    renewed,
    put: (pair) => shelf.write({ pair, before: null, refusals: 0 }),
    forget: () => shelf.write({ pair: null, before: null, refusals: 0 }),
  };
}

const later = (reason: string): Renewed => ({ kind: 'later', reason, retryAfterMs: null });
const stopped = (): Renewed => later('the renewal of the token was stopped');
const same = (one: TokenPair, other: TokenPair): boolean => one.access === other.access && one.refresh === other.refresh;

function broughtSince(shelf: Shelf, stale: TokenPair): Renewed | null {
  const { pair } = shelf.read();
  if (pair === null) return { kind: 'dead', reason: 'nobody has consented' };
  return same(pair, stale) ? null : { kind: 'renewed', pair };
}

function patiently(outcome: Promise<Renewed>, signal: AbortSignal): Promise<Renewed> {
  if (signal.aborted) return Promise.resolve(stopped());
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(stopped());
    signal.addEventListener('abort', stop, { once: true });
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function alone(options: TokenKeeperOptions, shelf: Shelf, stale: TokenPair, signal: AbortSignal): Promise<Renewed> {
  try {
    const work = (): Promise<Renewed> => renewal({ options, shelf, stale, signal });
    return await options.keep.alone(LOCK, work, { waitMs: WAIT_MS, signal });
  } catch (error) {
    if (signal.aborted) return stopped();
    if (error instanceof CrmFailure && error.code === 'CRM_BUSY') return later('somebody else renews the token, and takes long');
    throw error;
  }
}

interface Renewal { readonly options: TokenKeeperOptions; readonly shelf: Shelf; readonly stale: TokenPair; readonly signal: AbortSignal }

/** The pair that is there, the older one, the first once more; each only after the one before was clearly refused. */
async function renewal(work: Renewal): Promise<Renewed> {
  const { shelf, stale } = work;
  const { before, refusals } = shelf.read();
  // Dead since long, and asked again because somebody probes: once is enough to see whether the vendor has changed its mind.
  const order = refusals >= ENOUGH ? [stale] : [stale, ...(before === null || before.refresh === stale.refresh ? [] : [before]), stale];
  let said: Renewed = { kind: 'dead', reason: 'there is no refresh token' };
  for (const pair of order) {
    const brought = broughtSince(shelf, stale);
    if (brought !== null) return brought;
    if (pair.refresh === '') continue;
    said = await asked(work, pair);
    if (said.kind === 'renewed') return settle(work, pair, said.pair);
    if (said.kind === 'later') return said;
    if (pair === stale) refused(work);
  }
  return said;
}

/** Once more with the same refresh token where no clear answer came, and the vendor did not ask for patience. */
async function asked({ options, signal }: Renewal, pair: TokenPair): Promise<Renewed> {
  const first = await attempt(options, pair, signal);
  return first.kind === 'later' && first.retryAfterMs === null && !signal.aborted ? attempt(options, pair, signal) : first;
}

async function attempt(options: TokenKeeperOptions, pair: TokenPair, signal: AbortSignal): Promise<Renewed> {
  try {
    return await options.renew(pair, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('HTTP_')) return later(error.message);
    if (signal.aborted) return stopped();
    throw error;
  }
}

/** On the disk, then in use. A consent that came while we asked is newer than what we brought: it stays. */
function settle({ shelf, stale }: Renewal, used: TokenPair, fresh: TokenPair): Renewed {
  const brought = broughtSince(shelf, stale);
  if (brought !== null) return brought;
  shelf.write({ pair: fresh, before: used, refusals: 0 });
  return { kind: 'renewed', pair: fresh };
}

function refused({ shelf, stale }: Renewal): void {
  const kept = shelf.read();
  if (kept.pair !== null && same(kept.pair, stale)) shelf.write({ ...kept, refusals: kept.refusals + 1 });
}
