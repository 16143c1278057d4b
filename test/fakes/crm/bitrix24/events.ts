/** Events [1.13]: event.bind, the queue of offline events, and the body that the portal posts. */
import { randomBytes } from 'node:crypto';
import type { Answer } from '../stand-in.ts';
import { ok, refuse } from './calls.ts';
import { mapOf, type Params, textOf } from './params.ts';

export interface QueuedEvent { readonly id: number; readonly at: number; readonly name: string; readonly data: Params | false; readonly message: string; process: string }
export interface EventState {
  readonly bound: { readonly event: string; readonly type: string; readonly handler: string }[];
  readonly queue: QueuedEvent[];
  /** Unconfirmed: whether `event.offline.get` names a process where it does not clear. */
  readonly process: 'named' | 'null';
  /** Unconfirmed: what a second event.bind of the same says. */
  readonly rebind: 'accepted' | 'refused';
  readonly admin: boolean;
  readonly now: () => number;
  readonly nextId: () => number;
}

const EVENTS = new Set(['ONEXTERNALCALLSTART', 'ONEXTERNALCALLBACKSTART', 'ONAPPUNINSTALL',
  ...['CONTACT', 'COMPANY', 'LEAD'].flatMap((what) => ['ADD', 'UPDATE', 'DELETE'].map((change) => `ONCRM${what}${change}`))]);
const noAdmin = (): Answer => refuse('Access denied!', 'ACCESS_DENIED', 403);

export function bind(state: EventState, params: Params): Answer {
  const [event, type, handler] = [textOf(params['event']).toUpperCase(), textOf(params['event_type']) || 'online', textOf(params['handler'])];
  if (!EVENTS.has(event)) return refuse('Event not found', 'ERROR_EVENT_NOT_FOUND');
  if (type === 'offline' && !state.admin) return noAdmin();
  if (type !== 'offline' && !/^https?:\/\//.test(handler)) return refuse('Wrong handler URL', 'ERROR_ARGUMENT');
  const there = state.bound.some((one) => one.event === event && one.type === type && one.handler === handler);
  if (there && state.rebind === 'refused') return refuse('Handler already binded', 'ERROR_CORE');
  if (!there) state.bound.push({ event, type, handler });
  return ok(true);
}

/** Those that no process has taken; `clear=0` marks them for one, and they are not handed out again. */
export function offlineGet(state: EventState, params: Params): Answer {
  if (!state.admin) return noAdmin();
  const only = textOf(mapOf(params['filter'])['=ID']);
  const limit = Number(textOf(params['limit']) || 50);
  const again = textOf(params['process_id']);
  const clears = textOf(params['clear']) !== '0';
  const open = state.queue.filter((one) => (only === '' || String(one.id) === only) && (one.process === again || only !== '')).slice(0, limit);
  const process = clears || state.process === 'null' ? null : again || randomBytes(8).toString('hex');
  if (clears) state.queue.splice(0, Infinity, ...state.queue.filter((one) => !open.includes(one)));
  else if (process !== null) open.forEach((one) => { one.process = process; });
  return ok({ process_id: process, events: open.map(row) });
}

export function offlineClear(state: EventState, params: Params): Answer {
  const process = textOf(params['process_id']);
  if (process === '') return refuse('Required parameter process_id is missing', 'ERROR_ARGUMENT');
  const listed = (name: string): readonly string[] | null => (Array.isArray(params[name]) ? (params[name] as unknown[]).map(textOf) : null);
  const [ids, messages] = [listed('id'), listed('message_id')];
  const named = ({ id, message }: QueuedEvent): boolean => (ids === null ? messages?.includes(message) ?? true : ids.includes(String(id)));
  state.queue.splice(0, Infinity, ...state.queue.filter((one) => one.process !== process || !named(one)));
  return ok(true);
}

/** Reads without marking anything. */
export const offlineList = (state: EventState): Answer =>
  (state.admin ? ok(state.queue.slice(0, 50).map((one) => ({ ...row(one), PROCESS_ID: one.process, ERROR: '0' }))) : noAdmin());

const row = ({ id, at, name, data, message }: QueuedEvent): Params =>
  ({ ID: String(id), TIMESTAMP_X: new Date(at).toISOString().replace(/\.\d{3}Z$/, '+00:00'), EVENT_NAME: name, EVENT_DATA: data, EVENT_ADDITIONAL: false, MESSAGE_ID: message });

export function queue(state: EventState, name: string, data: Params | false, message = randomBytes(8).toString('hex')): void {
  state.queue.push({ id: state.nextId(), at: state.now(), name, data, message, process: '' });
}

/** [1.13] urlencoded with PHP's brackets, every value a text. */
export function eventBody(name: string, data: Params, auth: Params, ts: number): string {
  const pairs = (prefix: string, map: Params): [string, string][] => Object.entries(map).flatMap(([key, value]) =>
    (typeof value === 'object' && value !== null ? pairs(`${prefix}[${key}]`, value as Params) : [[`${prefix}[${key}]`, String(value)] as [string, string]]));
  return new URLSearchParams([['event', name], ['event_handler_id', '12'], ...pairs('data', data), ['ts', String(ts)], ...pairs('auth', auth)]).toString();
}
