/** The files service (2.9). */
import type { Answer, Asked } from '../stand-in.ts';
import { type Amo, type Card, filled, hal, integer, isFields, jsonOf, mistakeIn, nothing, problem } from './state.ts';

const SESSION = { file_name: filled, file_size: integer, content_type: filled, 'with_preview?': (value: unknown) => typeof value === 'boolean', 'file_uuid?': filled };

export function drive(amo: Amo, asked: Asked): Answer {
  // Scope "files", otherwise 403 (2.9).
  if (!amo.switches.files) return problem(403, 'Forbidden', { detail: 'Scope is missing' });
  const [, room, id = '', part = ''] = asked.url.pathname.replace('/drive/v1.0', '').split('/');
  if (room === 'files' && asked.verb === 'GET') return hal(200, { _embedded: { files: [...amo.files.keys()].map((uuid) => ({ uuid })) } });
  if (room === 'sessions' && asked.verb === 'POST') return open(amo, asked);
  return room === 'upload' && asked.verb === 'POST' ? take(amo, asked, Number(id), Number(part)) : problem(404, 'Not Found');
}

function open(amo: Amo, asked: Asked): Answer {
  const body = jsonOf(asked);
  if (!isFields(body)) return problem(400, 'Bad Request');
  const wrong = mistakeIn(body, SESSION);
  if (wrong !== null) return wrong;
  // No name may leave its folder.
  if (/[/\\\p{Cc}]/u.test(String(body['file_name']))) return problem(400, 'Bad Request', { detail: 'file_name' });
  const id = amo.next();
  amo.sessions.set(id, { id, name: String(body['file_name']), size: Number(body['file_size']), parts: [], uuid: null });
  return hal(200, { session_id: id, upload_url: addressOf(amo, id, 0), max_file_size: 314_572_800, max_part_size: amo.maxPart });
}
const addressOf = (amo: Amo, session: number, part: number): string => `${amo.origin}/drive/v1.0/upload/${session}/${part}`;

/** Each part to the address that the one before it named; no part is larger than the session said. 404 = the session is gone. */
function take(amo: Amo, asked: Asked, id: number, part: number): Answer {
  const session = amo.sessions.get(id);
  if (session === undefined) return problem(404, 'Not Found', { detail: 'session' });
  if (asked.body.length === 0 || asked.body.length > amo.maxPart) return problem(400, 'Bad Request', { detail: 'part size' });
  const again = part < session.parts.length;
  if (part > session.parts.length) return problem(400, 'Bad Request', { detail: 'order of parts' });
  if (again && amo.switches.partsAgain === 'refused') return problem(409, 'Conflict', { detail: 'part' });
  if (!again || amo.switches.partsAgain === 'appended') session.parts.push(asked.body);
  const size = session.parts.reduce((sum, one) => sum + one.length, 0);
  if (size < session.size) return hal(200, { next_url: addressOf(amo, id, session.parts.length), session_id: id });
  session.uuid ??= `file-${amo.next()}`;
  amo.files.set(session.uuid, Buffer.concat(session.parts));
  return hal(200, { uuid: session.uuid, version_uuid: 'v1', name: session.name, size, type: 'audio', _links: { download: { href: `${amo.origin}/drive/download` } } });
}

/** PUT /api/v4/{entity}/{id}/files: 202 without a body; told twice it hangs there twice. */
export function attachFiles(amo: Amo, asked: Asked, card: Card): Answer {
  const items = jsonOf(asked);
  if (!Array.isArray(items) || !items.every((item) => isFields(item) && amo.files.has(String(item['file_uuid'])))) return problem(400, 'Bad Request');
  card.files.push(...items.map((item: { file_uuid: string }) => item.file_uuid));
  return nothing(202);
}

export const listFiles = (card: Card): Answer => (card.files.length === 0 ? nothing(204) : hal(200, { _embedded: { files: card.files.map((uuid) => ({ file_uuid: uuid, id: 1 })) } }));
