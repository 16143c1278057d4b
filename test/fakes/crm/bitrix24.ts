/**
 * A stand-in Bitrix24 portal: a real HTTP server that refuses what the real portal refuses, so that a driver that passes here has kept
 * the contract, and that can lie like a network. Numbers in brackets are sections of the contract notes; sources: docs/crm/bitrix24.md.
 *
 *     const portal = await startPortal({ users: [{ id: 7, extension: '207' }], contacts: [{ id: 318, name: 'Irina', phone: '+79035550142', responsible: 7 }] });
 *     config: { driver: 'bitrix24', url: portal.url }
 *     portal.call('1790.17')?.finish        // what one call became
 *     portal.misbehave({ at: 'externalcall.finish', lie: { kind: 'reset-after' } });
 *     config of a local application: { driver: 'bitrix24', ...portal.appSettings }; portal.installBody() is what the portal posts to it
 *     await portal.stop();
 *
 * Longer, because it is the one list of what the portal knows and whom it lets in.
 */
import { attachRecord, upload } from './bitrix24/records.ts';
import { begin, card, type Click, finish, ok, refuse, register } from './bitrix24/calls.ts';
import { type Params, paramsOf } from './bitrix24/params.ts';
import { batch, commandsOf } from './bitrix24/batch.ts';
import { entityGet, findByComm, lineAdd, lineUpdate, statusList } from './bitrix24/crm.ts';
import { bind, eventBody, type EventState, offlineClear, offlineGet, offlineList, queue } from './bitrix24/events.ts';
import { type AppOptions, type AppState, appState, giveCode, givePair, isTokenServer, tokenServer, turnedAway } from './bitrix24/oauth.ts';
import { externalLineGet, searchCrmEntities, statisticGet, userGet } from './bitrix24/queries.ts';
import type { PortalCall, PortalContact, PortalLine, PortalState, PortalUser } from './bitrix24/state.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export type { PortalCall, PortalContact, PortalLine, PortalUser } from './bitrix24/state.ts';
export type { Click } from './bitrix24/calls.ts';
export { HOSTILE_NAMES } from './stand-in.ts';
export type { Entry, Lie, Misbehaviour } from './stand-in.ts';

export interface PortalOptions {
  /** Default 0: any free one. Always loopback. */
  readonly port?: number;
  readonly secret?: string;
  readonly users?: readonly PortalUser[];
  readonly contacts?: readonly PortalContact[];
  readonly lines?: readonly PortalLine[];
  /** What the webhook may do [1.1]. Default telephony, crm, user. */
  readonly scopes?: readonly string[];
  /** The right "call statistics: view" [1.11]. Default true. */
  readonly statistics?: boolean;
  /** [1.3] the cloud: `{ burst: 50, perSecond: 2 }`. Default none, because it drains with the clock. */
  readonly bucket?: { readonly burst: number; readonly perSecond: number };
  /** [1.1] false: telephony refuses webhooks with WRONG_AUTH_TYPE, as the documentation says and servers seen so far do not. Default true. */
  readonly webhookTelephony?: boolean;
  /** A local application beside the webhook [1.2]. */
  readonly app?: AppOptions;
  /** Methods that this portal does not have, lower case; `batch` may be among them. */
  readonly without?: readonly string[];
  /** [1.3] methods that may not stand in a batch. */
  readonly notInBatch?: readonly string[];
  /** [1.13] unconfirmed readings; default `named` and `refused`. */
  readonly offlineProcess?: EventState['process'];
  readonly rebind?: EventState['rebind'];
  /** [1.3] what a call of this method costs in seconds, and where it is blocked. Default: 0.1 s each, never added up. */
  readonly operating?: { readonly cost: (method: string) => number; readonly limit: number };
  /** Milliseconds; for the bucket and the 30 minutes. Default the real clock. */
  readonly now?: () => number;
}

