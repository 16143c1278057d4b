/**
 * A finished call, told once. What was asked is written down before it is asked. Where the answer was lost, the next try looks for the call (looking.ts)
 * before it asks again; where amoCRM has clearly not taken it, it is asked again at once.
 * Longer, because the ways of telling a call fall back on each other.
 */
import type { CallEnded } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { created, createdNote, embedded, isEntityMissing, loggedCall, type Unsorted, unsorted } from './answers.ts';
import { type Reply, strange } from './api.ts';
import { placeOf } from './contacts.ts';
import { asCall, asContact, asNote, asUnsorted, describe, type Description, isRussian } from './describing.ts';
import { type Desk, untellable } from './desk.ts';
import { CALL_NOTES, isGone, noteAt, placesOf, throwRefusal, unsortedWith } from './looking.ts';
import { type Asked, type CallNotes, type Place, PLACES } from './memory.ts';
import { Told } from '../../told.ts';
import { delivered, isAmbiguous, skipped, verdictOf } from './verdicts.ts';

interface Telling { readonly desk: Desk; readonly fact: CallEnded; readonly notes: CallNotes; readonly said: Description; readonly signal: AbortSignal }

export async function finish(desk: Desk, fact: CallEnded, signal: AbortSignal): Promise<Verdict> {
  const notes = desk.notes(fact.call);
  const reason = untellable(desk, fact);
  if (reason !== null) return skip(notes, reason);
  if (notes.get('told') !== '') return delivered('amoCRM has the call');
  const telling: Telling = { desk, fact, notes, said: describe(desk, fact), signal };
  const there = notes.get('asking') === '' ? null : await look(telling);
  if (there !== null) return told(telling, there.where, 'found there after a lost answer');
  notes.set('asking', '');
  return desk.settings.notes ? asOurNote(telling) : asTheirCall(telling);
}

function skip(notes: CallNotes, reason: string): Verdict {
  notes.set('skipped', reason);
  return skipped(reason);
}

/** `where` null: it has no card that we know of. */
function told({ notes, said }: Telling, where: Place | null, how: string): Verdict {
  if (said.link !== undefined) notes.set('link', 'yes');
  notes.write('told', where ?? 'no card');
  notes.set('asking', '');
  return delivered(where === null ? how : `${where.kind} ${where.id}: ${how}`);
}

/** Where the call stands already: among the unsorted, or on a card of the client. */
async function look({ desk, fact, said, signal }: Telling): Promise<{ readonly where: Place | null } | null> {
  const waiting = fact.direction === 'inbound' ? await unsortedWith(desk.api, (one) => isThisCall(desk, one, said), signal) : null;
  if (waiting !== null) return { where: placeOfUnsorted(waiting) };
  const found = await desk.contacts.find(said.phone, signal, { everybody: true });
  if ('ok' in found) return throwRefusal(found);
  const where = await noteAt(desk.api, { places: placesOf(found), types: CALL_NOTES, fits: (one) => one.params.uniq === said.uniq }, signal);
  return where === null ? null : { where };
}

/** By uniq; where amoCRM does not give it back, by number and moment. */
function isThisCall({ tools }: Desk, { metadata }: Unsorted, said: Description): boolean {
  if (metadata.uniq !== '') return metadata.uniq === said.uniq;
  return metadata.called_at === said.startedAt && tools.numbers.same(metadata.phone, said.phone);
}

function placeOfUnsorted({ _embedded: { contacts, leads } }: Unsorted): Place | null {
  const [contact, lead] = [contacts[0], leads[0]];
  if (contact !== undefined) return { kind: 'contacts', id: contact.id };
  return lead === undefined ? null : { kind: 'leads', id: lead.id };
}

/** Writes down, asks. A refusal that may hide a yes leaves the note for the next try. */
async function post({ desk, notes, signal }: Telling, how: Asked, path: string, item: object): Promise<Reply> {
  notes.set('asking', how);
  const reply = await desk.api.ask({ method: 'POST', path, json: [item], operation: `${how}.add` }, signal);
  if (!reply.ok && !isAmbiguous(reply)) notes.set('asking', '');
  return reply;
}

/** amoCRM decides where the call belongs: POST /calls. */
async function asTheirCall(telling: Telling): Promise<Verdict> {
  const where = await logged(telling);
  return where === null ? byRule(telling) : told(telling, where, 'call');
}

