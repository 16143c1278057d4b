/** `POST /api/v1/calls/<call>/recording` with `{ "action": "pause" }` or `"resume"`: a client says a card number, and nobody keeps it. */
import type { CallKey } from '../../core/words.ts';
import { type Answer, type Asked, json, problem } from '../exchange.ts';

export type RecorderAction = 'pause' | 'resume';
export type RecorderAnswer = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly reason: string; readonly remedy: string };
/** Never rejects; done twice it is done once. */
export interface RecorderPort { act(call: CallKey, what: RecorderAction): Promise<RecorderAnswer> }

/** By the recorder's code; another one is a conflict: the call is not as it would have to be. */
const STATUS: Readonly<Record<string, number>> = { NO_CALL: 404, NO_RECORDING: 409, OTHER_RECORDER: 409, PBX_REFUSED: 502, PBX_AWAY: 503 };

export async function actOnRecorder({ body }: Asked, call: string, recorder: RecorderPort): Promise<Answer> {
  const action = actionIn(body);
  if (typeof action !== 'string') return action;
  const answer = await recorder.act(call as CallKey, action);
  if (answer.ok) return json(200, { call, action, ok: true });
  const { code, reason, remedy } = answer;
  return problem(STATUS[code] ?? 409, { code, message: reason, remedy });
}

function actionIn(body: unknown): RecorderAction | Answer {
  const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  const action: unknown = typeof body === 'object' && body !== null && 'action' in body ? body.action : undefined;
  if (keys.length === 1 && (action === 'pause' || action === 'resume')) return action;
  return problem(400, { code: 'BAD_BODY', message: 'the body is not understood', remedy: 'send {"action": "pause"} or {"action": "resume"}, and nothing else' });
}
