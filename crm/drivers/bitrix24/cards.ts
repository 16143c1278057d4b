/** Pop-ups: telephony.externalCall.show and .hide. Perishable: a card that fails is never worth a dead letter. */
import { z } from 'zod';
import type { Verdict } from '../../../core/verdict.ts';
import type { CallKey, Extension } from '../../../core/words.ts';
import { delivered, type Desk, skipped } from './desk.ts';
import type { CallNotes } from './memory.ts';
import type { Params } from './portal.ts';
import type { Reply } from './replies.ts';
import { reasonOf, verdictOf } from './verdicts.ts';

const CARD_MS = 5_000;

export interface Card { readonly call: CallKey; readonly extension: Extension }

/** The telephone rings: the card opens where it shall open that early. */
export async function ring(desk: Desk, card: Card, signal: AbortSignal): Promise<Verdict> {
  return desk.cards(card.extension) === 'answer' ? skipped(`the card of ${card.extension} opens when they talk`) : show(desk, card, signal);
}

/** Opens the card at this employee's screen, unless it is open, or he shall see none. */
export async function show(desk: Desk, { call, extension }: Card, signal: AbortSignal): Promise<Verdict> {
  const notes = desk.notes(call);
  const callId = notes.get('CALL_ID');
  if (callId === '') return skipped('the call is not registered at the portal');
  if (desk.cards(extension) === 'never') return skipped(`${extension} sees no cards`);
  const user = await desk.users.byExtension(extension, signal);
  if (user === null) return skipped(`no portal user has extension ${extension}`);
  const shown = shownTo(notes);
  // Who clicked a number had the portal's own card from then on; he may have closed it before the client answered.
  if (shown.includes(user) && notes.get('begun') !== String(user)) return delivered('the card is open');
  notes.set('begun', '');
  // Before the request: a card too many on the list costs a hide, a card that is not on it stays open.
  notes.write('shown', [...new Set([...shown, user])]);
  const reply = await desk.portal.ask('telephony.externalcall.show', { CALL_ID: callId, USER_ID: user }, { signal, timeoutMs: CARD_MS });
  return told(reply, [`card shown to user ${user}`, desk.users.note(extension)].filter((part) => part !== '').join('; '));
}

/** Closes the card at this employee's screen, if it may be open. */
export async function hide(desk: Desk, { call, extension }: Card, signal: AbortSignal): Promise<Verdict> {
  const notes = desk.notes(call);
  if (notes.get('CALL_ID') === '') return skipped('the call is not registered at the portal');
  const user = await desk.users.byExtension(extension, signal);
  if (user === null || !shownTo(notes).includes(user)) return skipped('no card is open there');
  return told(await hideUsers(desk, notes, [user], signal), `card hidden from user ${user}`);
}

/** The talk went to a colleague: his card opens even if the other one would not close. */
export async function handOver(desk: Desk, from: Card, to: Card, signal: AbortSignal): Promise<Verdict> {
  await hide(desk, from, signal);
  return show(desk, to, signal);
}

/** Whose cards are left when this user finishes: `finish` closes the finisher's alone (1.6). */
export const othersThan = (notes: CallNotes, user: number | null): readonly number[] => shownTo(notes).filter((one) => one !== user);

export const hideParams = (notes: CallNotes, users: readonly number[]): Params =>
  ({ CALL_ID: notes.get('CALL_ID'), USER_ID: users.length === 1 ? users[0] : users });

async function hideUsers(desk: Desk, notes: CallNotes, users: readonly number[], signal: AbortSignal): Promise<Reply> {
  const reply = await desk.portal.ask('telephony.externalcall.hide', hideParams(notes, users), { signal, timeoutMs: CARD_MS });
  if (reply.ok) hidden(notes, users);
  return reply;
}

export const hidden = (notes: CallNotes, users: readonly number[]): void => notes.write('shown', shownTo(notes).filter((user) => !users.includes(user)));

function shownTo(notes: CallNotes): readonly number[] {
  const list = z.array(z.number().int()).safeParse(notes.read('shown'));
  return list.success ? list.data : [];
}

/** `result: false` means that the call is unknown or over (1.5): nothing is left to show. */
function told(reply: Reply, note: string): Verdict {
  if (reply.ok) return delivered(reply.result === false ? 'the portal has no such call any more' : note);
  const verdict = verdictOf(reply);
  return verdict.kind === 'refused' ? skipped(reasonOf(reply)) : verdict;
}
