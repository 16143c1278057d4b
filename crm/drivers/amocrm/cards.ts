/**
 * Pop-ups: POST /api/v2/events (crm-contracts 2.7). Once for each operator, and never without naming one: amoCRM would show it to everybody. Nothing closes
 * a pop-up. It is told at most once: a second one on somebody's screen disturbs more than a missing one.
 */
import { z } from 'zod';
import type { CallHandedOver, EmployeeRinging, EmployeeTalking } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Extension } from '../../../core/words.ts';
import { type Desk, phoneOf, untellable } from './desk.ts';
import { delivered, isAmbiguous, skipped, verdictOf } from './verdicts.ts';

const CARD_MS = 5_000;
const users = z.array(z.number());

type OnCard = EmployeeRinging | EmployeeTalking | CallHandedOver;

/** Inbound with the ring or with the talk, as the rules of cards say; outbound with the talk: the employee knows whom he dials. */
export async function card(desk: Desk, fact: OnCard, signal: AbortSignal): Promise<Verdict> {
  const reason = untellable(desk, fact);
  if (reason !== null) return skipped(reason);
  const extension = fact.kind === 'call-handed-over' ? fact.to : fact.extension;
  const mode = desk.cards(extension);
  if (mode === 'never') return skipped(`${extension} sees no cards`);
  if (fact.kind === 'employee-ringing' && (mode === 'answer' || fact.direction === 'outbound')) return skipped(`the card of ${extension} opens when they talk`);
  return show(desk, fact, extension, signal);
}

async function show(desk: Desk, fact: OnCard, extension: Extension, signal: AbortSignal): Promise<Verdict> {
  const user = desk.people.userOf(extension);
  if (user === null) return skipped(`no user of amoCRM is named for ${extension}: write \`crm: { ${desk.tools.account}: <user id> }\` beside the employee`);
  const notes = desk.notes(fact.call);
  const shown = notes.read('shown', users) ?? [];
  if (shown.includes(user)) return delivered('the card was shown');
  notes.write('shown', [...shown, user]);
  const json = { add: [{ type: 'phone_call', phone_number: phoneOf(desk, fact), users: [user] }] };
  const reply = await desk.api.ask({ method: 'POST', path: '/api/v2/events', json, operation: 'popup', timeoutMs: CARD_MS }, signal);
  if (reply.ok) return delivered(`card shown to user ${user}`);
  if (!isAmbiguous(reply)) notes.write('shown', shown);
  const verdict = verdictOf(reply);
  return verdict.kind === 'refused' ? skipped(verdict.reason) : verdict;
}
