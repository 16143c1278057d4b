/**
 * A stand-in Bitrix24 portal: a real HTTP server that refuses what the real portal refuses, so that a driver that passes here has kept
 * the contract, and that can lie like a network. Numbers in brackets are sections of the contract notes; sources: docs/crm/bitrix24.md.
 *
 *     const portal = await startPortal({ users: [{ id: 7, extension: '207' }], contacts: [{ id: 318, name: 'Irina', phone: '+79035550142', responsible: 7 }] });
 *     config: { driver: 'bitrix24', url: portal.url }
 *     portal.call('1790.17')?.finish        // what one call became
 *     portal.misbehave({ at: 'externalcall.finish', lie: { kind: 'reset-after' } });
 *     await portal.stop();
 */
import { attachRecord, upload } from './bitrix24/records.ts';
import { begin, card, type Click, finish, ok, refuse, register } from './bitrix24/calls.ts';
import { type Params, paramsOf } from './bitrix24/params.ts';
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
  /** The portal loses its live calls, as after a restore. */
  forgetLiveCalls(): void;
}

export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const secret = options.secret ?? 'webhooksecret0001';
  const state = stateOf(options, () => standIn.origin);
  const rules = { state, options, secret, bucket: bucketOf(options, state.now) };
  const standIn: StandIn = await startStandIn({
    nameOf: methodOf,
    paramsOf: (asked) => (isUpload(asked) ? { bytes: asked.body.length } : paramsOf(asked)),
    apply: (asked) => timed(apply(rules, asked), state.now),
  }, options.port ?? 0);
  return {
    ...standIn,
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
    calls: [], uploads: new Map(), now: options.now ?? Date.now, nextId: () => ++id, origin,
  };
}

const isUpload = (asked: Asked): boolean => asked.url.pathname.toLowerCase() === '/rest/upload.json';
/** [1.1] names are case-insensitive, `.json` may follow. */
function methodOf(asked: Asked): string {
  if (isUpload(asked)) return 'upload';
  return (asked.url.pathname.split('/')[4] ?? '').toLowerCase().replace(/\.json$/, '');
}

interface Rules { readonly state: PortalState; readonly options: PortalOptions; readonly secret: string; readonly bucket: () => boolean }

function apply({ state, options, secret, bucket }: Rules, asked: Asked): Answer {
  if (asked.verb !== 'POST' && asked.verb !== 'GET') return refuse('Method not allowed', 'INVALID_REQUEST', 405);
  if (isUpload(asked)) return upload(state, asked);
  // [1.1, 1.3] the secret is in the path; a revoked webhook is 401.
  if (!asked.url.pathname.startsWith(`/rest/1/${secret}/`)) return refuse('Invalid request credentials', 'INVALID_CREDENTIALS', 401);
  if (!bucket()) return refuse('Too many requests', 'QUERY_LIMIT_EXCEEDED', 503);
  const method = METHODS[methodOf(asked)];
  if (method === undefined) return refuse('Method not found!', 'ERROR_METHOD_NOT_FOUND', 404);
  if (!(options.scopes ?? ['telephony', 'crm', 'user']).includes(method.scope)) {
    return refuse('The request requires higher privileges than provided by the webhook token', 'insufficient_scope', 403);
  }
  if (method.run === statisticGet && options.statistics === false) return refuse('Access denied!', 'ACCESS_DENIED', 403);
  return method.run(state, paramsOf(asked));
}

interface Method { readonly scope: string; readonly run: (state: PortalState, params: Params) => Answer }
const METHODS: Readonly<Record<string, Method>> = {
  'profile': { scope: 'telephony', run: () => ok({ ID: '1', ADMIN: true }) },
  'telephony.externalcall.register': { scope: 'telephony', run: register },
  'telephony.externalcall.show': { scope: 'telephony', run: (state, params) => card(state, 'show', params) },
  'telephony.externalcall.hide': { scope: 'telephony', run: (state, params) => card(state, 'hide', params) },
  'telephony.externalcall.finish': { scope: 'telephony', run: finish },
  'telephony.externalcall.attachrecord': { scope: 'telephony', run: attachRecord },
  'telephony.externalcall.searchcrmentities': { scope: 'crm', run: searchCrmEntities },
  'telephony.externalline.get': { scope: 'telephony', run: externalLineGet },
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

/** [1.1] the `time` of every success. */
function timed(answer: Answer, now: () => number): Answer {
  if (answer.status !== 200) return answer;
  const seconds = now() / 1000;
  const time = { start: seconds, finish: seconds, duration: 0, processing: 0, operating: 0.1, operating_reset_at: Math.floor(seconds) + 600 };
  return { ...answer, body: { ...answer.body as object, time } };
}
