/**
 * A stand-in CRM that keeps the neutral contract (docs/crm/rest.md; crm-contracts 4.1) to the letter: signatures over raw bytes within 300 s, one record per `event_id`, closed
 * lists of words, no request that it does not know.
 */
import { createHmac } from 'node:crypto';
import { partsOf } from './rest-parts.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export interface RestContact { readonly phone: string; readonly id: string | number; readonly name: string; readonly responsible?: { readonly id: string; readonly extension: string } }
export interface RestUser { readonly id: string; readonly name: string; readonly extension: string; readonly active: boolean }
export interface RestOptions {
  readonly contacts?: readonly RestContact[];
  readonly users?: readonly RestUser[];
  readonly secret?: string;
  readonly token?: string;
  /** What route/{phone}/{did} says. */
  readonly target?: unknown;
}
export interface Rest extends StandIn {
  readonly url: string;
  readonly secret: string;
  /** By event_id: the first one stays. */
  readonly events: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly recordings: ReadonlyMap<string, { readonly callId: string; readonly file: Buffer }>;
  /** `repeats`: how often something came that was there already. `users` may be changed. */
  readonly state: { readonly repeats: number; users: readonly RestUser[] };
}

const EVENTS = new Set(['call.started', 'call.ringing', 'call.answered', 'call.transferred', 'call.finished', 'recording.ready']);
const STATUS = new Set(['answered', 'missed', 'busy', 'cancelled', 'failed', 'voicemail']);
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/;
const said = (status: number, body: unknown): Answer => ({ status, body });

interface State { readonly options: RestOptions; readonly secret: string; readonly events: Map<string, Record<string, unknown>>; readonly recordings: Map<string, { callId: string; file: Buffer }>; repeats: number; users: readonly RestUser[] }

export async function startRest(options: RestOptions = {}): Promise<Rest> {
  const state: State = { options, secret: options.secret ?? 'a-secret-of-the-crm', events: new Map(), recordings: new Map(), repeats: 0, users: options.users ?? [] };
  const standIn = await startStandIn({
    nameOf: ({ verb, url }) => `${verb} ${url.pathname}`,
    paramsOf: ({ headers, body }) => (String(headers['content-type']).startsWith('multipart') ? { bytes: body.length } : body.toString('utf8')),
    apply: (asked) => apply(state, asked),
  });
  return { ...standIn, url: `${standIn.origin}/callme`, secret: state.secret, events: state.events, recordings: state.recordings, state };
}

function apply(state: State, asked: Asked): Answer {
  const steps = asked.url.pathname.split('/').filter((step) => step !== '').map(decodeURIComponent);
  const [root, room = '', ...more] = steps;
  const [parts, body] = String(asked.headers['content-type']).startsWith('multipart') ? [partsOf(asked), null] : [null, asked.body.toString('utf8')];
  if (root !== 'callme') return said(404, { error: 'no such place' });
  // crm-contracts 4.1: over the raw body; over what names the file where a file is uploaded (docs/crm/rest.md).
  const signed = parts === null ? body : ['event_id', 'call_id', 'sha256'].map((name) => parts.fields[name]).join('\n');
  if (!isSigned(state, asked, signed ?? '')) return said(401, { error: 'bad signature' });
  if (asked.verb === 'GET' && room === 'lookup') return lookup(state, asked.url.searchParams);
  if (asked.verb === 'GET' && room === 'route' && more.length === 2) return said(200, { target: state.options.target ?? null });
  if (asked.verb === 'GET' && room === 'users') return said(200, { users: state.users });
  if (asked.verb === 'POST' && room === 'events') return event(state, JSON.parse(body ?? '') as Record<string, unknown>);
  if (asked.verb === 'POST' && room === 'recordings' && parts !== null) return recording(state, parts);
  return said(405, { error: 'not here' });
}

function isSigned({ secret, options }: State, { headers }: Asked, signed: string): boolean {
  const timestamp = String(headers['x-timestamp']);
  const right = `sha256=${createHmac('sha256', secret).update(`${timestamp}.${signed}`).digest('hex')}`;
  const bearer = options.token === undefined || headers['authorization'] === `Bearer ${options.token}`;
  return bearer && headers['x-signature'] === right && Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300;
}

function lookup({ options }: State, query: URLSearchParams): Answer {
  // crm-contracts 4.1: phone=%2B79035550142
  if (!/^\+\d{5,20}$/.test(query.get('phone') ?? '')) return said(400, { error: 'phone' });
  const contact = (options.contacts ?? []).find(({ phone }) => phone === query.get('phone'));
  return contact === undefined ? said(404, { found: false }) : said(200, { found: true, company: '', ...contact });
}

function event(state: State, body: Record<string, unknown>): Answer {
  const wrong = wrongIn(body);
  if (wrong !== '') return said(422, { error: wrong });
  const id = body['event_id'] as string;
  if (state.events.has(id)) state.repeats++;
  else state.events.set(id, body);
  return said(200, { ok: true });
}

function wrongIn(body: Record<string, unknown>): string {
  const is = (name: string, fits: (value: unknown) => boolean): string => (fits(body[name]) ? '' : `${name} is not right`);
  const text = (value: unknown): boolean => typeof value === 'string' && value !== '';
  const moment = (value: unknown): boolean => typeof value === 'string' && MOMENT.test(value);
  const each = [is('event', (value) => EVENTS.has(String(value))), is('event_id', text), is('seq', (value) => Number.isInteger(value) && Number(value) > 0), is('call_id', text),
    is('sent_at', moment), is('started_at', (value) => value === undefined || moment(value))];
  const call = body['event'] === 'recording.ready' ? [is('recording_url', text)] : [is('direction', (value) => value === 'in' || value === 'out'), is('client_phone', (value) => /^\+\d+$/.test(String(value)))];
  const finished = body['event'] === 'call.finished' ? [is('status', (value) => STATUS.has(String(value))), is('duration', Number.isInteger), is('wait', Number.isInteger)] : [];
  return [...each, ...call, ...finished].find((one) => one !== '') ?? '';
}

function recording(state: State, { fields, file }: NonNullable<ReturnType<typeof partsOf>>): Answer {
  const [id, callId] = [fields['event_id'], fields['call_id']];
  if (id === undefined || callId === undefined || file === null) return said(422, { error: 'event_id, call_id and file are needed' });
  if (![...state.events.values()].some((one) => one['call_id'] === callId && one['event'] === 'call.finished')) return said(404, { error: 'no such call' });
  if (state.recordings.has(id)) state.repeats++;
  else state.recordings.set(id, { callId, file });
  return said(201, { ok: true });
}
