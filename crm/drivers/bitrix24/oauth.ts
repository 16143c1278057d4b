/**
 * The OAuth server of Bitrix24 (crm-contracts 1.2): a code or a refresh token becomes a pair. The client secret goes to the hosts of the vendor and to the
 * configured one alone, whatever a `server_endpoint` says.
 */
import type { Clock, Http } from '../../../core/ports.ts';
import { type Instant, instant } from '../../../core/words.ts';
import type { Renewed, TokenPair } from '../../oauth.ts';
import { type Extra, extraOf } from './access.ts';
import { envelope, type Tokens, tokens } from './answers.ts';
import { failed, tidy } from './replies.ts';
import { reasonOf, type Refusal, retryAfterMs } from './verdicts.ts';

export interface Client {
  readonly clientId: string;
  /** Secret. */
  readonly clientSecret: string;
  readonly oauthHost: string;
  /** Portal and application of the config, in one word. */
  readonly home: string;
  readonly http: Http;
  readonly clock: Clock;
}
/** `refused`: said clearly by the OAuth server. */
export type Exchanged =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'later'; readonly refusal: Refusal };
export interface Grant { readonly type: 'refresh_token' | 'authorization_code'; readonly secret: string; readonly host: string }

const VENDOR = new Set(['https://oauth.bitrix.info', 'https://oauth.bitrix24.tech']);
const EXCHANGE_MS = 15_000;

/** Who renews: the host that the tokens name, where it may hear our secret, else the configured one. */
export function hostOf(client: Pick<Client, 'oauthHost'>, serverEndpoint: string | undefined): string {
  const origin = URL.parse(serverEndpoint ?? '')?.origin ?? '';
  return VENDOR.has(origin) ? origin : client.oauthHost;
}

/** One question to the OAuth server, with a deadline. */
export async function exchange(client: Client, grant: Grant, signal: AbortSignal): Promise<Exchanged> {
  const key = grant.type === 'refresh_token' ? 'refresh_token' : 'code';
  const query = new URLSearchParams({ grant_type: grant.type, client_id: client.clientId, client_secret: client.clientSecret, [key]: grant.secret });
  try {
    const url = `${grant.host}/oauth/token/?${query.toString()}`;
    const answer = await client.http.request({ method: 'GET', url, operation: 'oauth.token', signal, timeoutMs: EXCHANGE_MS });
    const read = tokens.safeParse(answer.body);
    if (answer.status === 200 && read.success) return { kind: 'tokens', tokens: read.data };
    const said = envelope.safeParse(answer.body).data ?? null;
    const [code, description] = [(said?.error ?? '').toUpperCase().slice(0, 80), tidy(said?.error_description ?? '', [client.clientSecret, grant.secret])];
    return refusedBy({ ok: false, sent: true, status: answer.status, code, description, retryAfterMs: retryAfterMs(answer, said) });
  } catch (error) {
    return { kind: 'later', refusal: failed(error) };
  }
}

/** Codes with which the server speaks of our request itself; whatever else comes is a proxy, a page, a bad day. */
const CLEAR = new Set([
  'INVALID_GRANT', 'INVALID_CLIENT', 'WRONG_CLIENT', 'INVALID_TOKEN', 'INVALID_REQUEST', 'INVALID_SCOPE', 'INSUFFICIENT_SCOPE', 'PAYMENT_REQUIRED',
]);
const refusedBy = (refusal: Refusal): Exchanged => ({ kind: CLEAR.has(refusal.code) && refusal.status < 500 ? 'refused' : 'later', refusal });

/** What the tokens say becomes a pair; `before` supplies what they leave out. Null: they name no portal, or one that may not be asked. */
export function pairOf({ clock, oauthHost, home }: Pick<Client, 'clock' | 'oauthHost' | 'home'>, said: Tokens, before: TokenPair | null): TokenPair | null {
  const now = clock.now();
  const endpoint = endpointOf(said.client_endpoint ?? (before === null ? '' : extraOf(before, 'endpoint')));
  if (endpoint === null) return null;
  const extra: Readonly<Record<Extra, string>> = {
    endpoint, member: said.member_id ?? (before === null ? '' : extraOf(before, 'member')), issued: String(now), home,
    server: hostOf({ oauthHost }, said.server_endpoint ?? (before === null ? undefined : extraOf(before, 'server'))),
  };
  return { access: said.access_token, refresh: said.refresh_token, expiresAt: expiry(now, said.expires_in), extra };
}

const expiry = (now: Instant, seconds: number | undefined): Instant | null => (seconds === undefined ? null : instant(now + Math.min(seconds, 1e9) * 1000));
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** `https://acme.bitrix24.ru/rest/`, with a slash at its end. */
function endpointOf(address: string): string | null {
  const url = URL.parse(address);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (url === null || url.username !== '' || url.search !== '' || !isSafe) return null;
  return url.origin + (url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`);
}

/** For the keeper: one renewal. */
export const renewing = (client: Client) => async (pair: TokenPair, signal: AbortSignal): Promise<Renewed> => {
  const outcome = await exchange(client, { type: 'refresh_token', secret: pair.refresh, host: extraOf(pair, 'server') || client.oauthHost }, signal);
  if (outcome.kind === 'refused') return { kind: 'dead', reason: reasonOf(outcome.refusal) };
  if (outcome.kind === 'later') return { kind: 'later', reason: reasonOf(outcome.refusal), retryAfterMs: outcome.refusal.retryAfterMs };
  const fresh = pairOf(client, outcome.tokens, pair);
  return fresh === null ? { kind: 'later', reason: 'the OAuth server named no portal', retryAfterMs: null } : { kind: 'renewed', pair: fresh };
};
