/**
 * Where the tokens of one account lie. All of it is one value of the account's memory, so that a crash leaves the old state or the new one and nothing
 * between. No zod here: the form is our own, and what cannot be read counts as nothing kept.
 */
import { createHash } from 'node:crypto';
import { type Instant, instant } from '../../core/words.ts';
import type { Keep } from '../driver.ts';
import type { TokenPair } from '../oauth.ts';

export interface Kept {
  /** Null = nobody has consented, or the tokens were forgotten. */
  readonly pair: TokenPair | null;
  /** The pair before this one: it stays until the refresh token of this one has proved itself by a renewal. */
  readonly before: TokenPair | null;
  /** How often in a row the vendor has clearly refused this pair's refresh token. */
  readonly refusals: number;
}

export interface Shelf {
  read(): Kept;
  /** On the disk when it returns. Throws when it cannot be written; the state is then held in memory and written before anything else. */
  write(kept: Kept): void;
}

const KEY = 'oauth';
const EMPTY: Kept = { pair: null, before: null, refusals: 0 };

/** `initial`: the tokens of the config. An operator who writes other ones there means them: they replace what was kept beside the old ones. */
export function openShelf(keep: Keep, initial: TokenPair | null): Shelf {
  const fingerprint = initial === null ? '' : createHash('sha256').update(`${initial.access}\n${initial.refresh}`).digest('base64url');
  let unwritten: Kept | null = null;
  const write = (kept: Kept): void => {
    unwritten = kept;
    keep.set(KEY, JSON.stringify({ ...kept, initial: fingerprint }));
    unwritten = null;
  };
  const read = (): Kept => {
    if (unwritten !== null) write(unwritten);
    const found = parse(keep.get(KEY));
    if (found !== null && (initial === null || found.initial === fingerprint)) return found;
    return { ...EMPTY, pair: initial };
  };
  return { read, write };
}

function parse(text: string | null): (Kept & { readonly initial: string }) | null {
  const found = objectOf(text);
  if (found === null) return null;
  const { initial, refusals } = found;
  return {
    pair: pairOf(found['pair']), before: pairOf(found['before']),
    refusals: typeof refusals === 'number' && Number.isInteger(refusals) ? refusals : 0,
    initial: typeof initial === 'string' ? initial : '',
  };
}

function objectOf(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(text ?? 'null'));
  } catch {
    return null;
  }
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> | null =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : null);

function pairOf(value: unknown): TokenPair | null {
  const found = asObject(value);
  if (found === null || typeof found['access'] !== 'string' || typeof found['refresh'] !== 'string') return null;
  const extra = Object.entries(asObject(found['extra']) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { access: found['access'], refresh: found['refresh'], expiresAt: momentOf(found['expiresAt']), extra: Object.fromEntries(extra) };
}

const momentOf = (value: unknown): Instant | null => (typeof value === 'number' && Number.isFinite(value) ? instant(value) : null);
