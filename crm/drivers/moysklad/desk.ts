/** What every part of the driver works with, and the words of a call as MoySklad takes them. */
import type { CallEnded } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Extension, Instant } from '../../../core/words.ts';
import type { DriverTools } from '../../driver.ts';
import type { Clients } from './clients.ts';
import type { Settings } from './settings.ts';
import type { Reply, Sklad } from './sklad.ts';
import { verdictOf } from './verdicts.ts';

export interface Desk { readonly settings: Settings; readonly sklad: Sklad; readonly clients: Clients; readonly tools: DriverTools }

/** International digits (`79035550142`) where a plan fits, else the digits. `''` = there is nobody to tell about. */
export function phoneOf({ tools }: Pick<Desk, 'tools'>, { client, line }: Pick<CallEnded, 'client' | 'line'>): string {
  const number = tools.numbers.read(client.number, line);
  return number.kind === 'hidden' ? '' : number.kind === 'external' ? number.e164.replace('+', '') : number.digits;
}

export function untellable(desk: Desk, fact: Pick<CallEnded, 'client' | 'line' | 'direction'>): string | null {
  if (fact.direction === 'internal') return 'an internal call: MoySklad keeps calls with clients';
  return phoneOf(desk, fact) === '' ? 'the client\'s number is hidden: MoySklad takes no call without one' : null;
}

/** An employee, as events and calls name them: by extension, and by reference where the config knows the id. The reference wins (4.2). */
export interface Named { readonly extension: Extension; readonly employee?: { readonly meta: { readonly href: string; readonly type: 'employee'; readonly mediaType: string } } }

export function named({ settings, tools }: Desk, extension: Extension): Named {
  const id = tools.employees.find((employee) => employee.extension === extension)?.crm[tools.account];
  if (id === undefined || String(id) === '') return { extension };
  // References lead into the JSON API, whatever address the Phone API has (the vendor's examples).
  const href = `${new URL(settings.baseUrl).origin}/api/remap/1.2/entity/employee/${encodeURIComponent(String(id))}`;
  return { extension, employee: { meta: { href, type: 'employee', mediaType: 'application/json' } } };
}

/** An employee who left must not cost the call or the card: what is refused is said again without references, by extension alone. */
export async function forgiving(body: Readonly<Record<string, unknown>>, send: (body: unknown) => Promise<Reply>): Promise<Reply> {
  const reply = await send(body);
  const plain = JSON.stringify(body, (key, value: unknown) => (key === 'employee' ? undefined : value));
  if (reply.ok || verdictOf(reply).kind !== 'refused' || plain === JSON.stringify(body)) return reply;
  return send(JSON.parse(plain));
}

/** `yyyy-MM-dd HH:mm:ss.SSS` in Moscow, wherever the PBX stands (crm-contracts 4.2). */
export function moscowTime(at: Instant): string {
  const seconds = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Moscow', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).format(at);
  return `${seconds}.${String(((at % 1000) + 1000) % 1000).padStart(3, '0')}`;
}

export const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason });
export const delivered = (note: string): Verdict => ({ kind: 'delivered', note });
export const later = (reason: string): Verdict => ({ kind: 'try-later', reason, retryAfterMs: null });
