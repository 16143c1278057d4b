/**
 * Where CRMs come to us: `/crm/<account>/…` of each account, and the names that others rely on. Who comes proves himself to the driver of the account
 * (a token, a signature): the window only keeps him short, and says nothing to whoever cannot.
 */
import type { Clock, Log } from '../core/ports.ts';
import { type Answer, type Asked, json, printable, problem, type Route, sentences } from './exchange.ts';
import { Failures } from './failures.ts';

/** As `crm/heard.ts` has it: this room does not know that one. */
export interface CrmRequest {
  readonly method: 'GET' | 'POST'; readonly path: string; readonly query: URLSearchParams; readonly headers: Readonly<Record<string, string>>; readonly body: string;
}
/** All accounts of this driver, one after the other, or one account by its id. */
export type CrmAddress = { readonly account: string } | { readonly driver: string } | { readonly any: true };
export interface CrmPort {
  /** Null: nobody of them takes it. Never rejects. What it leads to goes on behind the answer. */
  hear(to: CrmAddress, request: CrmRequest, signal: AbortSignal): Promise<{ readonly status: number; readonly body: unknown } | null>;
}
export interface CrmDoorTools { readonly port: CrmPort; readonly clock: Clock; readonly log: Log }

/** Bytes: Bitrix24 sends less than 4 kB, an amoCRM webhook some dozens of contacts. */
const BODY_LIMIT = 262_144;
/** What nobody took, of one asker: 60 at once, then one in two seconds. A portal that changed its token goes on knocking. */
const LIMITS = { burst: 60, forgiveMs: 2_000 };
const METHODS = ['GET', 'POST'] as const;

export function crmDoors(tools: CrmDoorTools): readonly Route[] {
  const failures = new Failures(LIMITS, tools.clock);
  const door = (path: string, where: (asked: Asked) => readonly [CrmAddress, string]): Route => ({
    path, methods: METHODS, raw: { limit: BODY_LIMIT }, admit: (asked) => patience(asked, failures), answer: (asked) => hear(asked, where(asked), { ...tools, failures }),
  });
  return [
    door('/crm/*', ({ rest }) => { const [account = '', ...path] = rest.split('/'); return [{ account }, path.join('/')]; }),
    door('/bitrix24/events', () => [{ driver: 'bitrix24' }, '']),
    door('/retailcrm/call', () => [{ driver: 'retailcrm' }, 'call']),
    door('/oauth', () => [{ any: true }, 'oauth']),
  ];
}

function patience({ caller }: Pick<Asked, 'caller'>, failures: Failures): Answer | null {
  const seconds = Math.ceil(failures.waits(caller.address) / 1000);
  if (seconds <= 0) return null;
  return problem(429, { code: 'TOO_MANY_FAILURES', message: 'too much came from this address that nobody knows', remedy: `wait ${seconds} s` }, { 'retry-after': String(seconds) });
}

async function hear(asked: Asked, [to, path]: readonly [CrmAddress, string], { port, log, failures }: CrmDoorTools & { readonly failures: Failures }): Promise<Answer> {
  const method = asked.method === 'POST' ? 'POST' : 'GET';
  const request = { method, path, query: asked.query, headers: flat(asked.headers), body: typeof asked.body === 'string' ? asked.body : '' } as const;
  const answer = await port.hear(to, request, asked.signal);
  if (answer !== null) return typeof answer.body === 'string' ? sentences(answer.status, [answer.body]) : json(answer.status, answer.body);
  failures.failed(asked.caller.address);
  log.warn({ ...asked.caller, method, to: printable(nameOf(to)) }, 'a CRM knocked that no account knows: a wrong token, or a wrong address');
  return problem(403, { code: 'NOT_KNOWN', message: 'no account of CallMe takes this', remedy: 'compare the address and the token with the configuration of CallMe' });
}

const nameOf = (to: CrmAddress): string => ('account' in to ? to.account : 'driver' in to ? to.driver : 'any account');

function flat(headers: Asked['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]])));
}
