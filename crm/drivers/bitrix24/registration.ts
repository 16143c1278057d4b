/** telephony.externalCall.register: giving the call its CALL_ID, once, however often the answer is lost; or taking over the portal's own. */
import { z } from 'zod';
import { PERISH_MS } from '../../../core/facts.ts';
import type { Extension } from '../../../core/words.ts';
import { registered } from './answers.ts';
import { type Describing, type Desk, isBegunThere, phoneOf, untellable, skipped, type Who } from './desk.ts';
import type { CallNotes } from './memory.ts';
import type { Params } from './portal.ts';
import type { Reply } from './replies.ts';
import { type Ask, candidates } from './owners.ts';
import type { Settings } from './settings.ts';
import { Told } from '../../told.ts';
import { isUserRefused, verdictOf } from './verdicts.ts';

/** TYPE (1.4). */
const OUTGOING = 1;
const INCOMING = 2;
/** The portal keeps so many characters of a line (1.4). */
const LINE_LENGTH = 50;

/** The portal's CALL_ID of this call, registering it if need be. Throws `Told` when it cannot be had now, or ever. */
export async function callIdOf(desk: Desk, fact: Describing, extension: Extension | null, signal: AbortSignal): Promise<string> {
  const notes = desk.notes(fact.call);
  const known = notes.get('CALL_ID');
  if (known !== '') return known;
  if (isBegunThere(fact, notes)) return await takeOver(desk, { fact, extension, notes }, signal);
  const reason = untellable(desk, fact, notes);
  if (reason !== null) throw new Told(skipped(reason));
  const reply = await repeat(desk, notes, signal) ?? await first(desk, { fact, extension, notes }, signal);
  return conclude(notes, reply);
}

/** A click-to-call is registered by the portal, which opened the card of who clicked: registering it again would make two calls of it (1.13). */
async function takeOver(desk: Desk, { fact, extension, notes }: Ask, signal: AbortSignal): Promise<string> {
  const clicker = fact.kind === 'call-ended' ? fact.rang[0] ?? fact.talked[0] ?? extension : extension;
  const user = clicker === null ? null : await desk.users.byExtension(clicker, signal);
  if (user !== null) {
    notes.set('begun', String(user));
    notes.write('shown', [user]);
  }
  notes.set('CALL_ID', fact.callId);
  return fact.callId;
}

/**
 * A register whose answer was lost is repeated letter by letter: within 30 minutes the portal then gives the same CALL_ID. Later it
 * gives another, and the first is a registration without a finish, of which the portal makes no activity. Null = start afresh.
 */
async function repeat(desk: Desk, notes: CallNotes, signal: AbortSignal): Promise<Reply | null> {
  const frozen = z.record(z.string(), z.unknown()).safeParse(notes.read('registering'));
  if (!frozen.success) return null;
  const reply = await send(desk, frozen.data, signal);
  return !reply.ok && isUserRefused(reply) ? null : reply;
}

async function first(desk: Desk, ask: Ask, signal: AbortSignal): Promise<Reply> {
  for await (const who of candidates(desk, ask, signal)) {
    const params = paramsOf(desk, ask.fact, who);
    ask.notes.write('registering', params);
    const reply = await opening(desk, ask, params, signal);
    if (reply.ok || !isUserRefused(reply)) return reply;
    if ('USER_ID' in who) desk.users.forget(who.USER_ID);
  }
  ask.notes.set('registering', '');
  throw new Told({ kind: 'refused', reason: 'no active portal user for this call: set `defaultUser`, or give the employee a portal user' });
}

/**
 * The first telephone rings already when its call is offered: its card opens in the same request, unless the news is old. The ring itself, which comes next,
 * then finds it open. Written down before: if the answer is lost, the ring opens it once more, and the end closes it.
 */
async function opening(desk: Desk, { fact, extension, notes }: Ask, params: Params, signal: AbortSignal): Promise<Reply> {
  const user = await ringing(desk, fact, extension, signal);
  if (user === null) return send(desk, params, signal);
  notes.set('begun', String(user));
  notes.write('shown', [user]);
  const show = { name: 's', method: 'telephony.externalcall.show', params: { CALL_ID: '$result[r][CALL_ID]', USER_ID: user } } as const;
  const replies = await desk.portal.batch([{ name: 'r', method: REGISTER, params }, show], { signal, chief: REGISTER });
  if (replies.s.ok && replies.s.result === true) notes.set('begun', '');
  return replies.r;
}

/** Whose card opens with the registration, or null. */
async function ringing(desk: Desk, fact: Describing, extension: Extension | null, signal: AbortSignal): Promise<number | null> {
  if (fact.kind !== 'call-offered' || fact.direction !== 'inbound' || extension === null) return null;
  if (desk.cards(extension) !== 'ringing' || desk.clock.now() - fact.at > PERISH_MS) return null;
  return desk.users.byExtension(extension, signal);
}

const REGISTER = 'telephony.externalcall.register';
const send = (desk: Desk, params: Params, signal: AbortSignal): Promise<Reply> =>
  desk.portal.ask(REGISTER, params, { signal });

function conclude(notes: CallNotes, reply: Reply): string {
  if (!reply.ok) {
    const verdict = verdictOf(reply);
    // What is refused for good may be repaired in the config and tried again: not with the old parameters then.
    if (verdict.kind === 'refused') notes.set('registering', '');
    throw new Told(verdict);
  }
  const answer = registered.safeParse(reply.result);
  if (!answer.success) throw new Told({ kind: 'try-later', reason: 'the portal registered the call but named no CALL_ID', retryAfterMs: null });
  const { CALL_ID, CRM_ENTITY_TYPE, CRM_ENTITY_ID } = answer.data;
  if (CRM_ENTITY_TYPE !== null && CRM_ENTITY_ID !== null) notes.set('entity', `${CRM_ENTITY_TYPE} ${CRM_ENTITY_ID}`);
  notes.set('CALL_ID', CALL_ID);
  return CALL_ID;
}

function paramsOf({ settings, numbers }: Desk, fact: Describing, who: Who): Params {
  const line = (settings.lineNumber ?? fact.line).slice(0, LINE_LENGTH);
  const source = sourceOf(settings, [line, fact.line]);
  return {
    ...who,
    PHONE_NUMBER: phoneOf(numbers, fact.client.number, fact.line),
    TYPE: fact.direction === 'outbound' ? OUTGOING : INCOMING,
    CALL_START_DATE: isoWithOffset(fact.startedAt),
    CRM_CREATE: settings.createLead === true || settings.createLead === fact.direction ? 1 : 0,
    ...(source === undefined ? {} : { CRM_SOURCE: source }),
    SHOW: 0,
    ADD_TO_CHAT: 0,
    ...(line === '' ? {} : { LINE_NUMBER: line }),
    EXTERNAL_CALL_ID: fact.linkedid,
  };
}

/** CRM_SOURCE by the line, as somebody has written it: `+7495…` or `7495…`. */
function sourceOf({ sources, sourceId }: Settings, lines: readonly string[]): string | undefined {
  const plain = (line: string): string => line.replace(/\D/g, '') || line;
  return Object.entries(sources).find(([line]) => lines.some((one) => plain(one) === plain(line)))?.[1] ?? sourceId;
}

/** `2026-09-01T07:15:00+00:00`: whole seconds and a numeric offset, as PHP's DATE_ATOM reads it; `.000Z` is refused by older servers. */
export const isoWithOffset = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, '+00:00');
