/** attachRecord in all its modes but the download, and the place that mode B names [1.7]. */
import { randomBytes } from 'node:crypto';
import type { Answer, Asked } from '../stand-in.ts';
import { ok, refuse } from './calls.ts';
import { type Params, textOf } from './params.ts';
import type { PortalCall, PortalState } from './state.ts';

/** [1.7] the check looks at the case: `.MP3` is refused. */
const hasRightEnding = (name: string): boolean => name.endsWith('.mp3') || name.endsWith('.wav');
const WRONG_ENDING = 'Wrong file extension. Only wav and mp3 are allowed';

export function attachRecord(state: PortalState, params: Params): Answer {
  const call = state.calls.find((one) => one.callId === params['CALL_ID'] && one.finish !== null);
  if (call === undefined) return refuse('Call is not found in the statistic table. Is it finished?');
  if (params['RECORD_URL'] !== undefined) return refuse('Server returns HTTP error code 404');
  if (params['FILENAME'] === undefined) return refuse('RECORD_URL or FILENAME should be set');
  const name = textOf(params['FILENAME']);
  if (name === '') return refuse('File name is empty');
  if (!hasRightEnding(name)) return refuse(WRONG_ENDING);
  return params['FILE_CONTENT'] === undefined ? place(state, call, name) : inline(state, call, name, textOf(params['FILE_CONTENT']));
}

function inline(state: PortalState, call: PortalCall, name: string, content: string): Answer {
  if (content === '') return refuse('File content is empty.');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(content)) return refuse('Could not decode the file content');
  return keep(state, call, name, Buffer.from(content, 'base64'));
}

function place(state: PortalState, call: PortalCall, name: string): Answer {
  const token = randomBytes(12).toString('hex');
  state.uploads.set(token, { call, name });
  return ok({ uploadUrl: `${state.origin()}/rest/upload.json?auth=webhook&token=${token}`, fieldName: 'file' });
}

/** `POST /rest/upload.json?auth=…&token=…`: each token once. */
export function upload(state: PortalState, asked: Asked): Answer {
  const token = asked.url.searchParams.get('token') ?? '';
  const target = state.uploads.get(token);
  if (target === undefined) return refuse('The token is not valid', 'invalid_token', 403);
  state.uploads.delete(token);
  const part = partOf(asked, 'file');
  if (part === null) return refuse('File content is empty.');
  if (!hasRightEnding(part.name)) return refuse(WRONG_ENDING);
  return part.bytes.length === 0 ? refuse('File content is empty.') : keep(state, target.call, part.name, part.bytes);
}

/** [1.7] a repeated record replaces: one file per CALL_ID. */
function keep(state: PortalState, call: PortalCall, name: string, bytes: Buffer): Answer {
  const fileId = state.nextId();
  call.records.push({ fileId, name, bytes });
  return ok({ FILE_ID: fileId });
}

/** The one part of that name in a multipart body (RFC 7578), or null. */
function partOf(asked: Asked, field: string): { name: string; bytes: Buffer } | null {
  const boundary = /boundary=([^;]+)/.exec(String(asked.headers['content-type'] ?? ''))?.[1];
  if (boundary === undefined) return null;
  const headEnd = asked.body.indexOf('\r\n\r\n');
  const tail = asked.body.lastIndexOf(`\r\n--${boundary}--`);
  const head = asked.body.subarray(0, headEnd).toString('utf8');
  const name = /filename="([^"]*)"/.exec(head)?.[1];
  if (headEnd < 0 || tail < headEnd || name === undefined || !head.includes(` name="${field}"`)) return null;
  return { name, bytes: asked.body.subarray(headEnd + 4, tail) };
}
