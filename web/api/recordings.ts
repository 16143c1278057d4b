/** `GET /api/v1/recordings` and `GET /api/v1/recordings/<id>`: the manifest for programs, and fresh links. */
import type { RecordingRow, RecordingState, RecordingStore } from '../../core/ports.ts';
import type { CallKey, RecordingId } from '../../core/words.ts';
import { type Answer, type Asked, json } from '../exchange.ts';
import { isPlayable } from '../sound.ts';
import { mistake, numberIn, strangers } from './query.ts';

/** Which CRM has the recording. */
export interface ToldState { readonly account: string; readonly state: string; readonly reason: string }
export interface FreshLink { readonly url: string; /** ISO 8601. */ readonly expiresAt: string }

export interface ManifestTools {
  readonly store: Pick<RecordingStore, 'get' | 'list'>;
  readonly toldTo: (row: RecordingRow) => readonly ToldState[];
  /** A link for a person. */
  readonly link: (recording: RecordingId, minutes: number) => FreshLink;
  /** The longest life of a link, in minutes. */
  readonly maxMinutes: number;
}

const STATES: readonly RecordingState[] = ['growing', 'closed', 'spooled', 'encoded', 'uploaded', 'told', 'purged', 'empty', 'broken'];
const [DEFAULT_LIMIT, MAX_LIMIT] = [50, 500];
/** Minutes; long enough to listen to, short enough that a link which wanders is worth little. */
const DEFAULT_MINUTES = 60;

/** Newest first. */
export function listRecordings({ query }: Asked, { store }: ManifestTools): Answer {
  const wrong = strangers(query, ['call', 'state', 'limit']);
  if (wrong !== null) return wrong;
  const [call, state, limit] = [query.get('call'), query.get('state'), numberIn(query, 'limit', { from: 1, to: MAX_LIMIT, otherwise: DEFAULT_LIMIT })];
  if (limit === null) return mistake('limit', `a number from 1 to ${MAX_LIMIT}`);
  if (state !== null && !isState(state)) return mistake('state', `one of ${STATES.join(', ')}`);
  const rows = store.list({ limit, ...(call === null ? {} : { call: call as CallKey }), ...(state === null ? {} : { state }) });
  return json(200, { recordings: rows.map(shown) });
}

const isState = (word: string): word is RecordingState => (STATES as readonly string[]).includes(word);

export function oneRecording({ query }: Asked, id: string, { store, toldTo, link, maxMinutes }: ManifestTools): Answer {
  const wrong = strangers(query, ['minutes']);
  if (wrong !== null) return wrong;
  const minutes = numberIn(query, 'minutes', { from: 1, to: maxMinutes, otherwise: Math.min(DEFAULT_MINUTES, maxMinutes) });
  if (minutes === null) return mistake('minutes', `how long the link opens: a number from 1 to ${maxMinutes} (web.linkDays)`);
  const row = store.get(id as RecordingId);
  if (row === null) return json(404, { error: { code: 'NO_RECORDING', message: 'there is no such recording', remedy: 'GET /api/v1/recordings?call=… lists the recordings of a call' } });
  const told = toldTo(row).map(({ account, state, reason }) => ({ account, state, reason }));
  return json(200, { ...shown(row), told, link: isPlayable(row) ? link(row.id, minutes) : null });
}

/** Times as ISO 8601; where the file lies is nobody's business outside. */
function shown(row: RecordingRow): Readonly<Record<string, unknown>> {
  const { id, pbx, call, state, reason, certain, seconds, bytes, sha256, channels, silenceSeconds, talked, pauses, hold } = row;
  const purgedAt = row.purgedAt === null ? null : new Date(row.purgedAt).toISOString();
  return {
    id, pbx, call, state, reason, certain, createdAt: new Date(row.createdAt).toISOString(), seconds, bytes, sha256, channels, silenceSeconds, talked, pauses,
    kept: [...(row.mp3 === null ? [] : ['local']), ...(row.stored === null ? [] : ['bucket'])], hold, purgedAt,
  };
}
