/** telephony.externalCall.finish: the record of the call, once. The first finish wins; a second says "Call is not found" (1.6). */
import { z } from 'zod';
import type { CallEnded } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Extension } from '../../../core/words.ts';
import { finishedCall, listOf } from './answers.ts';
import { hidden, hideParams, othersThan } from './cards.ts';
import { delivered, type Desk, skipped, untellable, type Who } from './desk.ts';
import type { CallNotes } from './memory.ts';
import type { Params } from './portal.ts';
import type { Reply } from './replies.ts';
import { callIdOf } from './registration.ts';
import { failedReason, statusCode } from './status.ts';
import { Told } from '../../told.ts';
import { isAmbiguous, isCallUnknown, isTransient, isUserRefused, type Refusal, verdictOf } from './verdicts.ts';

const FINISH = 'telephony.externalcall.finish';

/** Tells the end of a call, registering it first where the offer never arrived. */
export async function finish(desk: Desk, fact: CallEnded, signal: AbortSignal): Promise<Verdict> {
  const notes = desk.notes(fact.call);
  if (notes.get('finished') !== '') return delivered('finished before');
  // A call that the portal knows is finished whatever it turned into: its card would stay open.
  const reason = notes.get('CALL_ID') === '' ? untellable(desk, fact, notes) : null;
  return reason === null ? attempt(desk, { fact, notes, again: true }, signal) : untold(notes, reason);
}

/** The recording must know, or it would wait for the call for ever. */
function untold(notes: CallNotes, reason: string): Verdict {
  notes.set('skipped', reason);
  return skipped(reason);
}

interface Telling { readonly fact: CallEnded; readonly notes: CallNotes; /** May the call be registered anew? */ readonly again: boolean }

async function attempt(desk: Desk, telling: Telling, signal: AbortSignal): Promise<Verdict> {
  const { fact, notes } = telling;
  const callId = await callIdOf(desk, fact, offeredTo(fact), signal);
  const maybeApplied = notes.get('finishing') !== '';
  for await (const who of finishers(desk, fact, notes, signal)) {
    notes.write('finishing', who);
    const reply = await close(desk, notes, { who, params: paramsOf(callId, fact, who) }, signal);
    if (!reply.ok && isUserRefused(reply)) continue;
    if (!reply.ok && isCallUnknown(reply)) return lost(desk, telling, { callId, maybeApplied, refusal: reply }, signal);
    if (!reply.ok && !maybeApplied && !isAmbiguous(reply)) notes.set('finishing', '');
    return settle(telling, callId, reply);
  }
  if (!maybeApplied) notes.set('finishing', '');
  return { kind: 'refused', reason: 'no active portal user to finish this call: set `defaultUser`, or give the employee a portal user' };
}

/** The cards of all others close in the same request. Whatever the portal says of them, the call is more important. */
async function close({ portal }: Desk, notes: CallNotes, { who, params }: { who: Who; params: Params }, signal: AbortSignal): Promise<Reply> {
  const users = othersThan(notes, 'USER_ID' in who ? who.USER_ID : null);
  if (users.length === 0) return portal.ask(FINISH, params, { signal });
  const hide = { name: 'hide', method: 'telephony.externalcall.hide', params: hideParams(notes, users) } as const;
  const replies = await portal.batch([hide, { name: 'finish', method: FINISH, params }], { signal, chief: FINISH });
  if (replies.hide.ok) hidden(notes, users);
  return replies.finish;
}

function settle({ fact, notes }: Telling, callId: string, reply: Reply): Verdict {
  if (!reply.ok) return verdictOf(reply);
  return done(notes, `${callId} finished ${statusCode(fact)}, ${fact.talkSeconds} s`);
}

function done(notes: CallNotes, note: string): Verdict {
  notes.set('finished', '1');
  return delivered(note);
}

function paramsOf(callId: string, fact: CallEnded, who: Who): Params {
  const why = failedReason(fact);
  return {
    CALL_ID: callId,
    ...who,
    DURATION: fact.talkSeconds,
    STATUS_CODE: statusCode(fact),
    ...(why === '' ? {} : { FAILED_REASON: why }),
    // Always sent: the documented default is 1, the server's is 0 (1.6).
    ADD_TO_CHAT: 0,
  };
}

const offeredTo = (fact: CallEnded): Extension | null => fact.owner ?? fact.rang.at(-1) ?? null;

/** Who finishes: the last who talked, else the last who rang, the contact's responsible, the default user, whoever it was registered for. */
async function* finishers(desk: Desk, fact: CallEnded, notes: CallNotes, signal: AbortSignal): AsyncGenerator<Who> {
  const tried = new Set<number>();
  for (const extension of new Set([fact.owner, fact.rang.at(-1) ?? null])) {
    const id = extension === null ? null : await desk.users.byExtension(extension, signal);
    if (id !== null && !tried.has(id)) { tried.add(id); yield { USER_ID: id }; }
  }
  const registrant = z.looseObject({ USER_ID: z.number() }).safeParse(notes.read('registering'));
  for (const id of [Number(notes.get('responsible')), desk.settings.defaultUser ?? 0, registrant.success ? registrant.data.USER_ID : 0]) {
    if (id > 0 && !tried.has(id)) { tried.add(id); yield { USER_ID: id }; }
  }
  const extension = offeredTo(fact);
  if (extension !== null) yield { USER_PHONE_INNER: extension };
}

interface Loss { readonly callId: string; readonly maybeApplied: boolean; readonly refusal: Refusal }

/**
 * "Call is not found": either an earlier finish of ours arrived and its answer was lost, or the portal forgot the live call. The call
 * statistics know; without the right to read them, an earlier attempt decides. A forgotten call is registered anew, once: a call told
 * late is better than a call lost.
 */
async function lost(desk: Desk, telling: Telling, loss: Loss, signal: AbortSignal): Promise<Verdict> {
  const { fact, notes, again } = telling;
  const recorded = await isRecorded(desk, loss.callId, signal);
  if (recorded === true) return done(notes, `${loss.callId} was finished before; the statistics have it`);
  if (recorded === null && loss.maybeApplied) return done(notes, `${loss.callId} was finished before, as far as the portal lets us see`);
  if (!again) return verdictOf(loss.refusal);
  if (loss.callId === fact.callId) notes.set('strange', loss.callId);
  notes.set('CALL_ID', '');
  notes.set('registering', '');
  notes.set('finishing', '');
  const reason = untellable(desk, fact, notes);
  return reason === null ? attempt(desk, { ...telling, again: false }, signal) : untold(notes, reason);
}

/** Is the call in the statistics? Null when we may not look (403 without the right "call statistics: view", 1.11). */
async function isRecorded(desk: Desk, callId: string, signal: AbortSignal): Promise<boolean | null> {
  const reply = await desk.portal.ask('voximplant.statistic.get', { FILTER: { CALL_ID: callId } }, { signal });
  if (!reply.ok && isTransient(reply)) throw new Told(verdictOf(reply));
  return reply.ok ? listOf(finishedCall, reply.result).some((call) => call.CALL_ID === callId) : null;
}