export interface Portal extends StandIn {
  /** The incoming webhook's address, with its secret. */
  readonly url: string;
  /** Every CALL_ID that was ever registered. */
  readonly calls: readonly PortalCall[];
  /** The finished call of this EXTERNAL_CALL_ID, else the newest that is registered. */
  call(externalCallId: string): PortalCall | undefined;
  /** All of this EXTERNAL_CALL_ID: more than one finished is a call told twice. */
  callsOf(externalCallId: string): readonly PortalCall[];
  /** Click-to-call [1.13]: the portal registers the call itself; its `callId` is what `CallMeCALL_ID` would carry. */
  began(click: Click): PortalCall;
  addContact(contact: PortalContact): void;
  /** What the portal holds. */
  readonly state: PortalState;
  readonly events: EventState;
  readonly app: AppState;
  /** The settings of an account that is the application. */
  readonly appSettings: Readonly<Record<string, string>>;
  /** [1.2] what the portal posts when the application is added, with a fresh pair. */
  installBody(): string;
  /** [1.2] the code with which an administrator comes back from a consent. */
  consentCode(): string;
  /** [1.13] what the portal posts when something happens. */
  eventBody(name: string, data: Params, auth?: Params): string;
  /** [1.13] puts it into the queue of offline events. */
  queue(name: string, data: Params | false, message?: string): void;
  /** The portal loses its live calls, as after a restore. */
  forgetLiveCalls(): void;
}

export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const secret = options.secret ?? 'webhooksecret0001';
  const state = stateOf(options, () => standIn.origin);
  const app = appState(options.app ?? {});
  const events: EventState = {
    bound: [], queue: [], process: options.offlineProcess ?? 'named', rebind: options.rebind ?? 'refused', admin: app.options.admin, now: state.now, nextId: state.nextId,
  };
  const rules: Rules = { state, app, events, options, secret, bucket: bucketOf(options, state.now), operating: operatingOf(options, state.now) };
  const standIn: StandIn = await startStandIn({
    nameOf: (asked) => (methodOf(asked) === 'batch' ? `batch:${commandsOf(paramsOf(asked)).map(({ method }) => method).join('+')}` : methodOf(asked)),
    paramsOf: (asked) => (isUpload(asked) ? { bytes: asked.body.length } : paramsOf(asked)),
    apply: (asked) => timed(apply(rules, asked), rules.operating.time(methodOf(asked))),
  }, options.port ?? 0);
  const place = { now: state.now, get origin() { return standIn.origin; } };
  const identity = (): Params => ({ domain: new URL(standIn.origin).host, member_id: app.options.memberId, application_token: app.options.applicationToken });
  return {
    ...standIn, state, events, app,
    appSettings: { portal: standIn.origin, oauthHost: standIn.origin, clientId: app.options.clientId, clientSecret: app.options.clientSecret },
    installBody: () => eventBody('ONAPPINSTALL', { VERSION: '1' }, { ...givePair(app, place), ...identity() }, Math.floor(state.now() / 1000)),
    consentCode: () => giveCode(app, place),
    eventBody: (name, data, auth = {}) => eventBody(name, data, { ...identity(), ...auth }, Math.floor(state.now() / 1000)),
    queue: (name, data, message) => queue(events, name, data, message),
    url: `${standIn.origin}/rest/1/${secret}/`,
    calls: state.calls,
    call: (id) => state.calls.find((call) => call.externalCallId === id && call.finish !== null) ?? state.calls.findLast((call) => call.externalCallId === id),
    callsOf: (id) => state.calls.filter((call) => call.externalCallId === id),
    began: (click) => begin(state, click),
    addContact: (contact) => { state.contacts.push(whole(contact)); },
    forgetLiveCalls: () => { state.calls.splice(0, Infinity, ...state.calls.filter((call) => call.finish !== null)); },
  };
}

const whole = (contact: PortalContact): Required<PortalContact> => ({ type: 'CONTACT', responsible: null, ...contact });

function stateOf(options: PortalOptions, origin: () => string): PortalState {
  let id = 9000;
  return {
    users: [...options.users ?? [{ id: 1, name: 'Admin', extension: null }]], contacts: (options.contacts ?? []).map(whole), lines: [...options.lines ?? []],
    calls: [], uploads: new Map(), brief: options.scopes?.includes('user_brief') === true, now: options.now ?? Date.now, nextId: () => ++id, origin,
  };
}

