/**
 * Signed links to recordings: `/recordings/<id>?expires=<unix seconds>&signature=<base64url>`. The signature is an HMAC-SHA256 over tenant, id
 * and expiry, so a link opens one recording of one tenant until one moment, and none of the three can be changed. There is no session and
 * no row behind it: links made a year ago work after a restart, and taking a key away ends all links that it signed.
 *
 * The id's `.wav` is written as `.mp3`: that is what comes, and players look at the ending.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RecordingId, TenantId } from '../core/words.ts';

export interface Link {
  readonly tenant: TenantId;
  readonly recording: RecordingId;
  /** Unix seconds; from then on the link is refused. */
  readonly expires: number;
}

/** What a link says, as it came: nothing of it is believed yet. */
export interface SaidLink { readonly recording: RecordingId; readonly expires: number; readonly signature: string }

const PREFIX = '/recordings/';

/** The path and query of a link; `key` is the one that signs. */
export function linkTo(link: Link, key: string): string {
  const path = link.recording.replace(/\.wav$/, '.mp3').split('/').map(encodeURIComponent).join('/');
  return `${PREFIX}${path}?expires=${link.expires}&signature=${sign(link, key)}`;
}

/** JSON keeps the three apart whatever is in them; the first word keeps this use of the key apart from any other. */
export function sign({ tenant, recording, expires }: Link, key: string): string {
  return createHmac('sha256', key).update(JSON.stringify(['callme recording link 1', tenant, recording, expires])).digest('base64url');
}

const EXPIRES = /^[1-9][0-9]{0,10}$/;
const SIGNATURE = /^[0-9A-Za-z_-]{43}$/;
/** Longer than any id of ours (recordings/paths.ts allows 200 for the name). */
const MAX_ID = 400;

/** Null where it has not the form of a link: other parameters twice or missing, a number written in another way, an id of no length that we make. */
export function readLink(rest: string, query: URLSearchParams): SaidLink | null {
  const [expires, signature] = [single(query, 'expires'), single(query, 'signature')];
  if (expires === null || signature === null || !EXPIRES.test(expires) || !SIGNATURE.test(signature)) return null;
  if (rest === '' || rest.length > MAX_ID) return null;
  return { recording: rest.replace(/\.mp3$/, '.wav') as RecordingId, expires: Number(expires), signature };
}

function single(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  return values.length === 1 ? values[0] ?? null : null;
}

/** Every key is tried, the whole signature is compared each time: how long it takes tells nothing. */
export function isSigned(said: SaidLink, tenant: TenantId, keys: readonly string[]): boolean {
  const given = Buffer.from(said.signature);
  return keys.map((key) => same(Buffer.from(sign({ ...said, tenant }, key)), given)).includes(true);
}

const same = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other);
