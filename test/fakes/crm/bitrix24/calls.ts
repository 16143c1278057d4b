/** register or a click, show, hide, finish: the life of a call at the portal, with what the real one refuses. Longer, because the rules stand together. */
import { randomBytes } from 'node:crypto';
import type { Answer } from '../stand-in.ts';
import { flagOf, intOf, type Params, textOf } from './params.ts';
import { phoneKey, type PortalCall, type PortalState, type PortalUser } from './state.ts';

export const ok = (result: unknown): Answer => ({ status: 200, body: { result } });
/** [1.4, 1.7] errors of the telephony methods are 400 `ERROR_CORE`; older servers leave the code empty. */
export const refuse = (description: string, code = 'ERROR_CORE', status = 400): Answer => ({ status, body: { error: code, error_description: description } });

const REREGISTER_MS = 30 * 60 * 1000;
/** ISO-8601 *with* offset [1.4]. */
const DATED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:?\d\d|Z)$/;

const active = (state: PortalState, fits: (user: PortalUser) => boolean): PortalUser | undefined =>
  state.users.find((user) => user.active !== false && fits(user));

/** [1.4, 1.6] USER_ID or USER_PHONE_INNER; an empty USER_ID next to the other is not "no USER_ID": the portal looks for user 0. */
function userOf(state: PortalState, params: Params): PortalUser | Answer {
  if ('USER_ID' in params) return active(state, (user) => user.id === intOf(params['USER_ID'])) ?? refuse('User is not found or is not active');
  const inner = textOf(params['USER_PHONE_INNER']);
  if (inner === '') return refuse('USER_ID or USER_PHONE_INNER should be set');
  return active(state, (user) => user.extension === inner) ?? refuse('User is not found or is not active');
}

export function register(state: PortalState, params: Params): Answer {
  const user = userOf(state, params);
  if ('status' in user) return user;
  const bad = badRegister(params);
  if (bad !== null) return bad;
  const fresh = draft(state, params, user);
  const known = state.calls.find((call) => isSame(call, fresh, state.now()));
  const call = known ?? fresh;
  call.registers++;
  if (known === undefined) state.calls.push(call);
  const created = known === undefined ? link(state, call) : null;
  // [1.1, 1.4] an empty map is `[]`; CRM_CREATED_LEAD is an id or null.
  return ok({
    CALL_ID: call.callId, CRM_CREATED_LEAD: created, CRM_CREATED_ENTITIES: created === null ? [] : [{ ENTITY_TYPE: 'LEAD', ENTITY_ID: created }],
    CRM_ENTITY_TYPE: call.entity?.type ?? null, CRM_ENTITY_ID: call.entity?.id ?? null,
  });
}

/** [1.4] the four refusals of register, in the server's order. */
function badRegister(params: Params): Answer | null {
  const type = intOf(params['TYPE']);
  if (type === null || type < 1 || type > 5) return refuse('Unknown TYPE');
  if (params['CALL_START_DATE'] !== undefined && !isDate(textOf(params['CALL_START_DATE']))) return refuse('CALL_START_DATE should be in the ISO-8601 format');
  return /^\+?\d{2,20}$/.test(textOf(params['PHONE_NUMBER'])) ? null : refuse('Unsupported phone number format');
}

const isDate = (text: string): boolean => DATED.test(text) && !Number.isNaN(Date.parse(text));

function draft(state: PortalState, params: Params, user: PortalUser): PortalCall {
  const phone = textOf(params['PHONE_NUMBER']);
  const startDate = textOf(params['CALL_START_DATE']);
  return {
    callId: `externalCall.${randomBytes(16).toString('hex')}.${Math.floor(state.now() / 1000)}`,
    externalCallId: textOf(params['EXTERNAL_CALL_ID']), phone, type: intOf(params['TYPE']) ?? 0, userId: user.id,
    line: textOf(params['LINE_NUMBER']), startDate, startedAt: startDate === '' ? state.now() : Date.parse(startDate),
    crmCreate: flagOf(params['CRM_CREATE']) === true, addToChat: flagOf(params['ADD_TO_CHAT']) ?? true,
    // [1.4] a client's number that is an active user's extension makes the call internal: no CRM.
    internal: active(state, (one) => one.extension === phone) !== undefined,
    entity: null, registers: 0, finishes: 0, finish: null, records: [], shown: [],
    // [1.4] SHOW is 1 unless told otherwise.
    cards: new Set(flagOf(params['SHOW']) === false ? [] : [user.id]),
  };
}

/** A user clicked a number. */
export interface Click {
  /** Whose screen: an active user. */
  readonly userId: number;
  /** Default `''`: as good as a call of which nobody knows the number. */
  readonly phone?: string;
  /** Default: a fresh one. */
  readonly callId?: string;
}