/** `/rest/1/secret/method` of a webhook, `/rest/method` of an application [1.1]. */
const isWebhook = (asked: Asked): boolean => asked.url.pathname.split('/').length > 3;
const isUpload = (asked: Asked): boolean => asked.url.pathname.toLowerCase() === '/rest/upload.json';
/** [1.1] names are case-insensitive, `.json` may follow. */
function methodOf(asked: Asked): string {
  if (isUpload(asked)) return 'upload';
  if (isTokenServer(asked)) return 'oauth.token';
  const name = isWebhook(asked) ? asked.url.pathname.split('/')[4] : asked.url.pathname.split('/')[2];
  return (name ?? '').toLowerCase().replace(/\.json$/, '');
}

interface Rules {
  readonly state: PortalState; readonly app: AppState; readonly events: EventState; readonly options: PortalOptions; readonly secret: string;
  readonly bucket: () => boolean; readonly operating: Operating;
}

function apply(rules: Rules, asked: Asked): Answer {
  const { state, app, options, secret, bucket } = rules;
  if (asked.verb !== 'POST' && asked.verb !== 'GET') return refuse('Method not allowed', 'INVALID_REQUEST', 405);
  if (isTokenServer(asked)) return tokenServer(app, asked, { now: state.now, origin: state.origin() });
  if (isUpload(asked)) return upload(state, asked);
  const kind = isWebhook(asked) ? 'webhook' : 'app';
  // [1.1, 1.3] the secret is in the path; a revoked webhook is 401.
  if (kind === 'webhook' && !asked.url.pathname.startsWith(`/rest/1/${secret}/`)) return refuse('Invalid request credentials', 'INVALID_CREDENTIALS', 401);
  const away = kind === 'app' ? turnedAway(app, paramsOf(asked), state.now()) : null;
  if (away !== null) return away;
  if (!bucket()) return refuse('Too many requests', 'QUERY_LIMIT_EXCEEDED', 503);
  const method = methodOf(asked);
  if (method !== 'batch' || options.without?.includes('batch') === true) return run(rules, kind, method, paramsOf(asked));
  const inBatch = (name: string, params: Params): Answer =>
    (options.notInBatch?.includes(name) === true ? refuse('Method is not allowed for batch usage', 'ERROR_BATCH_METHOD_NOT_ALLOWED', 405) : run(rules, kind, name, params));
  return batch(paramsOf(asked), { run: inBatch, time: rules.operating.time });
}

/** One method, whoever asks. */
function run({ state, events, options, operating }: Rules, kind: 'webhook' | 'app', name: string, params: Params): Answer {
  const method = Object.hasOwn(METHODS, name) && options.without?.includes(name) !== true ? METHODS[name] : undefined;
  if (method === undefined) return refuse('Method not found!', 'ERROR_METHOD_NOT_FOUND', 404);
  if (method.scope !== '' && !scopesOf(options).includes(method.scope)) {
    return refuse('The request requires higher privileges than provided by the webhook token', 'insufficient_scope', 403);
  }
  // [1.1] per documentation; [1.13] events need an application.
  const appOnly = name.startsWith('event.') || (options.webhookTelephony === false && WEBHOOK_REFUSED.test(name));
  if (kind === 'webhook' && appOnly) return refuse('Current authorization type is denied for this method', 'WRONG_AUTH_TYPE', 403);
  if (method.run === statisticGet && options.statistics === false) return refuse('Access denied!', 'ACCESS_DENIED', 403);
  if (operating.spend(name) === 'blocked') return { status: 429, body: { error: 'OPERATION_TIME_LIMIT', error_description: 'Method is blocked due to operation time limit.', time: operating.time(name) } };
  return 'events' in method ? method.events(events, params) : method.run(state, params);
}
const scopesOf = ({ scopes = ['telephony', 'crm', 'user'] }: PortalOptions): readonly string[] => scopes.map((scope) => (scope === 'user_brief' ? 'user' : scope));
const WEBHOOK_REFUSED = /^telephony\.(?:externalcall\.(?:register|finish|attachrecord)|externalline\.)/;

