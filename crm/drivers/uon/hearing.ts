/**
 * Click-to-call: U-ON posts `method=call`, `user_id`, `phone` without plus, as a form or JSON, and signs nothing (crm-contracts 4.3): the secret is the last
 * step of our address. `type_id` 3 and 4 say that a client is new or changed (public connectors; unconfirmed).
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CrmEvent, Heard, HeardAnswer } from '../../heard.ts';
import type { Desk } from './desk.ts';
import { sameSecret } from '../../proof.ts';

/** The same click within this time is one (crm-contracts 6.10). */
const SAME_MS = 30_000;

const text = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined);
const said = z.looseObject({ method: text, type_id: text, user_id: text, phone: text });
type Said = z.infer<typeof said>;

export function hear(desk: Desk, heard: Heard): HeardAnswer | null {
  const { webhookSecret } = desk.settings;
  if (webhookSecret === undefined || heard.method !== 'POST' || !sameSecret(heard.path, webhookSecret)) return null;
  const read = said.safeParse(bodyOf(heard));
  const event = read.success ? eventOf(desk, read.data) : null;
  if (event === null) return { status: 200, body: { result: 200 }, events: [], note: 'nothing that concerns telephones' };
  return { status: 200, body: { result: 200 }, events: [event], note: event.kind };
}

function bodyOf({ body, headers, query }: Heard): unknown {
  try {
    const isJson = (headers['content-type'] ?? '').includes('json') || body.startsWith('{');
    return isJson ? JSON.parse(body) as unknown : Object.fromEntries([...query, ...new URLSearchParams(body)]);
  } catch {
    return {};
  }
}

function eventOf(desk: Desk, { method, type_id: type, user_id: user, phone = '' }: Said): CrmEvent | null {
  if (type === '3' || type === '4') return { kind: 'contacts-changed', id: once(desk, `changed ${phone}`), numbers: 'all' };
  const number = phone.replace(/\D/g, '');
  if (method !== 'call' || !/^\d{3,20}$/.test(number)) return null;
  const crmUser = user !== undefined && /^\d{1,20}$/.test(user) ? user : null;
  const extension = desk.tools.employees.find(({ crm }) => String(crm[desk.tools.account] ?? '') === crmUser)?.extension ?? null;
  return { kind: 'dial', id: once(desk, `${crmUser ?? ''} ${number}`), number: dialled(desk, number), callId: '', line: '', crmUser, extension };
}

/** With its country as U-ON writes it; people also enter `8903…`, or an extension. */
function dialled({ tools: { numbers } }: Desk, digits: string): string {
  const [abroad, here] = [numbers.read(`+${digits}`), numbers.read(digits)];
  if (here.kind !== 'external') return digits;
  return abroad.kind === 'external' && abroad.valid ? abroad.e164 : here.e164;
}

const kept = z.object({ id: z.string(), what: z.string(), at: z.number() });

/** U-ON names no id: the same within half a minute is the same. */
function once({ tools }: Desk, what: string): string {
  const [hash, now] = [createHash('sha256').update(what).digest('hex').slice(0, 16), tools.clock.now()];
  const before = kept.safeParse(JSON.parse(tools.keep.get('heard') ?? 'null'));
  if (before.success && before.data.what === hash && Math.abs(now - before.data.at) < SAME_MS) return before.data.id;
  const id = `${hash}-${now}`;
  tools.keep.set('heard', JSON.stringify({ id, what: hash, at: now }));
  return id;
}
