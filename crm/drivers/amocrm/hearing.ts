/**
 * What amoCRM says to us: the end of a consent (crm-contracts 2.1), changed contacts (2.10), and that the integration was switched off (2.1). What cannot
 * prove itself is nobody's business: null, and whoever asked learns nothing.
 */
import { createHash, createHmac } from 'node:crypto';
import type { CrmEvent, Heard, HeardAnswer } from '../../heard.ts';
import { account } from './answers.ts';
import { sameVendor } from './api.ts';
import type { Desk } from './desk.ts';
import { sameSecret } from '../../proof.ts';
import { keepAccount, knownAccount, secretOf } from './registration.ts';

export async function hear(desk: Desk, heard: Heard, signal: AbortSignal): Promise<HeardAnswer | null> {
  const { method, path } = heard;
  if (method === 'GET' && path === 'oauth') return consent(desk, heard.query, signal);
  if (method === 'GET' && path === 'disabled') return disabled(desk, heard.query, signal);
  if (method === 'POST' && path.startsWith('contacts/')) return contacts(desk, path.slice('contacts/'.length), heard);
  return null;
}

const NOT_OURS = 'This is not the account that the configuration of CallMe names. Nothing was changed.';
const MOVED = 'The account has another address than `baseUrl` in the configuration of CallMe: correct it there.';
const AGAIN = 'amoCRM did not accept the consent. Open the address that `callme crm check` shows once more.';
const said = (status: number, body: string, note: string): HeardAnswer => ({ status, body, events: [], note });

/** `state` proves that we sent the administrator; `referer` names the account's host of today. */
async function consent(desk: Desk, query: URLSearchParams, signal: AbortSignal): Promise<HeardAnswer | null> {
  const { tokens } = desk.api;
  if (tokens.keeper === null || !sameSecret(query.get('state') ?? '', tokens.state())) return null;
  if (query.get('error') !== null) return said(200, 'amoCRM says that access was refused. Nothing was changed.', 'consent refused');
  const code = query.get('code') ?? '';
  const base = baseOf(desk, query.get('referer') ?? '');
  if (code === '' || base === null) return said(400, NOT_OURS, 'consent of another host');
  const moved = base !== desk.settings.baseUrl && !isKnownHost(desk, base);
  if (moved && knownAccount(desk) === null) return said(400, MOVED, 'consent of another host');
  const before = tokens.keeper.current();
  const why = await redeemed(desk, { code, base }, signal);
  if (why !== null) return said(502, AGAIN, `consent failed: ${why}`);
  const stranger = await strangerOf(desk, signal);
  if (stranger) {
    if (before === null) tokens.keeper.forget(); else tokens.keeper.put(before);
    return said(400, 'This consent is of another account than before. Nothing was changed.', 'consent of another account');
  }
  tokens.nextState();
  return said(200, 'CallMe is connected to amoCRM. You may close this page.', 'consent given');
}

interface Redeeming { readonly code: string; readonly base: string }

async function redeemed({ api }: Desk, { code, base }: Redeeming, signal: AbortSignal): Promise<string | null> {
  try {
    return await api.tokens.redeem(code, base, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('HTTP_')) return error.code;
    throw error;
  }
}

/** The configured host itself, or one of the same vendor: an account may move to another subdomain. */
function baseOf({ settings }: Desk, referer: string): string | null {
  const home = new URL(settings.baseUrl);
  if (referer === '' || referer === home.host) return settings.baseUrl;
  const target = URL.parse(`https://${referer}`);
  return target !== null && target.host === referer && target.port === '' && sameVendor(referer, home.hostname) ? target.origin : null;
}

const isKnownHost = ({ api }: Desk, base: string): boolean => api.tokens.bearer()?.base === base;

/** Does the account that these tokens open differ from the one that we knew? The first one that consents is remembered. */
async function strangerOf(desk: Desk, signal: AbortSignal): Promise<boolean> {
  const reply = await desk.api.ask({ method: 'GET', path: '/api/v4/account', operation: 'account', timeoutMs: 10_000 }, signal);
  const found = reply.ok ? account.safeParse(reply.body).data : undefined;
  const known = knownAccount(desk);
  if (found === undefined) return false;
  if (known === null) keepAccount(desk, found.id);
  return known !== null && known !== String(found.id);
}

/** Hex HMAC-SHA256 of `client_uuid|account_id` by the client secret. It carries no moment, so an old one could come again: our token is asked, too. */
async function disabled(desk: Desk, query: URLSearchParams, signal: AbortSignal): Promise<HeardAnswer | null> {
  const { clientId, clientSecret } = desk.settings;
  const [uuid, id, signature] = [query.get('client_uuid') ?? '', query.get('account_id') ?? '', query.get('signature') ?? ''];
  if (clientSecret === undefined || uuid !== clientId || signature === '') return null;
  if (!sameSecret(signature.toLowerCase(), createHmac('sha256', clientSecret).update(`${uuid}|${id}`).digest('hex'))) return null;
  const known = knownAccount(desk);
  if (known !== null && known !== id) return null;
  const probe = await desk.api.ask({ method: 'GET', path: '/api/v4/account', operation: 'account', timeoutMs: 5_000 }, signal);
  if (probe.ok) return said(200, 'ok', 'said to be switched off, but the token works');
  desk.api.tokens.switchOff();
  return said(200, 'ok', 'the integration was switched off in amoCRM');
}

/** More is an import: then nothing that we know of numbers is sure. */
const MOST_NUMBERS = 200;
const PHONE = /^(contacts\[(?:add|update|delete)\]\[\d+\]\[custom_fields\]\[\d+\])\[code\]$/;

/** Answered within 2 s (2.10), without asking anybody. What amoCRM repeats has the same body, so the same id. */
function contacts(desk: Desk, secret: string, { body }: Heard): HeardAnswer | null {
  if (!sameSecret(secret, secretOf(desk.tools.keep))) return null;
  const fields = new URLSearchParams(body);
  const ours = knownAccount(desk);
  if (ours !== null && (fields.get('account[id]') ?? ours) !== ours) return null;
  const numbers = numbersIn(fields);
  const id = createHash('sha256').update(body).digest('base64url').slice(0, 32);
  const event: CrmEvent = { kind: 'contacts-changed', id: `contacts/${id}`, numbers };
  return { status: 200, body: 'ok', events: [event], note: `contacts changed: ${numbers === 'all' ? 'all' : numbers.length}` };
}

const CARD = /^contacts\[(?:add|update|delete)\]\[\d+\]/;

/** The telephones that stand in it; `all` where none does: a card that lost its last number, or was deleted, does not say which it had. */
function numbersIn(fields: URLSearchParams): readonly string[] | 'all' {
  const places = [...fields].flatMap(([name, code]) => {
    const place = code === 'PHONE' ? PHONE.exec(name)?.[1] : undefined;
    return place === undefined ? [] : [`${place}[values]`];
  });
  const cards = new Set([...fields.keys()].flatMap((name) => CARD.exec(name)?.[0] ?? []));
  const silent = [...cards].some((card) => !places.some((place) => place.startsWith(card)));
  const isNumber = (name: string): boolean => /\[value\]$/.test(name) && places.some((place) => name.startsWith(place));
  const numbers = [...fields].filter(([name]) => isNumber(name)).map(([, number]) => number.slice(0, 40));
  const fresh = [...new Set(numbers)];
  return silent || fresh.length === 0 || fresh.length > MOST_NUMBERS ? 'all' : fresh;
}
