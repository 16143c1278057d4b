/**
 * The token desk of a vendor whose refresh tokens are used once (crm-contracts 2.1): a renewal gives a new pair and kills the refresh token that it was
 * asked with. What a vendor does with a refresh token that it has just used is not documented, so both readings are here: `grace` gives the same
 * new pair again for as long as it has not been used, without it the token is simply dead.
 */
import type { Answer } from './stand-in.ts';

export interface Integration { readonly clientId: string; readonly clientSecret: string; readonly redirectUri: string }
export interface TokenDeskOptions extends Integration { readonly grace?: boolean; readonly expiresIn?: number }

export interface Issued { readonly access: string; readonly refresh: string }

export interface TokenDesk {
  readonly options: TokenDeskOptions;
  /** A pair as an administrator gets it by a consent. */
  consent(): Issued;
  /** A code of a consent; lives until it was used. */
  code(): string;
  /** POST /oauth2/access_token. */
  exchange(body: unknown): Answer;
  isValid(access: string): boolean;
  /** The access tokens end, the refresh tokens stay. */
  expire(): void;
  /** Everything ends: the integration was switched off. */
  revoke(): void;
  /** How many pairs were given out, consents not counted. */
  renewals(): number;
}

export function createTokenDesk(options: TokenDeskOptions): TokenDesk {
  const access = new Set<string>();
  const refresh = new Set<string>();
  const codes = new Set<string>();
  /** By the refresh token that was used: what came of it. */
  const used = new Map<string, Issued>();
  let count = 0;
  let renewals = 0;
  const issue = (): Issued => {
    count++;
    // JWTs are longer than 1000 letters (2.1): whoever cuts a token is found out.
    const pair = { access: `access-${count}-${'j'.repeat(1100)}`, refresh: `refresh-${count}-${'w'.repeat(900)}` };
    access.add(pair.access);
    refresh.add(pair.refresh);
    return pair;
  };
  const said = ({ access, refresh }: Issued): Answer => ({ status: 200, body: {
    token_type: 'Bearer', expires_in: options.expiresIn ?? 86_400, server_time: Math.floor(Date.now() / 1000), access_token: access, refresh_token: refresh,
  } });
  const renew = (token: string): Answer => {
    const again = used.get(token);
    if (options.grace === true && again !== undefined && refresh.has(again.refresh)) return said(again);
    if (!refresh.delete(token)) return refusal('invalid_grant', 'Token has been revoked');
    const pair = issue();
    renewals++;
    used.set(token, pair);
    return said(pair);
  };
  return {
    options,
    consent: issue,
    code: () => { const code = `code-${codes.size + 1}`; codes.add(code); return code; },
    exchange: (body) => {
      const fields = typeof body === 'object' && body !== null ? body as Readonly<Record<string, unknown>> : {};
      const wrong = mistakeOf(fields, options);
      if (wrong !== null) return wrong;
      if (fields['grant_type'] === 'refresh_token') return renew(String(fields['refresh_token']));
      // A code lives for one use (2.1).
      return codes.delete(String(fields['code'])) ? said(issue()) : refusal('invalid_grant', 'Authorization code has been revoked');
    },
    isValid: (token) => access.has(token),
    expire: () => access.clear(),
    revoke: () => { access.clear(); refresh.clear(); used.clear(); },
    renewals: () => renewals,
  };
}

/** The fields of 2.1; the redirect address must equal the integration's byte for byte, for both grants. */
function mistakeOf(fields: Readonly<Record<string, unknown>>, { clientId, clientSecret, redirectUri }: Integration): Answer | null {
  const grant = fields['grant_type'];
  if (grant !== 'refresh_token' && grant !== 'authorization_code') return refusal('unsupported_grant_type', 'The authorization grant type is not supported');
  if (typeof fields[grant === 'refresh_token' ? 'refresh_token' : 'code'] !== 'string') return refusal('invalid_request', 'The request is missing a required parameter');
  if (fields['client_id'] !== clientId || fields['client_secret'] !== clientSecret) return refusal('invalid_client', 'Client authentication failed', 401);
  return fields['redirect_uri'] === redirectUri ? null : refusal('invalid_request', 'Redirect URI does not match');
}

const refusal = (hint: string, detail: string, status = 400): Answer => ({ status, headers: { 'content-type': 'application/problem+json' }, body: {
  title: 'Error', type: 'https://developers.amocrm.ru/v3/errors/OAuthProblemJson', status, detail, hint,
} });
