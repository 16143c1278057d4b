/**
 * With what we ask: a long-lived token, or the pair that the keeper holds (crm-contracts 2.1). Both halves of a consent are here too: the address that an
 * administrator opens, and what becomes of the code that comes back.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { instant } from '../../../core/words.ts';
import type { DriverTools } from '../../driver.ts';
import { createTokenKeeper, type Renewed, type TokenKeeper, type TokenPair } from '../../oauth.ts';
import { grant, problemOf } from './answers.ts';
import type { Settings } from './settings.ts';

/** `base`: the account's address. An account that has moved to another subdomain says so with each consent (`referer`). */
export interface Bearer { readonly access: string; readonly base: string; readonly pair: TokenPair | null }

export interface Tokens {
  /** Null = nobody has consented yet, or the integration was switched off. */
  bearer(): Bearer | null;
  /** A bearer that is not `stale`. A long-lived token cannot be renewed: `dead`. */
  renewed(stale: Bearer, signal: AbortSignal): Promise<Renewed>;
  bearerOf(pair: TokenPair): Bearer;
  /** What an operator does when the token is not good any more. */
  remedy(): string;
  /** Redeems a code at that host. Null = done, else why not. */
  redeem(code: string, base: string, signal: AbortSignal): Promise<string | null>;
  /** The word that must come back with the code. */
  state(): string;
  /** Another word from now on: one consent each. */
  nextState(): void;
  switchOff(): void;
  readonly keeper: TokenKeeper | null;
}

/** Six of these, the most that a renewal takes, are less than the lease of `Keep.alone`. */
const GRANT_MS = 8_000;
const STATE = 'consent-state';
const SWITCHED_OFF = 'switched-off';

export function openTokens(settings: Settings, tools: DriverTools): Tokens {
  const longLived = settings.token;
  const bearerOf = (pair: TokenPair): Bearer => ({ access: pair.access, base: pair.extra['base'] ?? settings.baseUrl, pair });
  const keeper = longLived === undefined ? keeperOf(settings, tools) : null;
  const state = (): string => tools.keep.get(STATE) ?? newState(tools);
  return {
    keeper, bearerOf, state,
    bearer: () => {
      if (longLived !== undefined) return { access: longLived, base: settings.baseUrl, pair: null };
      const pair = keeper?.current() ?? null;
      return pair === null ? null : bearerOf(pair);
    },
    renewed: async ({ pair }, signal) => (pair === null || keeper === null ? { kind: 'dead', reason: '' } : keeper.renewed(pair, signal)),
    remedy: () => (longLived === undefined ? remedyOf(settings, tools, state()) : 'create a new long-lived token in the integration\'s card and put it into `token`'),
    redeem: async (code, base, signal) => {
      const said = await exchange({ settings, tools, base, extra: {} }, { grant_type: 'authorization_code', code }, signal);
      if (said.kind !== 'renewed') return said.reason;
      keeper?.put(said.pair);
      tools.keep.remove(SWITCHED_OFF);
      return null;
    },
    nextState: () => { newState(tools); },
    switchOff: () => {
      tools.keep.set(SWITCHED_OFF, 'yes');
      keeper?.forget();
    },
  };
}

function newState({ keep }: DriverTools): string {
  const state = randomBytes(18).toString('base64url');
  keep.set(STATE, state);
  return state;
}

/** The state in it opens nothing by itself: it needs an administrator who logs in to the account, and is good for one consent. */
function remedyOf({ baseUrl, clientId }: Settings, { keep }: DriverTools, state: string): string {
  const world = baseUrl.endsWith('.kommo.com') ? 'https://www.kommo.com' : 'https://www.amocrm.ru';
  const address = `${world}/oauth?${new URLSearchParams({ client_id: clientId ?? '', state, mode: 'popup' }).toString()}`;
  const why = keep.get(SWITCHED_OFF) === null ? '' : 'the integration was switched off in amoCRM: switch it on again; ';
  return `${why}an administrator of the account must consent at ${address}`;
}

function keeperOf(settings: Settings, tools: DriverTools): TokenKeeper {
  const { accessToken, refreshToken } = settings;
  const initial = accessToken === undefined || refreshToken === undefined ? null
    : { access: accessToken, refresh: refreshToken, expiresAt: null, extra: {} };
  return createTokenKeeper({
    keep: tools.keep, initial,
    renew: ({ extra, refresh }, signal) => {
      const asking = { settings, tools, base: extra['base'] ?? settings.baseUrl, extra };
      return exchange(asking, { grant_type: 'refresh_token', refresh_token: refresh }, signal);
    },
  });
}

interface Asking { readonly settings: Settings; readonly tools: DriverTools; readonly base: string; readonly extra: TokenPair['extra'] }

/** POST /oauth2/access_token. A refusal in amoCRM's own words is final for this token or code; everything else may be otherwise a moment later. */
async function exchange({ settings, tools, base, extra }: Asking, what: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Renewed> {
  const json = { client_id: settings.clientId, client_secret: settings.clientSecret, ...what, redirect_uri: redirectOf(settings, tools) };
  const answer = await tools.http.request({ method: 'POST', url: `${base}/oauth2/access_token`, json, operation: 'oauth2', timeoutMs: GRANT_MS, signal });
  const said = grant.safeParse(answer.body);
  if (answer.status >= 200 && answer.status < 300 && said.success) {
    const now = tools.clock.now();
    const { access_token: access, refresh_token: refresh, expires_in: seconds } = said.data;
    return { kind: 'renewed', pair: { access, refresh, expiresAt: instant(now + seconds * 1000), extra: { ...extra, base, since: String(now) } } };
  }
  const problem = answer.status === 400 || answer.status === 401 ? problemOf(answer.body) : null;
  const heard = `the token desk answers HTTP ${answer.status}`;
  if (problem === null) return { kind: 'later', reason: heard, retryAfterMs: retryAfterMs(answer.headers) };
  return { kind: 'dead', reason: `${heard} ${tidy(problem.description, Object.values(what))}` };
}

/** The integration's own, letter by letter; else where the consent comes to us. */
export const redirectOf = ({ redirectUri }: Settings, { publicUrl }: DriverTools): string => redirectUri ?? (publicUrl === null ? '' : `${publicUrl}/oauth`);

/** A CRM's words go into reasons that people read: one short line, without secrets and without telephone numbers. */
export function tidy(text: string, secrets: readonly string[]): string {
  const plain = secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '…')), text);
  return plain.replace(/\p{Cc}+/gu, ' ').replace(/\d{5,}(?=\d{2})/g, '…').slice(0, 300);
}

export function retryAfterMs(headers: Readonly<Record<string, string>>): number | null {
  const seconds = headers['retry-after']?.trim() ?? '';
  return /^\d{1,7}$/.test(seconds) ? Math.min(Number(seconds) * 1000, 24 * 3600 * 1000) : null;
}

const jwt = z.looseObject({ exp: z.number().optional().catch(undefined), account_id: z.number().optional().catch(undefined) });
/** What a long-lived token says of itself, unproved: good for a warning and for nothing else. */
export function read(token: string): z.infer<typeof jwt> {
  try {
    const said = jwt.safeParse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')));
    return said.success ? said.data : {};
  } catch {
    return {};
  }
}
