/** telephony.externalCall.attachRecord, mode B: the portal names a place, the file is streamed there (1.7). */
import { z } from 'zod';
import type { RecordingReady } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { finishedCall, listOf, uploadPlace } from './answers.ts';
import { delivered, type Desk, skipped } from './desk.ts';
import type { CallNotes } from './memory.ts';
import { isCallUnknown, type Refusal, verdictOf } from './verdicts.ts';

/** A minute for the portal, and time for the file over a line of 32 kB/s. */
const uploadMs = (bytes: number): number => 60_000 + Math.ceil(bytes / 32);
const had = z.looseObject({ id: z.string(), seconds: z.number() });

/** Attaches the sound of a call to the call that the portal has. Repeating replaces: the portal keeps one file per call. */
export async function attach(desk: Desk, fact: RecordingReady, signal: AbortSignal): Promise<Verdict> {
  const notes = desk.notes(fact.call);
  const callId = notes.get('CALL_ID');
  if (notes.get('skipped') !== '') return skipped(`the portal does not have the call: ${notes.get('skipped')}`);
  if (callId === '' || notes.get('finished') === '') return later('the call is not yet told to the portal');
  const before = had.safeParse(notes.read('record'));
  if (before.success && before.data.id === fact.recording) return delivered('attached before');
  // A second sound file of one call would push out the first: the longer one is the conversation.
  if (before.success && before.data.seconds >= fact.seconds) return skipped(`the portal keeps one record per call and has ${before.data.id}`);
  if (!before.success && await arrivedBefore(desk, notes, { callId, recording: fact.recording }, signal)) return done(notes, fact);
  return upload(desk, { fact, notes, callId }, signal);
}

interface Sending { readonly fact: RecordingReady; readonly notes: CallNotes; readonly callId: string }

async function upload(desk: Desk, { fact, notes, callId }: Sending, signal: AbortSignal): Promise<Verdict> {
  // Lower case: the portal's check of the ending looks at the case (1.7). A linkedid may hold anything: it is no file name.
  const name = `call-${fact.linkedid.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)}.mp3`;
  const asked = await desk.portal.ask('telephony.externalcall.attachrecord', { CALL_ID: callId, FILENAME: name }, { signal });
  if (!asked.ok) return isCallUnknown(asked) ? later('the portal has not yet filed the call') : verdictOf(asked);
  const place = uploadPlace.safeParse(asked.result);
  if (!place.success) return later('the portal named no place for the upload');
  notes.set('uploading', fact.recording);
  notes.set('uploads', String(Number(notes.get('uploads')) + 1));
  const file = { field: place.data.fieldName, name, type: 'audio/mpeg', path: fact.path };
  const sent = await desk.portal.upload(place.data.uploadUrl, file, { signal, timeoutMs: uploadMs(fact.bytes) });
  return sent.ok ? done(notes, fact) : ofUpload(sent);
}

/** The place has a credential of its own that ages: being turned away there says nothing about the account. */
function ofUpload(refusal: Refusal): Verdict {
  const verdict = verdictOf(refusal);
  return verdict.kind === 'locked-out' ? later(verdict.reason) : verdict;
}

function done(notes: CallNotes, fact: RecordingReady): Verdict {
  notes.write('record', { id: fact.recording, seconds: fact.seconds });
  const times = Number(notes.get('uploads'));
  return delivered(`record of ${fact.seconds} s attached${times > 1 ? `, sent ${times} times` : ''}`);
}

const later = (reason: string): Verdict => ({ kind: 'try-later', reason, retryAfterMs: null });

/** The answer to an upload was lost: the statistics may show the file. If they do not, sending it again only replaces it. */
async function arrivedBefore(desk: Desk, notes: CallNotes, ask: { callId: string; recording: string }, signal: AbortSignal): Promise<boolean> {
  if (notes.get('uploading') !== ask.recording) return false;
  const reply = await desk.portal.ask('voximplant.statistic.get', { FILTER: { CALL_ID: ask.callId } }, { signal });
  return reply.ok && listOf(finishedCall, reply.result).some((call) => call.CALL_ID === ask.callId && call.RECORD_FILE_ID !== null);
}
