/**
 * The files service (crm-contracts 2.9): a session, parts of the size that it says, and with the last one the file's uuid. Each step is remembered, so that
 * an upload goes on where it broke off, for as long as the session lives (24 h). What a session does with a part that it has already is not documented:
 * it is sent once more to the same address; if that is refused, a new session begins. A session without its last part is no file.
 */
import { z } from 'zod';
import type { RecordingReady } from '../../../core/facts.ts';
import { account, uploadSession, uploadStep } from './answers.ts';
import { strange } from './api.ts';
import type { Desk } from './desk.ts';
import type { CallNotes } from './memory.ts';
import { Told } from '../../told.ts';
import { isTransient, type Refusal, verdictOf } from './verdicts.ts';

const PART_MS = 60_000;
const ASK_MS = 20_000;
const NO_DRIVE = 'the account names no files service: give the integration access to files, or set `recordings: link`';
const TYPE = 'audio/mpeg';
/** A service that names parts of some bytes would make a million requests of a recording. */
const SMALLEST_PART = 1024;

/** `from`: the first byte that the service does not have; `part`: how many it takes at once; `again`: this part was sent before. */
const progress = z.object({
  recording: z.string(), next: z.string(), from: z.number().int().nonnegative(), part: z.number().int().positive(), again: z.boolean(),
});
type Progress = z.infer<typeof progress>;
interface Upload { readonly desk: Desk; readonly fact: RecordingReady; readonly notes: CallNotes; readonly signal: AbortSignal }

/** The uuid of the uploaded file. Throws `Told` when it cannot be had now, or ever. */
export async function upload(desk: Desk, fact: RecordingReady, signal: AbortSignal): Promise<string> {
  const work: Upload = { desk, fact, notes: desk.notes(fact.call), signal };
  const kept = work.notes.read('upload', progress);
  let at = kept !== null && kept.recording === fact.recording ? kept : await begin(work);
  for (;;) {
    const step = await sendPart(work, at);
    if (typeof step === 'string') return step;
    at = step;
  }
}

async function begin(work: Upload): Promise<Progress> {
  const { desk: { api }, fact, signal } = work;
  const drive = await driveOf(work);
  const json = { file_name: `${nameOf(fact)}.mp3`, file_size: fact.bytes, content_type: TYPE, with_preview: false };
  const reply = await api.ask({ method: 'POST', path: homeward(work, `${drive}/v1.0/sessions`), json, operation: 'drive.session', timeoutMs: ASK_MS }, signal);
  if (!reply.ok) throw told(reply, 'give the integration access to files');
  const said = uploadSession.safeParse(reply.body);
  if (!said.success || said.data.max_part_size < SMALLEST_PART) throw told(strange(reply.status));
  const { upload_url, max_part_size, max_file_size } = said.data;
  if (fact.bytes > max_file_size) throw new Told({ kind: 'refused', reason: `the recording is larger than amoCRM takes: ${max_file_size} bytes` });
  return remember(work, { recording: fact.recording, next: homeward(work, upload_url), from: 0, part: max_part_size, again: false });
}

/** A name for people: what no file system would refuse. */
const nameOf = ({ linkedid }: RecordingReady): string => `call-${linkedid.replace(/[^0-9A-Za-z._-]/g, '_').slice(0, 100)}`;

async function driveOf({ desk: { api }, signal }: Upload): Promise<string> {
  const reply = await api.ask({ method: 'GET', path: '/api/v4/account?with=drive_url', operation: 'account', timeoutMs: ASK_MS }, signal);
  if (!reply.ok) throw told(reply);
  const said = account.safeParse(reply.body);
  if (!said.success) throw told(strange(reply.status));
  if (said.data.drive_url === null) throw new Told({ kind: 'locked-out', reason: NO_DRIVE });
  return said.data.drive_url.replace(/\/$/, '');
}

function remember({ notes }: Upload, at: Progress): Progress {
  notes.write('upload', at);
  return at;
}

/** The next step, or the file's uuid. */
async function sendPart(work: Upload, at: Progress): Promise<Progress | string> {
  const { desk: { api }, fact, signal } = work;
  const to = Math.min(at.from + at.part, fact.bytes);
  remember(work, { ...at, again: true });
  const part = { type: 'application/octet-stream', path: fact.path, from: at.from, to };
  const reply = await api.ask({ method: 'POST', path: at.next, part, operation: 'drive.part', timeoutMs: PART_MS }, signal);
  if (!reply.ok) throw lost(work, at, reply);
  const said = uploadStep.safeParse(reply.body);
  if (!said.success) throw told(strange(reply.status));
  const { uuid, size, next_url } = said.data;
  if (uuid !== undefined && to === fact.bytes) return done(work, { uuid, size });
  // The end before our last part, or more wanted after it: it counts otherwise than we, because a part arrived twice.
  if (uuid !== undefined || next_url === undefined || to === fact.bytes) throw again(work);
  return remember(work, { ...at, next: homeward(work, next_url), from: to, again: false });
}

/** Refused: the session is gone (404), or had this part already. A part that was sent for the first time is refused for a reason. */
function lost(work: Upload, at: Progress, refusal: Refusal): Told {
  const gone = refusal.status === 404 || (at.again && [400, 409, 410, 416, 422].includes(refusal.status));
  return gone ? again(work) : told(refusal, 'give the integration access to files');
}

/** Not in this delivery: a service that loses every session would keep us here for ever. */
function again(work: Upload): Told {
  forget(work);
  return new Told({ kind: 'try-later', reason: 'the upload broke off and begins anew', retryAfterMs: null });
}

/** A part that arrived twice may have been taken twice: then this is not our recording. */
function done(work: Upload, { uuid, size }: { readonly uuid: string; readonly size?: number | undefined }): string {
  if (size !== undefined && size !== work.fact.bytes) throw again(work);
  work.notes.set('file', uuid);
  forget(work);
  return uuid;
}

const forget = ({ notes }: Upload): void => notes.set('upload', '');

/** Addresses come from answers, and our token goes there. */
function homeward({ desk: { api } }: Upload, address: string): string {
  const target = api.homeward(address);
  if (target === null) throw new Told({ kind: 'refused', reason: 'amoCRM named another host for the upload' });
  return target;
}

function told(refusal: Refusal, scope = ''): Told {
  const missing = scope !== '' && refusal.status === 403 && !isTransient(refusal) && !refusal.blocked;
  return new Told(verdictOf(missing ? { ...refusal, remedy: `${scope}, or set \`recordings: link\`` } : refusal));
}
