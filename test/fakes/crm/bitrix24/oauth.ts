/**
 * The OAuth server, which in this stand-in lives on the portal's own address, and the access of an application [1.2]. Access tokens live an hour by the
 * stand-in's clock, a code 30 seconds and once; each refresh gives a new pair. Whether the refresh token before still works after that is unconfirmed: `oldRefresh`.
 */
import { randomBytes } from 'node:crypto';
import type { Answer, Asked } from '../stand-in.ts';
import { refuse } from './calls.ts';
import { type Params, textOf } from './params.ts';

export interface AppOptions {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly memberId?: string;
  readonly applicationToken?: string;
  /** After a refresh the token before it is good for another pair (`works`), or dead. Default dead. */
  readonly oldRefresh?: 'works' | 'dead';
  /** [1.13] offline events and their queue are for administrators. Default true. */
  readonly admin?: boolean;
}
export interface AppState {
  readonly options: Required<AppOptions>;
  /** Access token → until when, milliseconds. */
  readonly access: Map<string, number>;
  readonly refresh: Set<string>;
  readonly codes: Map<string, number>;
  /** How many pairs were given. */
  pairs: number;
}

export const appState = (options: AppOptions): AppState => ({
  options: { clientId: 'local.1234.5678', clientSecret: 'clientsecret0001', memberId: '0f9e', applicationToken: 'apptoken0001', oldRefresh: 'dead', admin: true, ...options },
  access: new Map(), refresh: new Set(), codes: new Map(), pairs: 0,
});

export interface Place { readonly now: () => number; readonly origin: string }
const HOUR_MS = 3600_000;
const CODE_MS = 30_000;
const token = (): string => randomBytes(18).toString('hex');

export function givePair(app: AppState, { now, origin }: Place): Readonly<Record<string, unknown>> {
  const [access_token, refresh_token] = [token(), token()];
  app.access.set(access_token, now() + HOUR_MS);
  app.refresh.add(refresh_token);
  app.pairs++;
  return {
    access_token, refresh_token, expires: Math.floor(now() / 1000) + 3600, expires_in: 3600, scope: 'telephony,crm,user',
    // [1.2] `domain` is the OAuth server's: whoever builds addresses of it goes astray.
    domain: 'oauth.bitrix.info', server_endpoint: `${origin}/rest/`, client_endpoint: `${origin}/rest/`, member_id: app.options.memberId, status: 'L', user_id: 1,
  };
}

export function giveCode(app: AppState, { now }: Place): string {
  const code = token();
  app.codes.set(code, now() + CODE_MS);
  return code;
}

export const isTokenServer = (asked: Asked): boolean => asked.url.pathname === '/oauth/token/';

export function tokenServer(app: AppState, asked: Asked, place: Place): Answer {
  const query = (name: string): string => asked.url.searchParams.get(name) ?? '';
  if (query('client_id') !== app.options.clientId || query('client_secret') !== app.options.clientSecret) return refuse('', 'invalid_client', 401);
  if (query('grant_type') === 'authorization_code') {
    const until = app.codes.get(query('code'));
    app.codes.delete(query('code'));
    return until === undefined || until < place.now() ? refuse('', 'invalid_grant', 400) : { status: 200, body: givePair(app, place) };
  }
  if (query('grant_type') !== 'refresh_token') return refuse('', 'invalid_request', 400);
  if (!app.refresh.has(query('refresh_token'))) return refuse('', 'invalid_grant', 400);
  if (app.options.oldRefresh === 'dead') app.refresh.delete(query('refresh_token'));
  return { status: 200, body: givePair(app, place) };
}

/** [1.3] Null: let in. */
export function turnedAway(app: AppState, params: Params, now: number): Answer | null {
  const auth = textOf(params['auth']);
  if (auth === '') return refuse('Wrong authorization data', 'NO_AUTH_FOUND', 401);
  const until = app.access.get(auth);
  if (until === undefined) return refuse('The access token is not valid', 'invalid_token', 401);
  return until <= now ? refuse('The access token provided has expired.', 'expired_token', 401) : null;
}
