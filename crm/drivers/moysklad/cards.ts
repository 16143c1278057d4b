/** POST /call/extid/…/event: cards on employees' screens (crm-contracts 4.2). SHOW and HIDE one, STARTTIME lets its timer run; the end hides the rest. */
import type { CallHandedOver, EmployeeReleased, EmployeeRinging, EmployeeTalking } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Extension } from '../../../core/words.ts';
import { delivered, type Desk, forgiving, named, skipped, untellable } from './desk.ts';
import { type CallNotes, notesOf } from './notes.ts';
import type { Reply } from './sklad.ts';
import { isTransient, isUnknownCall, verdictOf } from './verdicts.ts';

export type OnCard = EmployeeRinging | EmployeeReleased | EmployeeTalking | CallHandedOver;
type EventType = 'SHOW' | 'HIDE' | 'STARTTIME';
interface Scene { readonly desk: Desk; readonly fact: OnCard; readonly notes: CallNotes; readonly signal: AbortSignal }

/** A card that comes later than this disturbs more than it helps. */
const CARD_MS = 8_000;
const NO_CARDS = 'this employee sees no cards';

export async function card(desk: Desk, fact: OnCard, signal: AbortSignal): Promise<Verdict> {
  const scene: Scene = { desk, fact, notes: notesOf(desk.tools.memory(fact.call)), signal };
  const reason = untellable(desk, fact);
  if (reason !== null) return skipped(reason);
  switch (fact.kind) {
    case 'employee-ringing': return rings(scene, fact.extension);
    case 'employee-talking': return talks(scene, fact.extension);
    case 'employee-released': return hides(scene, fact.extension);
    case 'call-handed-over': return handsOver(scene, fact);
  }
}

async function rings(scene: Scene, extension: Extension): Promise<Verdict> {
  const mode = scene.desk.tools.cards(extension);
  if (mode === 'never') return skipped(NO_CARDS);
  if (mode === 'answer') return skipped('this employee\'s card opens with the talk');
  return scene.notes.has('cards', extension) ? delivered('the card is open') : show(scene, extension);
}

/** The timer belongs to the talk, not to the ringing. */
async function talks(scene: Scene, extension: Extension): Promise<Verdict> {
  if (!scene.notes.has('cards', extension)) {
    if (scene.desk.tools.cards(extension) === 'never') return skipped(NO_CARDS);
    const shown = await show(scene, extension);
    if (shown.kind !== 'delivered') return shown;
  }
  return verdict(await event(scene, 'STARTTIME', extension), `timer of ${extension}`);
}

async function hides(scene: Scene, extension: Extension): Promise<Verdict> {
  if (!scene.notes.has('cards', extension)) return skipped('no card is open there');
  const reply = await event(scene, 'HIDE', extension);
  if (reply.ok) scene.notes.remove('cards', extension);
  return verdict(reply, `hidden from ${extension}`);
}

async function handsOver(scene: Scene, { from, to }: CallHandedOver): Promise<Verdict> {
  const hidden = scene.notes.has('cards', from) ? await hides(scene, from) : delivered('nothing to hide');
  return hidden.kind === 'delivered' ? talks(scene, to) : hidden;
}

async function show(scene: Scene, extension: Extension): Promise<Verdict> {
  const reply = await event(scene, 'SHOW', extension);
  // It may have opened though the answer is lost: then it must be hidden, too.
  if (reply.ok || (reply.sent && isTransient(reply))) scene.notes.add('cards', extension);
  return verdict(reply, `shown to ${extension}`);
}

function event({ desk, fact, notes, signal }: Scene, eventType: EventType, extension: Extension): Promise<Reply> {
  return forgiving({ eventType, sequence: notes.next(), ...named(desk, extension) }, (body) => desk.sklad.event(fact.linkedid, body, { signal, timeoutMs: CARD_MS }));
}

/** A card that is refused is worth no dead letter. */
function verdict(reply: Reply, note: string): Verdict {
  if (reply.ok) return delivered(note);
  const said = verdictOf(reply);
  if (isUnknownCall(reply)) return skipped('MoySklad has not heard of the call yet');
  return said.kind === 'refused' ? skipped(`MoySklad takes no card: ${said.reason}`) : said;
}
