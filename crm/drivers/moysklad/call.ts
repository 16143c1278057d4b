/**
 * The facts of a call in MoySklad's words (crm-contracts 4.2). Filled fields are not overwritten, so whose call it was and how long they talked is told at the end, when
 * it is known, and `comment`, which belongs to people, never. `endTime` beats `duration` and would count the ringing: the talk alone is told, as `duration`.
 */
import type { CallEnded, CallOffered, RecordingReady } from '../../../core/facts.ts';
import { PERISH_MS } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { delivered, type Desk, later, moscowTime, named, phoneOf, skipped, untellable } from './desk.ts';
import { type CallNotes, notesOf } from './notes.ts';
import { complete, type Fields, type Sound, tell, type Telling } from './record.ts';
import { verdictOf } from './verdicts.ts';

export async function offered(desk: Desk, fact: CallOffered, signal: AbortSignal): Promise<Verdict> {
  const notes = notesOf(desk.tools.memory(fact.call));
  const reason = untellable(desk, fact);
  if (reason !== null) return skipped(reason);
  if (notes.get('call') === 'yes') return delivered('the call is there');
  const reply = await tell(desk, { ...aboutOf(desk, fact, notes), fields: {}, sound: null, first: { ...firstOf(desk, fact), ...showingOf(desk, fact, notes) } }, signal);
  return reply.ok ? delivered('the call is there') : verdictOf(reply);
}

/** The card comes with the call, but not hours later with a delivery that had to wait: then whoever rings shows it, or nobody. */
function showingOf(desk: Desk, { extension, at, direction }: CallOffered, notes: CallNotes): Fields {
  const young = desk.tools.clock.now() - at <= PERISH_MS;
  if (!young || direction === 'outbound' || notes.get('call') !== '' || desk.tools.cards(extension) !== 'ringing') return {};
  notes.add('cards', extension);
  return { events: [{ eventType: 'SHOW', sequence: notes.next(), ...named(desk, extension) }] };
}

export async function ended(desk: Desk, fact: CallEnded, signal: AbortSignal): Promise<Verdict> {
  const notes = notesOf(desk.tools.memory(fact.call));
  if (notes.get('ended') !== '') return delivered('told before');
  const reason = notes.get('call') === '' ? untellable(desk, fact) : null;
  if (reason !== null) {
    notes.set('skipped', reason);
    return skipped(reason);
  }
  const sound = soundOf(desk, fact);
  const reply = await tell(desk, { ...aboutOf(desk, fact, notes), first: firstOf(desk, fact), fields: fieldsOf(desk, fact, notes), sound }, signal);
  if (!reply.ok) return verdictOf(reply);
  notes.set('ended', 'yes');
  notes.clear('cards');
  return delivered(sound === null ? 'told, without a recording' : 'told, with a link to its recording');
}

/** The link of a recording that was not told with its call: a gap, or a second sound file. */
export async function recordingReady(desk: Desk, fact: RecordingReady, signal: AbortSignal): Promise<Verdict> {
  const notes = notesOf(desk.tools.memory(fact.call));
  if (notes.get('skipped') !== '') return skipped(`MoySklad does not have the call: ${notes.get('skipped')}`);
  if (notes.has('linked', fact.recording)) return skipped('the link was told with the call');
  const link = desk.tools.link(fact.recording);
  if (link === null) return skipped('nobody outside can open recordings: `web.publicUrl` is not set');
  if (notes.get('ended') === '') return later('the call is not yet told to MoySklad');
  const reply = await complete(desk, { externalId: fact.linkedid, notes, key: '', first: {}, fields: {}, sound: { id: fact.recording, link } }, signal);
  return reply.ok ? delivered('link to the recording told') : verdictOf(reply);
}

const aboutOf = (desk: Desk, fact: CallOffered | CallEnded, notes: CallNotes): Pick<Telling, 'externalId' | 'notes' | 'key'> =>
  ({ externalId: fact.linkedid, notes, key: desk.tools.numbers.key(fact.client.number, fact.line) });

const firstOf = (desk: Desk, fact: CallOffered | CallEnded): Fields =>
  ({ externalId: fact.linkedid, number: phoneOf(desk, fact), isIncoming: fact.direction !== 'outbound', startTime: moscowTime(fact.startedAt) });

/** A call that nobody talked in has a duration of 0: that is how MoySklad tells a missed one. */
function fieldsOf(desk: Desk, { owner, talkSeconds, outcome }: CallEnded, notes: CallNotes): Fields {
  const duration = outcome === 'answered' ? talkSeconds * 1000 : 0;
  const open = notes.isEmpty('cards') ? {} : { events: [{ eventType: 'HIDE_ALL', sequence: notes.next() }] };
  return { duration, ...owner === null ? {} : named(desk, owner), ...open };
}

/** Who talked has a recording; of several files the last is with the last owner, and the others follow when they are ready. */
function soundOf({ tools }: Desk, { outcome, recordings }: CallEnded): Sound | null {
  const id = outcome === 'answered' ? recordings?.at(-1) : undefined;
  const link = id === undefined ? null : tools.link(id);
  return id === undefined || link === null ? null : { id, link };
}
