/**
 * A stand-in MoySklad: the Phone API 1.0 over real HTTP, zipped, refusing what the real one refuses. Numbers in brackets are sections of the contract notes; where they
 * say "unconfirmed", an option has the other readings. Sources: docs/crm/moysklad.md.
 */
import { complete, create, event } from './moysklad/calls.ts';
import { type Fields, no, type SkladCall, type SkladEmployee, type SkladEvent, type SkladOptions, type SkladState } from './moysklad/state.ts';
import { startZipped } from './moysklad/zipped.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export type { SkladOptions } from './moysklad/state.ts';

export interface Sklad extends StandIn {
  /** The address of the Phone API, as a config has it. */
  readonly baseUrl: string;
  readonly employees: SkladEmployee[];
  readonly events: readonly SkladEvent[];
  callsOf(externalId: string): readonly SkladCall[];
  /** Extensions on whose screens a card of this call was opened, each once, in order. */
  cardsOf(externalId: string): readonly string[];
}

export async function startSklad(options: SkladOptions = {}): Promise<Sklad> {
  const state: SkladState = { options, employees: [...options.employees ?? []], clients: options.clients ?? [], calls: [], events: [] };
  const standIn = await startStandIn({ nameOf, paramsOf: bodyOf, apply: (asked) => dated(options, apply(state, asked)) });
  const proxy = await startZipped(standIn.port);
  return {
    ...standIn, port: proxy.port, origin: proxy.origin, baseUrl: `${proxy.origin}/api/phone/1.0`, employees: state.employees, events: state.events,
    stop: async () => { await proxy.stop(); await standIn.stop(); },
    callsOf: (externalId) => state.calls.filter((call) => call.fields['externalId'] === externalId),
    cardsOf: (externalId) => [...new Set(state.events.flatMap((one) => (one.externalId === externalId && one.eventType === 'SHOW' ? one.extension ?? [] : [])))],
  };
}

/** `PUT call`, `POST call`, `POST event`, `GET employee`. */
const nameOf = ({ verb, url }: Asked): string => `${verb} ${url.pathname.endsWith('/event') ? 'event' : url.pathname.split('/')[4] ?? ''}`;
const dated = ({ ahead }: SkladOptions, answer: Answer): Answer =>
  (ahead === undefined ? answer : { ...answer, headers: { date: new Date(Date.now() + ahead).toUTCString(), ...answer.headers } });

function bodyOf({ body }: Asked): Fields | null {
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : null;
  } catch {
    return null;
  }
}

function apply(state: SkladState, asked: Asked): Answer {
  const { options } = state;
  const { headers, url, verb } = asked;
  // [4.2] `Accept-Encoding: gzip` is mandatory.
  if (!/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) return no(415, 1062, 'Accept-Encoding must be gzip');
  if (headers['lognex-phone-auth-token'] !== (options.token ?? 'skladtoken0001')) return no(401, 1056, 'Authentication failed');
  if (options.connected === false) return no(403, 55_008, 'The application for the Phone API is not installed');
  const [, extid, isEvent] = /^\/api\/phone\/1\.0\/call\/extid\/([^/]+)(\/event)?$/.exec(url.pathname) ?? [];
  if (verb === 'GET' && url.pathname === '/api/phone/1.0/employee') return employees(state, url.searchParams.get('filter'));
  const given = bodyOf(asked);
  if (given === null || !String(headers['content-type']).startsWith('application/json')) return no(400, 2001, 'The request is not JSON');
  if (verb === 'POST' && url.pathname === '/api/phone/1.0/call') return create(state, given);
  if (verb === 'PUT' && extid !== undefined && isEvent === undefined) return complete(state, decodeURIComponent(extid), given);
  return verb === 'POST' && extid !== undefined && isEvent !== undefined ? event(state, decodeURIComponent(extid), given) : no(404, 1000, 'The address is no identifier');
}

/** [4.2] `extention` is misspelt on purpose. */
function employees(state: SkladState, filter: string | null): Answer {
  const wanted = filter?.replace(/^extention=/, '');
  return {
    status: 200,
    body: {
      employees: state.employees.filter(({ extension }) => wanted === undefined || extension === wanted)
        .map(({ id, extension }) => ({ meta: { href: `https://api.moysklad.ru/api/remap/1.2/entity/employee/${id}`, type: 'employee', mediaType: 'application/json' }, extention: extension })),
    },
  };
}