/** Null: nobody has this number. */
async function logged(telling: Telling): Promise<Place | null> {
  const reply = await post(telling, 'call', '/api/v4/calls', asCall(telling.said, telling.fact.direction));
  // The call that was refused was our only one: nothing is there (2.4).
  if (isEntityMissing(reply.body) && (reply.ok || reply.status === 400) && callIn(reply.body) === null) {
    telling.notes.set('asking', '');
    return null;
  }
  if (!reply.ok) return throwRefusal(reply);
  return callIn(reply.body) ?? throwRefusal(strange(reply.status));
}

function callIn(body: unknown): Place | null {
  const call = embedded(body, 'calls', loggedCall)?.[0];
  if (call === undefined) return null;
  const kind = PLACES.find((each) => each.startsWith(call.entity_type.replace(/y$/, 'i')));
  return kind === undefined ? null : { kind, id: call.entity_id };
}

/** We choose the card: a note at the contact (2.6). */
async function asOurNote(telling: Telling): Promise<Verdict> {
  const found = await telling.desk.contacts.find(telling.said.phone, telling.signal);
  if ('ok' in found) return verdictOf(found);
  const [first] = found;
  return first === undefined ? byRule(telling) : noted(telling, placeOf(first));
}

async function noted(telling: Telling, where: Place): Promise<Verdict> {
  const reply = await post(telling, 'note', `/api/v4/${where.kind}/${where.id}/notes`, asNote(telling.said, telling.fact.direction));
  // Deleted since we found it: then amoCRM shall choose.
  if (isGone(reply)) return asTheirCall(telling);
  if (!reply.ok) return verdictOf(reply);
  if (embedded(reply.body, 'notes', createdNote)?.[0] === undefined) return verdictOf(strange(reply.status));
  return told(telling, where, 'note');
}

/** Nobody has this number. For calls that we made there is no unsorted (2.5). */
async function byRule(telling: Telling): Promise<Verdict> {
  const { settings } = telling.desk;
  const outbound = settings.unknownOutbound ?? (settings.unknown === 'skip' ? 'skip' : 'contact');
  const rule = telling.fact.direction === 'outbound' ? outbound : settings.unknown;
  switch (rule) {
    case 'skip': return skip(telling.notes, 'amoCRM does not know the number, and `unknown` says to skip such calls');
    case 'unsorted': return asUnsortedCall(telling);
    case 'contact': return atNewContact(telling);
  }
}

async function asUnsortedCall(telling: Telling): Promise<Verdict> {
  const { desk, fact, said } = telling;
  const origin = { pipeline: desk.settings.pipeline, line: fact.line, russian: isRussian(desk) };
  const reply = await post(telling, 'unsorted', '/api/v4/leads/unsorted/sip', asUnsorted(said, origin));
  if (!reply.ok) return verdictOf(reply);
  const one = embedded(reply.body, 'unsorted', unsorted)?.[0];
  return one === undefined ? verdictOf(strange(reply.status)) : told(telling, placeOfUnsorted(one), 'unsorted');
}

/**
 * A new contact, then the call. A contact whose answer was lost is found by its number in the next try, because POST /calls comes first again. Where amoCRM
 * does not find at once what it has just made (its search lags), the call becomes a note at the contact that we know.
 */
async function atNewContact(telling: Telling): Promise<Verdict> {
  const where = await contactFor(telling);
  if (telling.desk.settings.notes) return noted(telling, where);
  const there = await logged(telling);
  return there === null ? noted(telling, where) : told(telling, there, 'call at a new contact');
}

async function contactFor({ desk, fact, said, signal }: Telling): Promise<Place> {
  const found = await desk.contacts.find(said.phone, signal, { line: fact.line });
  if ('ok' in found) return throwRefusal(found);
  if (found[0] !== undefined) return placeOf(found[0]);
  const item = asContact(said.phone, said.responsible ?? null);
  const reply = await desk.api.ask({ method: 'POST', path: '/api/v4/contacts', json: [item], operation: 'contacts.add' }, signal);
  if (!reply.ok) return throwRefusal(reply);
  const one = embedded(reply.body, 'contacts', created)?.[0];
  if (one === undefined) throw new Told(verdictOf(strange(reply.status)));
  return { kind: 'contacts', id: one.id };
}