/** [1.13] the portal registers a click-to-call itself, without an EXTERNAL_CALL_ID [1.11], and opens the card of who clicked. */
export function begin(state: PortalState, { userId, phone = '', callId }: Click): PortalCall {
  const user = active(state, (one) => one.id === userId);
  if (user === undefined) throw new Error(`nobody who could click: user ${userId}`);
  const call: PortalCall = { ...draft(state, { PHONE_NUMBER: phone, TYPE: 1 }, user), ...(callId === undefined ? {} : { callId }) };
  link(state, call);
  state.calls.push(call);
  return call;
}

/** [1.4] re-registration: five equal fields, unfinished, and the 30 minutes are counted from CALL_START_DATE. */
function isSame(call: PortalCall, fresh: PortalCall, now: number): boolean {
  return call.finish === null && call.phone === fresh.phone && call.type === fresh.type && call.userId === fresh.userId && call.line === fresh.line
    && call.externalCallId === fresh.externalCallId && now - call.startedAt <= REREGISTER_MS;
}

/** [1.4] finds the contact, or creates a lead when asked to; an unknown LINE_NUMBER becomes a line. Returns the lead's id. */
function link(state: PortalState, call: PortalCall): number | null {
  if (call.line !== '' && !state.lines.some((line) => line.number === call.line)) state.lines.push({ number: call.line });
  if (call.internal) return null;
  const found = state.contacts.find((contact) => phoneKey(contact.phone) === phoneKey(call.phone));
  if (found !== undefined) call.entity = { type: found.type, id: found.id };
  const line = state.lines.find((one) => one.number === call.line);
  if (found !== undefined || !call.crmCreate || (call.type === 1 && line?.autoCreate === false)) return null;
  const id = state.nextId();
  state.contacts.push({ id, type: 'LEAD', name: `${call.phone} - Call`, phone: call.phone, responsible: call.userId });
  call.entity = { type: 'LEAD', id };
  return id;
}

/** [1.5] USER_ID is one or many, default who registered; `false` when the call is unknown or finished. */
export function card(state: PortalState, what: 'show' | 'hide', params: Params): Answer {
  const call = live(state, params);
  if (call === undefined) return ok(false);
  const asked = Array.isArray(params['USER_ID']) ? params['USER_ID'] as unknown[] : [params['USER_ID'] ?? call.userId];
  const users = asked.flatMap((user) => intOf(user) ?? []);
  call.shown.push({ what, users });
  users.forEach((user) => what === 'show' ? call.cards.add(user) : call.cards.delete(user));
  return ok(true);
}

const live = (state: PortalState, params: Params): PortalCall | undefined =>
  state.calls.find((call) => call.callId === params['CALL_ID'] && call.finish === null);

/** [1.6] the first finish wins: the live call's row is deleted with it. */
export function finish(state: PortalState, params: Params): Answer {
  if (typeof params['CALL_ID'] !== 'string') return refuse('CALL_ID must be a string', 'INVALID_ARGUMENT');
  const call = live(state, params);
  if (call === undefined) return refuse('Call is not found (call should be registered prior to finishing)');
  const user = userOf(state, params);
  if ('status' in user) return user;
  const duration = intOf(params['DURATION'] ?? 0) ?? 0;
  const code = textOf(params['STATUS_CODE']);
  call.finishes++;
  call.finish = {
    userId: user.id, duration, statusCode: code === '' ? (duration > 0 ? '200' : '304') : code,
    failedReason: textOf(params['FAILED_REASON']), addToChat: flagOf(params['ADD_TO_CHAT']), activityId: state.nextId(),
  };
  // [1.6] only the finisher's own card closes.
  call.cards.delete(user.id);
  return ok(finished(call, call.finish));
}

/** [1.6] INCOMING carries TYPE, ids come as text, CALL_START_DATE as an empty object; CALL_STATUS is 1 only where somebody talked. */
function finished(call: PortalCall, end: NonNullable<PortalCall['finish']>): Record<string, unknown> {
  return {
    ID: String(end.activityId), CALL_ID: call.callId, EXTERNAL_CALL_ID: call.externalCallId, PORTAL_USER_ID: end.userId, PHONE_NUMBER: call.phone,
    PORTAL_NUMBER: call.line, INCOMING: String(call.type), CALL_DURATION: end.duration, CALL_START_DATE: {}, CALL_STATUS: end.duration > 0 ? 1 : 0,
    CALL_FAILED_CODE: end.statusCode, CALL_FAILED_REASON: end.failedReason, CRM_ACTIVITY_ID: end.activityId,
    CRM_ENTITY_TYPE: call.entity?.type ?? null, CRM_ENTITY_ID: call.entity?.id ?? null,
  };
}
