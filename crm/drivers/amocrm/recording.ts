/** The sound of a call: a link that was told with it, a note with the link where it came too late for that, or a file on the client's card. */
import type { RecordingReady } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { attachedFile, createdNote, embedded } from './answers.ts';
import { strange } from './api.ts';
import { isRussian } from './describing.ts';
import type { Desk } from './desk.ts';
import { upload } from './drive.ts';
import { isGone, noteAt } from './looking.ts';
import { type CallNotes, type Place, place } from './memory.ts';
import { Told } from '../../told.ts';
import { delivered, isAmbiguous, skipped, verdictOf } from './verdicts.ts';

interface Work { readonly desk: Desk; readonly fact: RecordingReady; readonly notes: CallNotes; readonly where: Place; readonly signal: AbortSignal }

export async function attach(desk: Desk, fact: RecordingReady, signal: AbortSignal): Promise<Verdict> {
  const notes = desk.notes(fact.call);
  if (notes.get('skipped') !== '') return skipped(`amoCRM does not have the call: ${notes.get('skipped')}`);
  if (notes.get('told') === '') return { kind: 'try-later', reason: 'amoCRM has not heard of the call yet', retryAfterMs: null };
  if (notes.get('recorded') !== '') return delivered('amoCRM has the recording');
  if (notes.get('link') !== '') return skipped('the link was told with the call');
  const where = notes.read('told', place);
  if (where === null) return skipped('the call has no card in amoCRM');
  const work: Work = { desk, fact, notes, where, signal };
  return desk.settings.recordings === 'drive' ? asFile(work) : asNote(work);
}

/** PUT /api/v4/{entity}/{id}/files: 202 without a body (crm-contracts 2.9). After a lost answer the card is looked at first. */
async function asFile(work: Work): Promise<Verdict> {
  const { desk, notes, where, signal } = work;
  const file = notes.get('file') === '' ? await upload(desk, work.fact, signal) : notes.get('file');
  const path = `/api/v4/${where.kind}/${where.id}/files`;
  if (notes.get('attaching') !== '' && await hangsThere(work, path, file)) return recorded(work, 'file found at the card after a lost answer');
  notes.set('attaching', 'yes');
  const reply = await desk.api.ask({ method: 'PUT', path, json: [{ file_uuid: file }], operation: 'files.attach' }, signal);
  if (!reply.ok && !isAmbiguous(reply)) notes.set('attaching', '');
  if (isGone(reply)) return reply.ok ? recorded(work, 'file') : skipped('the card of the call was deleted');
  if (!reply.ok) return verdictOf(reply);
  return reply.status === 202 ? recorded(work, 'file') : verdictOf(strange(reply.status));
}

async function hangsThere({ desk, signal }: Work, path: string, file: string): Promise<boolean> {
  const reply = await desk.api.ask({ method: 'GET', path: `${path}?limit=250`, operation: 'files.list' }, signal);
  if (isGone(reply)) return false;
  if (!reply.ok) throw new Told(verdictOf(reply));
  const files = embedded(reply.body, 'files', attachedFile);
  if (files === null) throw new Told(verdictOf(strange(reply.status)));
  return files.some((one) => one.file_uuid === file);
}

/** The call was told before anybody knew of its recording (a gap). It cannot be changed (2.4), a second call would be counted: a plain note has the link. */
async function asNote(work: Work): Promise<Verdict> {
  const { desk, fact, notes, where, signal } = work;
  const link = desk.tools.link(fact.recording);
  if (link === null) return skipped('`web.publicUrl` is not set: amoCRM could not open a link to the recording');
  // Links differ from time to time (they are signed): what is looked for is the call's name.
  const name = `${isRussian(desk) ? 'Запись разговора' : 'Recording of the call'} ${fact.linkedid}: `;
  const sought = { places: [where], types: ['common'], fits: (one: { readonly params: { readonly text: string } }) => one.params.text.includes(name) };
  if (notes.get('attaching') !== '' && await noteAt(desk.api, sought, signal) !== null) {
    return recorded(work, 'link found there after a lost answer');
  }
  notes.set('attaching', 'yes');
  const json = [{ note_type: 'common', params: { text: name + link } }];
  const reply = await desk.api.ask({ method: 'POST', path: `/api/v4/${where.kind}/${where.id}/notes`, json, operation: 'note.add' }, signal);
  if (!reply.ok && !isAmbiguous(reply)) notes.set('attaching', '');
  if (isGone(reply)) return skipped('the card of the call was deleted');
  if (!reply.ok) return verdictOf(reply);
  return embedded(reply.body, 'notes', createdNote)?.[0] === undefined ? verdictOf(strange(reply.status)) : recorded(work, 'link');
}

function recorded({ fact, notes, where }: Work, how: string): Verdict {
  notes.set('recorded', fact.recording);
  notes.set('attaching', '');
  return delivered(`${where.kind} ${where.id}: ${how}`);
}
