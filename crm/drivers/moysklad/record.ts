/**
 * The record of a call: POST makes it, PUT completes it, both under our own `externalId` (crm-contracts 4.2).
 *
 * Once: what a second POST of one id does is unconfirmed, so a POST whose answer may be lost is followed by a PUT, which finds the call or is told that there is
 * none. PUT appends links: one that may have arrived is looked for in the answer to a PUT without it. Where the answer shows no links, it is sent again:
 * a link that stands there twice is better than none.
 */
import type { RecordingId } from '../../../core/words.ts';
import { call } from './answers.ts';
import { type Desk, forgiving } from './desk.ts';
import type { CallNotes } from './notes.ts';
import type { Reply } from './sklad.ts';
import { isThereAlready, isUnknownCall } from './verdicts.ts';

export type Fields = Readonly<Record<string, unknown>>;
export interface Sound { readonly id: RecordingId; readonly link: string }
export interface Telling {
  readonly externalId: string;
  readonly notes: CallNotes;
  /** The client's number, as `Numbers.key` makes it. */
  readonly key: string;
  /** What a call that is not there yet needs besides `fields`. */
  readonly first: Fields;
  readonly fields: Fields;
  readonly sound: Sound | null;
}

/** Completes the call, or makes it where it is not there. */
export async function tell(desk: Desk, telling: Telling, signal: AbortSignal): Promise<Reply> {
  const { notes } = telling;
  const known = notes.get('call') !== '';
  const first = known ? await complete(desk, telling, signal) : await post(desk, telling, signal);
  const other = !first.ok && known && isUnknownCall(first) ? await post(desk, telling, signal)
    : !first.ok && !known && isThereAlready(first) ? await complete(desk, telling, signal) : first;
  if (other.ok) {
    notes.set('call', 'yes');
    desk.clients.heard(telling.key, other.said);
  }
  return other;
}

/** Everything at once. The call is not there, so no link of it can be. */
async function post(desk: Desk, { notes, first, fields, sound }: Telling, signal: AbortSignal): Promise<Reply> {
  notes.set('call', 'maybe');
  if (sound !== null) notes.add('linking', sound.id);
  const reply = await forgiving({ ...first, ...fields, ...linksOf(sound) }, (body) => desk.sklad.create(body, { signal }));
  if (reply.ok && sound !== null) notes.add('linked', sound.id);
  return reply;
}

/** Fills what is empty, and adds the link where it is not there yet. */
export async function complete(desk: Desk, { externalId, notes, first, fields, sound }: Telling, signal: AbortSignal): Promise<Reply> {
  const put = (body: Fields): Promise<Reply> => forgiving(body, (one) => desk.sklad.complete(externalId, one, { signal }));
  const look = Object.keys(fields).length > 0 ? fields : harmless(first);
  if (sound === null) return put(look);
  const mayBeThere = notes.has('linking', sound.id);
  const looked = mayBeThere ? await put(look) : null;
  if (looked !== null && (!looked.ok || shows(looked.said, sound))) return linked(notes, sound, looked);
  notes.add('linking', sound.id);
  return linked(notes, sound, await put({ ...looked === null ? fields : {}, ...linksOf(sound) }));
}

/** Something must stand in a PUT that only looks: a filled field stays as it is, and no link is added. */
const harmless = ({ startTime }: Fields): Fields => (startTime === undefined ? { recordUrl: [] } : { startTime });

function linked(notes: CallNotes, sound: Sound, reply: Reply): Reply {
  if (reply.ok) notes.add('linked', sound.id);
  return reply;
}

const linksOf = (sound: Sound | null): Fields => (sound === null ? {} : { recordUrl: [sound.link] });

/** The signature of a link changes with its end; what it leads to does not. */
function shows(answer: unknown, { link }: Sound): boolean {
  const read = call.safeParse(answer);
  const place = (address: string): string => address.split('?')[0] ?? '';
  return read.success && (read.data.recordUrl ?? []).some((one) => place(one) === place(link));
}