type Method = { readonly scope: string; readonly run: (state: PortalState, params: Params) => Answer } | { readonly scope: string; readonly run?: never; readonly events: (state: EventState, params: Params) => Answer };
const METHODS: Readonly<Record<string, Method>> = {
  'profile': { scope: 'telephony', run: () => ok({ ID: '1', ADMIN: true }) },
  'telephony.externalcall.register': { scope: 'telephony', run: register },
  'telephony.externalcall.show': { scope: 'telephony', run: (state, params) => card(state, 'show', params) },
  'telephony.externalcall.hide': { scope: 'telephony', run: (state, params) => card(state, 'hide', params) },
  'telephony.externalcall.finish': { scope: 'telephony', run: finish },
  'telephony.externalcall.attachrecord': { scope: 'telephony', run: attachRecord },
  'telephony.externalcall.searchcrmentities': { scope: 'crm', run: searchCrmEntities },
  'telephony.externalline.get': { scope: 'telephony', run: externalLineGet },
  'telephony.externalline.add': { scope: 'telephony', run: lineAdd },
  'telephony.externalline.update': { scope: 'telephony', run: lineUpdate },
  'crm.duplicate.findbycomm': { scope: 'crm', run: findByComm },
  'crm.contact.get': { scope: 'crm', run: entityGet('CONTACT') },
  'crm.company.get': { scope: 'crm', run: entityGet('COMPANY') },
  'crm.lead.get': { scope: 'crm', run: entityGet('LEAD') },
  'crm.status.list': { scope: 'crm', run: statusList },
  'event.bind': { scope: '', events: bind },
  'event.offline.get': { scope: '', events: offlineGet },
  'event.offline.clear': { scope: '', events: offlineClear },
  'event.offline.list': { scope: '', events: offlineList },
  'user.get': { scope: 'user', run: userGet },
  'voximplant.statistic.get': { scope: 'telephony', run: statisticGet },
};

/** [1.3] a leaky bucket: drains `perSecond`, blocks above `burst`. */
function bucketOf(options: PortalOptions, now: () => number): () => boolean {
  const { bucket } = options;
  if (bucket === undefined) return () => true;
  let level = 0;
  let last = now();
  return () => {
    level = Math.max(0, level - ((now() - last) / 1000) * bucket.perSecond);
    last = now();
    if (level + 1 > bucket.burst) return false;
    level++;
    return true;
  };
}

interface Operating { readonly spend: (method: string) => 'fine' | 'blocked'; readonly time: (method: string) => Readonly<Record<string, number>> }

/** [1.3] the seconds that a method has run; above the limit it is blocked until they are counted anew, ten minutes after the first. */
function operatingOf({ operating }: PortalOptions, now: () => number): Operating {
  const spent = new Map<string, { seconds: number; readonly resetAt: number }>();
  const of = (method: string) => {
    const known = spent.get(method);
    if (known !== undefined && known.resetAt > now() / 1000) return known;
    const fresh = { seconds: 0, resetAt: Math.floor(now() / 1000) + 600 };
    spent.set(method, fresh);
    return fresh;
  };
  return {
    spend: (method) => {
      const one = of(method);
      if (operating === undefined) return 'fine';
      if (one.seconds > operating.limit) return 'blocked';
      one.seconds += operating.cost(method);
      return 'fine';
    },
    time: (method) => {
      const [seconds, one] = [now() / 1000, of(method)];
      return { start: seconds, finish: seconds, duration: 0, processing: 0, operating: operating === undefined ? 0.1 : one.seconds, operating_reset_at: one.resetAt };
    },
  };
}

/** [1.1] the `time` of every success. */
const timed = (answer: Answer, time: Readonly<Record<string, number>>): Answer => (answer.status === 200 ? { ...answer, body: { time, ...answer.body as object } } : answer);
