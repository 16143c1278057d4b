/**
 * What RetailCRM asks of us (crm-contracts 3.5): `call` (somebody clicked a number) and `status` (somebody went for lunch). The method is unconfirmed, so GET
 * and POST count alike. The one proof is `clientId`, compared in constant time.
 */
import { z } from 'zod';
import type { Extension } from '../../../core/words.ts';
import type { CrmEvent, Heard, HeardAnswer } from '../../heard.ts';
import { extension } from './answers.ts';
import { configuredExtension, type Desk } from './desk.ts';
import { createOnce, type Once } from '../../once.ts';
import { sameSecret } from '../../proof.ts';

export type Hear = (heard: Heard) => HeardAnswer | null;

export function createHear(desk: Desk): Hear {
  const onces = { call: createOnce('retailcrm', desk.tools.clock), status: createOnce('retailcrm', desk.tools.clock) };
  return (heard) => {
    const given = paramsOf(heard);
    if (desk.settings.clientId === undefined || !sameSecret(given.get('clientId') ?? '', desk.settings.clientId)) return null;
    switch (heard.path.replace(/\/+$/, '')) {
      case 'call': return call(desk, given, onces.call);
      case 'status': return status(desk, given, onces.status);
      default: return null;
    }
  };
}

function call(desk: Desk, given: URLSearchParams, once: Once): HeardAnswer {
  const who = operator(desk, given);
  const number = desk.tools.numbers.read(given.get('phone') ?? '', given.get('externalPhone') ?? '');
  if (who.extension === null && who.crmUser === null) return complaint('click-to-call of nobody: neither `code` nor `userId` is one of ours');
  if (number.kind === 'hidden') return complaint('click-to-call without a number');
  const dialled = number.kind === 'external' ? number.e164 : number.digits;
  const id = once(`call/${who.extension ?? who.crmUser ?? ''}/${dialled}`);
  return fine([{ kind: 'dial', id, number: dialled, callId: '', line: lineOf(given), ...who }], `click-to-call of ${who.extension ?? `user ${who.crmUser ?? ''}`}`);
}

const STATUS = z.enum(['free', 'busy', 'dinner', 'break']);

function status(desk: Desk, given: URLSearchParams, once: Once): HeardAnswer {
  const read = STATUS.safeParse(given.get('status'));
  const who = operator(desk, given);
  if (!read.success) return complaint('a status that is none');
  if (who.extension === null) return complaint('a status of nobody: neither `code` nor `userId` is one of ours');
  // Who goes back and forth is believed each time: the same id only for the same word said again.
  const id = once(`status/${who.extension}`, read.data);
  return fine([{ kind: 'user-status', id, extension: who.extension, status: read.data }], `${who.extension} is ${read.data}`);
}

/** The extension that came, else the one that the config gives to the CRM user. */
function operator(desk: Desk, given: URLSearchParams): { readonly extension: Extension | null; readonly crmUser: string | null } {
  const userId = given.get('userId') ?? '';
  const crmUser = /^[0-9]{1,18}$/.test(userId) ? userId : null;
  return { extension: extension.parse(given.get('code') ?? null) ?? (crmUser === null ? null : configuredExtension(desk, crmUser)), crmUser };
}

const lineOf = (given: URLSearchParams): string => (given.get('externalPhone') ?? '').replace(/[^0-9A-Za-z+_-]/g, '').slice(0, 40);
const fine = (events: readonly CrmEvent[], note: string): HeardAnswer => ({ status: 200, body: { success: true }, events, note });
const complaint = (note: string): HeardAnswer => ({ status: 400, body: { success: false, errorMsg: note }, events: [], note });

/** Query and body together: the body is a form, or JSON. */
function paramsOf({ query, headers, body }: Heard): URLSearchParams {
  const all = new URLSearchParams(query);
  const fields = (headers['content-type'] ?? '').includes('json') ? jsonFields(body) : [...new URLSearchParams(body)];
  for (const [name, value] of fields) all.set(name, value);
  return all;
}

function jsonFields(body: string): readonly (readonly [string, string])[] {
  try {
    const read = z.record(z.string(), z.union([z.string(), z.number()]).transform(String).catch('')).safeParse(JSON.parse(body));
    return read.success ? Object.entries(read.data) : [];
  } catch {
    return [];
  }
}
