/**
 * Click-to-call: MoySklad posts `{srcNumber, destNumber, uid}` to the address that is set in its application, signed with `Lognex-Content-MD5`, the upper-case MD5
 * of the key and the values behind one another (crm-contracts 4.2). In which order the values come is unconfirmed, so each order that somebody has seen counts.
 * The signature has no time in it: who has heard one click can say it again, so the address must be https, and the same click is one click for a while.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Heard, HeardAnswer } from '../../heard.ts';
import { extension } from './answers.ts';
import type { Desk } from './desk.ts';
import { createOnce } from '../../once.ts';
import { sameSecret } from '../../proof.ts';

const value = z.union([z.string(), z.number()]).transform(String).pipe(z.string().max(200));
const click = z.record(z.string().max(50), value.nullable().transform((text) => text ?? '')).refine((given) => Object.keys(given).length <= 10);
type Click = z.infer<typeof click>;

export function createHear({ settings, tools }: Pick<Desk, 'settings' | 'tools'>): (heard: Heard) => HeardAnswer | null {
  const once = createOnce('moysklad', tools.clock);
  return (heard) => {
    const given = click.safeParse(json(heard.body));
    if (heard.method !== 'POST' || !/^call\/?$/.test(heard.path) || !given.success) return null;
    if (!isSigned(given.data, heard.headers['lognex-content-md5'] ?? '', settings.token)) return null;
    const source = extension.parse(given.data['srcNumber'] ?? null);
    const number = tools.numbers.read(given.data['destNumber'] ?? '');
    if (source === null) return answer(400, 'click-to-call of nobody: the employee has no extension in MoySklad', []);
    if (number.kind === 'hidden') return answer(400, 'click-to-call without a number', []);
    const dialled = number.kind === 'external' ? number.e164 : number.digits;
    return answer(200, `click-to-call of ${source}`, [
      { kind: 'dial', id: once(`call/${source}/${dialled}`), number: dialled, callId: '', line: '', crmUser: null, extension: source },
    ]);
  };
}

const answer = (status: number, note: string, events: HeardAnswer['events']): HeardAnswer => ({ status, body: status === 200 ? {} : { error: note }, events, note });

/** All are compared, whichever fits, so that time tells nothing. */
function isSigned(given: Click, signature: string, token: string): boolean {
  const wanted = signature.trim().toUpperCase();
  return ordersOf(given).map((values) => sameSecret(md5(token + values.join('')), wanted)).some(Boolean);
}

function ordersOf(given: Click): readonly (readonly string[])[] {
  const of = (names: readonly string[]): readonly string[] => names.map((name) => given[name] ?? '');
  return [Object.values(given), of(['srcNumber', 'destNumber', 'uid']), of(Object.keys(given).toSorted()), Object.values(given).toSorted()];
}

const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex').toUpperCase();

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
