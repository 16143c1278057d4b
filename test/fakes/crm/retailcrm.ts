/**
 * A stand-in RetailCRM account: a real HTTP server that refuses what the real one refuses, so that a driver that passes here has kept the contract. Numbers
 * in brackets are sections of the contract notes; where they say "unconfirmed", an option has the other reading. Sources: docs/crm/retailcrm.md.
 */
import { accountSettings, credentials, editModule, getModule, sites, usersPage } from './retailcrm/account.ts';
import { type Fields, no, type RetailOptions, type RetailState, type RetailUser } from './retailcrm/state.ts';
import { byCode, callEvent, callsUpload, json, listed, manager } from './retailcrm/telephony.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export type { RetailCustomer, RetailOptions, RetailUser } from './retailcrm/state.ts';

export interface Retail extends StandIn {
  /** The account's address, as a config has it. */
  readonly url: string;
  readonly events: readonly Fields[];
  readonly calls: readonly Fields[];
  readonly modules: Map<string, Fields>;
  readonly users: RetailUser[];
  callsOf(externalId: string): readonly Fields[];
  /** Users on whose screens a card of this call was opened, each once, in order. */
  cardsOf(externalId: string): readonly number[];
}

export async function startRetail(options: RetailOptions = {}): Promise<Retail> {
  const state: RetailState = {
    options, users: [...options.users ?? []], customers: options.customers ?? [], sites: options.sites ?? ['shop'], modules: new Map(Object.entries(options.modules ?? {})), events: [], calls: [],
  };
  const standIn = await startStandIn({ nameOf, paramsOf, apply: (asked) => dated(options, apply(state, asked)) });
  return {
    ...standIn, url: standIn.origin, events: state.events, calls: state.calls, modules: state.modules, users: state.users,
    callsOf: (externalId) => state.calls.filter((call) => call['externalId'] === externalId),
    cardsOf: (externalId) => [...new Set(state.events.filter((event) => event['callExternalId'] === externalId && event['type'] !== 'hangup').flatMap((event) => operators(state, event)))],
  };
}

const operators = (state: RetailState, event: Fields): readonly number[] =>
  [...listed(event['userIds']).map(Number), ...listed(event['codes']).flatMap((code) => byCode(state, code)?.id ?? [])];

/** `v5/` is left out of the name. */
const nameOf = ({ url }: Asked): string => url.pathname.replace(/^\/api\/(?:v5\/)?/, '');
const paramsOf = (asked: Asked): unknown => {
  const form = new URLSearchParams(asked.body.toString('utf8'));
  return json(form.get('event') ?? form.get('calls') ?? form.get('integrationModule')) ?? Object.fromEntries(asked.url.searchParams);
};

/** The account's own clock stands in every answer. */
const dated = ({ ahead }: RetailOptions, answer: Answer): Answer =>
  (ahead === undefined ? answer : { ...answer, headers: { date: new Date(Date.now() + ahead).toUTCString(), ...answer.headers } });

type Handler = (state: RetailState, asked: Asked, code: string) => Answer;
const HANDLERS: Readonly<Record<string, Handler>> = {
  'POST telephony/call/event': (state, asked) => callEvent(state, formOf(asked)),
  'POST telephony/calls/upload': (state, asked) => callsUpload(state, formOf(asked)),
  'GET telephony/manager': (state, asked) => manager(state, asked.url.searchParams),
  'GET integration-modules/{code}': (state, _asked, code) => getModule(state, code),
  'POST integration-modules/{code}/edit': (state, asked, code) => editModule(state, code, formOf(asked)),
  'GET users': usersPage,
  'GET reference/sites': sites,
  'GET settings': accountSettings,
};
const ALLOWED = Object.keys(HANDLERS).map((handler) => handler.split(' ')[1] ?? '');

function apply(state: RetailState, asked: Asked): Answer {
  const { options } = state;
  // [3] may be a page, not JSON.
  if (options.exists === false) return { status: 404, body: '<html><body>Account does not exist.</body></html>', headers: { 'content-type': 'text/html' } };
  const key = asked.headers['x-api-key'] ?? asked.url.searchParams.get('apiKey');
  if (key === null) return no(403, '"apiKey" is missing.');
  if (key !== (options.apiKey ?? 'retailkey0001')) return no(403, 'Wrong "apiKey" value.');
  const allowed = options.allowed ?? ALLOWED;
  if (asked.url.pathname === (options.credentialsInside === true ? '/api/v5/credentials' : '/api/credentials')) return credentials(state, allowed);
  if (!asked.url.pathname.startsWith('/api/v5/')) return no(404, 'API method not found');
  const [, code = ''] = /integration-modules\/([^/]+)/.exec(asked.url.pathname) ?? [];
  const method = nameOf(asked).replace(/(integration-modules)\/[^/]+/, '$1/{code}');
  const handler = HANDLERS[`${asked.verb} ${method}`];
  if (handler === undefined) return no(404, 'API method not found');
  return allowed.includes(method) ? handler(state, asked, decodeURIComponent(code)) : no(403, 'Access denied.');
}

/** [3] bodies are forms; a JSON body is no body. */
function formOf({ headers, body }: Asked): URLSearchParams {
  return String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(body.toString('utf8')) : new URLSearchParams();
}
