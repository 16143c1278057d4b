/**
 * How an application gets its tokens: the portal posts them to `…/install` when it is added (an application without an interface), or an administrator consents
 * and comes back to `…/oauth` with a code (crm-contracts 1.2). Anybody can post; so what is posted is believed only when the OAuth server has renewed it for our
 * client id and secret, and names the configured portal. That also makes the first pair one that nobody else has seen.
 */
import type { Keep } from '../../driver.ts';
import type { Heard, HeardAnswer } from '../../heard.ts';
import type { TokenKeeper } from '../../oauth.ts';
import { extraOf } from './access.ts';
import { type Client, exchange, type Grant, hostOf, pairOf } from './oauth.ts';
import { fieldsOf } from './fields.ts';
import { sameSecret } from '../../proof.ts';
import { consentState } from './proof.ts';
import { reasonOf } from './verdicts.ts';

export interface Application { readonly client: Client; readonly portal: string; readonly account: string; readonly keeper: TokenKeeper; readonly keep: Keep }

/** The token with which the portal signs its events; kept from the installation on. */
export const APPLICATION_TOKEN = 'application-token';
const TOKEN = /^[\x21-\x7e]{1,300}$/;

/** Null: these are no tokens of ours. */
export async function installed(application: Application, { body }: Pick<Heard, 'body'>, signal: AbortSignal): Promise<HeardAnswer | null> {
  const field = fieldsOf(body);
  const refresh = field?.('auth[refresh_token]') ?? '';
  if (field === null || !TOKEN.test(refresh) || !TOKEN.test(field('auth[access_token]'))) return null;
  const host = hostOf(application.client, field('auth[server_endpoint]'));
  const answer = await accept(application, { type: 'refresh_token', secret: refresh, host }, signal);
  const token = field('auth[application_token]');
  if (answer?.status === 200 && TOKEN.test(token)) application.keep.set(APPLICATION_TOKEN, token);
  return answer;
}

/** Null: nobody whom we have sent. */
export async function consented(application: Application, { query }: Pick<Heard, 'query'>, signal: AbortSignal): Promise<HeardAnswer | null> {
  const [code, state] = [query.get('code') ?? '', query.get('state') ?? ''];
  if (!TOKEN.test(code) || !sameSecret(state, consentState(application.client.clientSecret, application.account))) return null;
  const host = hostOf(application.client, query.get('server_domain') === null ? undefined : `https://${query.get('server_domain') ?? ''}/`);
  return accept(application, { type: 'authorization_code', secret: code, host }, signal);
}

async function accept({ client, portal, keeper }: Application, grant: Grant, signal: AbortSignal): Promise<HeardAnswer | null> {
  const outcome = await exchange(client, grant, signal);
  if (outcome.kind === 'refused') return null;
  // A code lives 30 seconds and the portal does not post again: whoever installs must see that it did not work.
  if (outcome.kind === 'later') return said(503, 'the OAuth server did not answer: install again', `installation: ${reasonOf(outcome.refusal)}`);
  const pair = pairOf(client, outcome.tokens, null);
  if (pair === null || new URL(extraOf(pair, 'endpoint')).host !== new URL(portal).host) return null;
  keeper.put(pair);
  return said(200, 'CallMe is connected to this portal.', 'the application is installed');
}

const said = (status: number, body: string, note: string): HeardAnswer => ({ status, body, events: [], note });

/** Where an administrator consents, for a portal that did not post. */
export const consentAddress = ({ portal, client, account }: Pick<Application, 'portal' | 'client' | 'account'>): string =>
  `${portal}/oauth/authorize/?${new URLSearchParams({ client_id: client.clientId, state: consentState(client.clientSecret, account) }).toString()}`;
