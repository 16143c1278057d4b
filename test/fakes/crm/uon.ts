/**
 * A stand-in U-ON.Travel (crm-contracts 4.3). The fields and paths are the vendor's; the shapes of its answers are unconfirmed, so there are two readings:
 * `status`: refusals by the status of HTTP, lists under a name, nobody = 404; `body`: always 200, `result` and `error` in the body, nobody = an empty list.
 */
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export interface UonManager { readonly u_id: string; readonly u_name: string; readonly u_surname: string; readonly active: 0 | 1 }
export interface UonClient { readonly u_id: string; readonly u_name: string; readonly u_phone: string; readonly manager_id: string | null }
export type UonCall = Readonly<Record<string, string>>;
export interface UonOptions {
  readonly reading?: 'status' | 'body';
  readonly order?: 'newest' | 'oldest';
  readonly managers?: readonly UonManager[];
  readonly clients?: readonly UonClient[];
  /** Does a lead make a client whom `user/phone` finds at once? Unconfirmed. */
  readonly leadMakesClient?: boolean;
  /** Calls on a page of the history. */
  readonly perPage?: number;
  readonly offices?: readonly string[];
}
export interface Uon extends StandIn {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** In the order of their telling. */
  readonly calls: UonCall[];
  readonly leads: UonCall[];
  readonly state: { managers: readonly UonManager[] };
}

const KEY = 'UonKey0123456789abcd';
interface State { readonly options: UonOptions; readonly calls: UonCall[]; readonly leads: UonCall[]; readonly clients: UonClient[]; managers: readonly UonManager[] }

export async function startUon(options: UonOptions = {}): Promise<Uon> {
  const state: State = { options, calls: [], leads: [], clients: [...options.clients ?? []], managers: options.managers ?? [] };
  const standIn = await startStandIn({
    // The key stands in the path: the ledger leaves it out.
    nameOf: ({ verb, url }) => `${verb} ${url.pathname.split('/').slice(2).join('/')}`,
    paramsOf: ({ body }) => body.toString('utf8'),
    apply: (asked) => apply(state, asked),
  });
  return { ...standIn, baseUrl: standIn.origin, apiKey: KEY, calls: state.calls, leads: state.leads, state };
}

const inBody = ({ options }: State): boolean => options.reading === 'body';
const refuse = (state: State, status: number, message: string): Answer =>
  (inBody(state) ? { status: 200, body: { result: status, error: { code: status, message } } } : { status, body: { error: message } });
const nobody = (state: State, list: string): Answer => (inBody(state) ? { status: 200, body: { result: 200, [list]: [] } } : refuse(state, 404, 'Not found'));
const found = (state: State, name: string, list: readonly object[]): Answer => ({ status: 200, body: inBody(state) ? { result: 200, [name]: list } : { [name]: list } });
const made = (state: State, id: number): Answer => ({ status: 200, body: inBody(state) ? { result: 200, id: String(id) } : { id } });

function apply(state: State, asked: Asked): Answer {
  const [key, ...steps] = asked.url.pathname.split('/').slice(1);
  const path = steps.join('/');
  if (key !== KEY) return refuse(state, 401, 'Wrong key');
  // The format is the ending of the last step: {page}.json (crm-contracts 4.3).
  if (!path.endsWith('.json')) return refuse(state, 404, 'Unknown format');
  const [room = '', ...rest] = path.slice(0, -5).split('/');
  if (asked.verb === 'POST') return post(state, `${room}/${rest.join('/')}`, formOf(asked));
  switch (room) {
    case 'manager': return found(state, 'managers', state.managers);
    case 'user': return user(state, rest);
    case 'call_history': return history(state, Number(rest[0]));
    case 'lead': return leads(state, rest);
    default: return refuse(state, 404, 'Unknown method');
  }
}

const formOf = ({ headers, body }: Asked): Readonly<Record<string, string>> =>
  (headers['content-type'] === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(body.toString('utf8'))) : {});

function post(state: State, path: string, form: UonCall): Answer {
  const is = (name: string, pattern: RegExp): boolean => pattern.test(form[name] ?? '');
  if (path === 'call_history/create') {
    // crm-contracts 4.3: phone digits, start YYYY-MM-DD HH:MM:SS, duration in seconds, direction 1 out / 2 in.
    if (!is('phone', /^\d{5,20}$/) || !is('start', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) || !is('duration', /^\d+$/) || !is('direction', /^[12]$/)) return refuse(state, 400, 'Wrong fields');
    if (form['manager_id'] !== undefined && !state.managers.some((one) => one.u_id === form['manager_id'])) return refuse(state, 400, 'No such manager');
    // No key of ours is known to it: the same again is another call.
    return made(state, state.calls.push(form));
  }
  if (path !== 'lead/create') return refuse(state, 404, 'Unknown method');
  if (!is('u_phone', /^\d{5,20}$/) || !is('source', /./) || !is('u_name', /./)) return refuse(state, 400, 'Wrong fields');
  if (state.options.leadMakesClient === true) state.clients.push({ u_id: String(900 + state.leads.length), u_name: form['u_name'] ?? '', u_phone: form['u_phone'] ?? '', manager_id: null });
  return made(state, state.leads.push({ ...form, day: new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Moscow' }).format() }));
}

/** user/phone/{phone}[/{office}] */
function user(state: State, [what, phone, office]: readonly string[]): Answer {
  if (what !== 'phone' || !/^\d{5,20}$/.test(phone ?? '')) return refuse(state, 400, 'Wrong phone');
  if (office !== undefined && !(state.options.offices ?? []).includes(office)) return refuse(state, 404, 'No such office');
  const clients = state.clients.filter((one) => one.u_phone === phone);
  return clients.length === 0 ? nobody(state, 'users') : found(state, 'users', clients);
}

function history(state: State, page: number): Answer {
  const size = state.options.perPage ?? 3;
  const ordered = state.options.order === 'oldest' ? state.calls : state.calls.toReversed();
  const calls = ordered.slice((page - 1) * size, page * size);
  return page >= 1 && calls.length > 0 ? found(state, 'call_history', calls.map((call, index) => ({ id: index, ...call }))) : nobody(state, 'call_history');
}

/** lead/{date_from}/{date_to} */
function leads(state: State, [from = '', to = '']: readonly string[]): Answer {
  if (![from, to].every((day) => /^\d{4}-\d\d-\d\d$/.test(day))) return refuse(state, 400, 'Wrong dates');
  const of = state.leads.filter(({ day = '' }) => day >= from && day <= to);
  return of.length === 0 ? nobody(state, 'leads') : found(state, 'leads', of);
}
