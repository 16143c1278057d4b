/** How amoCRM learns where we are: a subscription to changed contacts (crm-contracts 2.10); and which account it is that we know. */
import { randomBytes } from 'node:crypto';
import type { Verdict } from '../../../core/verdict.ts';
import type { Keep } from '../../driver.ts';
import { account, embedded, hasNext, webhook } from './answers.ts';
import { strange } from './api.ts';
import type { Desk } from './desk.ts';
import { keepAlive } from './upkeep.ts';
import { delivered, reasonOf, type Refusal, skipped, verdictOf } from './verdicts.ts';

const ASK_MS = 15_000;
export const WEBHOOKS_REMEDY = 'webhooks need an administrator\'s token and the plan Advanced or Professional; or set `webhooks: false`';
const SECRET = 'contacts-secret';
const ACCOUNT = 'account-id';
/** What changes a telephone number's card, or takes it away. */
const SUBSCRIBED = ['add_contact', 'update_contact', 'delete_contact'];

/** No signature is documented (2.10): a secret in the address proves that it is amoCRM. Made once. */
export function secretOf(keep: Keep): string {
  const known = keep.get(SECRET);
  if (known !== null) return known;
  const made = randomBytes(24).toString('base64url');
  keep.set(SECRET, made);
  return made;
}

const folderOf = ({ tools: { publicUrl, account } }: Desk): string | null => (publicUrl === null ? null : `${publicUrl}/crm/${account}/contacts/`);

export async function introduce(desk: Desk, signal: AbortSignal): Promise<Verdict> {
  const refusal = await keepAlive(desk, signal) ?? await rememberAccount(desk, signal);
  if (refusal !== null) return verdictOf(refusal);
  return desk.settings.webhooks ? subscribe(desk, signal) : delivered('nothing to register');
}

/** The account's number, by which a consent that comes from another subdomain is known as the same account's. */
async function rememberAccount(desk: Desk, signal: AbortSignal): Promise<Refusal | null> {
  const reply = await desk.api.ask({ method: 'GET', path: '/api/v4/account', operation: 'account', timeoutMs: ASK_MS }, signal);
  if (!reply.ok) return reply;
  const said = account.safeParse(reply.body);
  if (!said.success) return strange(reply.status);
  if (knownAccount(desk) === null) keepAccount(desk, said.data.id);
  return null;
}
export const keepAccount = ({ settings, tools: { keep } }: Desk, id: number): void => keep.set(ACCOUNT, `${id} ${settings.baseUrl}`);
/** Null = not known yet, or the config names another address since: then it means another account. */
export function knownAccount({ settings, tools: { keep } }: Desk): string | null {
  const [id, baseUrl] = keep.get(ACCOUNT)?.split(' ') ?? [];
  return id !== undefined && baseUrl === settings.baseUrl ? id : null;
}

async function subscribe(desk: Desk, signal: AbortSignal): Promise<Verdict> {
  const folder = folderOf(desk);
  if (folder === null) return skipped('`web.publicUrl` is not set: amoCRM could not reach us with its webhooks');
  const destination = folder + secretOf(desk.tools.keep);
  const there = await subscriptions(desk, signal);
  if ('ok' in there) return unable(there);
  const mine = there.find((one) => one.destination === destination);
  if (mine !== undefined && !mine.disabled && SUBSCRIBED.every((each) => mine.settings.includes(each))) return delivered('contacts: subscribed');
  const json = { destination, settings: SUBSCRIBED, sort: 10 };
  const reply = await desk.api.ask({ method: 'POST', path: '/api/v4/webhooks', json, operation: 'webhooks.add', timeoutMs: ASK_MS }, signal);
  return reply.ok ? delivered('contacts: subscribed') : unable(reply);
}

/** All webhooks of the account. A refusal is a value. */
async function subscriptions({ api }: Desk, signal: AbortSignal): Promise<ReturnType<typeof webhook.parse>[] | Refusal> {
  const all: ReturnType<typeof webhook.parse>[] = [];
  for (let page = 1; page <= 10; page++) {
    const reply = await api.ask({ method: 'GET', path: `/api/v4/webhooks?limit=250&page=${page}`, operation: 'webhooks.list', timeoutMs: ASK_MS }, signal);
    if (!reply.ok) return reply;
    if (reply.status === 204) break;
    const webhooks = embedded(reply.body, 'webhooks', webhook);
    if (webhooks === null) return strange(reply.status);
    all.push(...webhooks);
    if (!hasNext(reply.body)) break;
  }
  return all;
}

/** Webhooks want an administrator and a better plan (2.10). Calls can be told without them: the account must not be held for it. */
function unable(refusal: Refusal): Verdict {
  const verdict = verdictOf(refusal);
  if (refusal.status !== 403 || verdict.kind !== 'locked-out') return verdict;
  return { kind: 'refused', reason: `${reasonOf(refusal)}: ${WEBHOOKS_REMEDY}` };
}

/** Whether contacts are subscribed; a refusal is a value. For the check. */
export async function isSubscribed(desk: Desk, signal: AbortSignal): Promise<boolean | Refusal> {
  const folder = folderOf(desk);
  const there = await subscriptions(desk, signal);
  if ('ok' in there) return there;
  return folder !== null && there.some(({ destination, disabled }) => !disabled && destination === folder + secretOf(desk.tools.keep));
}
