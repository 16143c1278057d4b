/** How we prove to the portal who we are: the secret in a webhook's address, or an application's access token beside the parameters (crm-contracts 1.1). */
import type { Instant } from '../../../core/words.ts';
import type { TokenKeeper, TokenPair } from '../../oauth.ts';
import type { Params } from './portal.ts';
import type { Refusal } from './verdicts.ts';

/** What one request is made with. */
export interface Pass {
  /** Where methods are asked, with a slash at its end. */
  readonly base: string;
  readonly auth: Params;
  /** Must not stand in anything that people read. */
  readonly secrets: readonly string[];
  /** What is renewed when the portal says that it has expired; null = it cannot. */
  readonly pair: TokenPair | null;
}

export interface Access {
  readonly kind: 'webhook' | 'app';
  pass(): Pass | Refusal;
  /** A pass that is not this one, after `expired_token`. */
  renewed(stale: TokenPair, signal: AbortSignal): Promise<Pass | Refusal>;
}

export function webhookAccess(url: string): Access {
  const pass: Pass = { base: url, auth: {}, secrets: [url.split('/').at(-2) ?? ''], pair: null };
  return { kind: 'webhook', pass: () => pass, renewed: () => Promise.resolve(refused('EXPIRED_TOKEN', 'the webhook has expired')) };
}

/**
 * Keys of `TokenPair.extra`: the REST address of the portal, who it is, who renews, when this refresh token was given (milliseconds), and the portal and
 * application of the config that it was given for: with others there, these are nobody's tokens.
 */
export type Extra = 'endpoint' | 'member' | 'server' | 'issued' | 'home';
export const extraOf = (pair: TokenPair, key: Extra): string => pair.extra[key] ?? '';
/** A refresh token lives 180 days from its own birth on (crm-contracts 1.2). */
export const REFRESH_LIFE_MS = 180 * 24 * 3600 * 1000;
/** When the consent ends if nobody renews before; null = not known. */
export function consentEnd(pair: TokenPair): Instant | null {
  const issued = Number(extraOf(pair, 'issued'));
  return issued > 0 ? issued + REFRESH_LIFE_MS as Instant : null;
}

export function appAccess(keeper: TokenKeeper, clientSecret: string): Access {
  const passOf = (pair: TokenPair): Pass =>
    ({ base: extraOf(pair, 'endpoint'), auth: { auth: pair.access }, secrets: [pair.access, pair.refresh, clientSecret], pair });
  return {
    kind: 'app',
    pass: () => {
      const pair = keeper.current();
      return pair === null ? refused('NOT_INSTALLED', 'the application has brought no tokens yet') : passOf(pair);
    },
    renewed: async (stale, signal) => {
      const outcome = await keeper.renewed(stale, signal);
      if (outcome.kind === 'renewed') return passOf(outcome.pair);
      if (outcome.kind === 'dead') return refused(codeIn(outcome.reason), outcome.reason);
      return { ...refused('TOKEN_NOT_RENEWED', outcome.reason), status: 0, retryAfterMs: outcome.retryAfterMs };
    },
  };
}

/** A renewal fails for other reasons than a dead consent, each with a remedy of its own. */
const OTHER = /\b(?:INVALID_CLIENT|WRONG_CLIENT|PAYMENT_REQUIRED|INVALID_SCOPE|INSUFFICIENT_SCOPE)\b/;
const codeIn = (reason: string): string => OTHER.exec(reason)?.[0] ?? 'INVALID_GRANT';

/** Said by ourselves, before anything was asked. */
const refused = (code: string, description: string): Refusal => ({ ok: false, sent: false, status: 401, code, description, retryAfterMs: null });
