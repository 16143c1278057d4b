/** telephony.externalCall.register: giving the call its CALL_ID, once, however often the answer is lost; or taking over the portal's own. */
import { z } from 'zod';
import type { Extension } from '../../../core/words.ts';
import { registered } from './answers.ts';
import { type Describing, type Desk, isBegunThere, phoneOf, untellable, skipped, type Who } from './desk.ts';
import type { CallNotes } from './memory.ts';
import type { Params, Reply } from './portal.ts';
import { isTransient, isUserRefused, Told, verdictOf } from './verdicts.ts';

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
  const reason = untellable(fact, notes);
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

interface Ask { readonly fact: Describing; readonly extension: Extension | null; readonly notes: CallNotes }

async function first(desk: Desk, ask: Ask, signal: AbortSignal): Promise<Reply> {
  for await (const who of candidates(desk, ask, signal)) {
    const params = paramsOf(desk, ask.fact, who);
    ask.notes.write('registering', params);
    const reply = await send(desk, params, signal);
    if (reply.ok || !isUserRefused(reply)) return reply;
    if ('USER_ID' in who) desk.users.forget(who.USER_ID);
  }
  ask.notes.set('registering', '');
  throw new Told({ kind: 'refused', reason: 'no active portal user for this call: set `defaultUser`, or give the employee a portal user' });
}

const send = (desk: Desk, params: Params, signal: AbortSignal): Promise<Reply> =>
  desk.portal.ask('telephony.externalcall.register', params, { signal });

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

function paramsOf({ settings }: Desk, fact: Describing, who: Who): Params {
  const line = (settings.lineNumber ?? fact.line).slice(0, LINE_LENGTH);
  return {
    ...who,
    PHONE_NUMBER: phoneOf(fact.client.number),
    TYPE: fact.direction === 'outbound' ? OUTGOING : INCOMING,
    CALL_START_DATE: isoWithOffset(fact.startedAt),
    CRM_CREATE: settings.createLead ? 1 : 0,
    ...(settings.sourceId === undefined ? {} : { CRM_SOURCE: settings.sourceId }),
    SHOW: 0,
    ADD_TO_CHAT: 0,
    ...(line === '' ? {} : { LINE_NUMBER: line }),
    EXTERNAL_CALL_ID: fact.linkedid,
  };
}

/** `2026-09-01T07:15:00+00:00`: whole seconds and a numeric offset, as PHP's DATE_ATOM reads it; `.000Z` is refused by older servers. */
export const isoWithOffset = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, '+00:00');

/**
 * Whose call it is, the best first, asking the portal no more than needed. Inbound: the contact's responsible, the employee who rings,
 * the default user, the bare extension. Outbound the employee who dials comes first: it is his call, whoever owns the contact.
 */
async function* candidates(desk: Desk, { fact, extension, notes }: Ask, signal: AbortSignal): AsyncGenerator<Who> {
  const responsible = (): Promise<number | null> => responsibleOf(desk, fact, notes, signal);
  const employee = async (): Promise<number | null> => (extension === null ? null : desk.users.byExtension(extension, signal));
  const order = fact.direction === 'outbound' ? [employee, responsible] : [responsible, employee];
  const tried = new Set<number>();
  for (const find of [...order, () => Promise.resolve(desk.settings.defaultUser ?? null)]) {
    const id = await find();
    if (id !== null && !tried.has(id)) { tried.add(id); yield { USER_ID: id }; }
  }
  if (extension !== null) yield { USER_PHONE_INNER: extension };
}

/** Without the crm right the contact stays unknown, but the call can be told: only the network's silence makes it wait. */
async function responsibleOf(desk: Desk, fact: Describing, notes: CallNotes, signal: AbortSignal): Promise<number | null> {
  const search = await desk.contacts.find(fact.client.number, signal);
  if (!search.ok && isTransient(search)) throw new Told(verdictOf(search));
  const responsible = search.ok ? search.entity?.ASSIGNED_BY_ID ?? null : null;
  if (responsible !== null) notes.set('responsible', String(responsible));
  return responsible;
}
