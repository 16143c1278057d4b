/**
 * Several commands in one request, for one unit of the portal's bucket (crm-contracts 1.3). The answer is HTTP 200 even where commands failed, so each has a
 * reply of its own. A command may use what an earlier one brought, `$result[name][KEY]`; of a failed one that is an empty text, so whoever refers to it
 * must be able to fail.
 */
import { envelope, mapOf, timing, type Timing } from './answers.ts';
import type { Params } from './portal.ts';
import type { Reply } from './replies.ts';
import type { Refusal } from './verdicts.ts';

export interface Command<Name extends string = string> { readonly name: Name; readonly method: string; readonly params: Params }
export type Replies<Name extends string> = Readonly<Record<Name, Reply>>;

/** `halt: 0`: a command that fails does not stop the others. */
export const batchParams = (commands: readonly Command[]): Params =>
  ({ halt: 0, cmd: Object.fromEntries(commands.map(({ name, method, params }) => [name, `${method}?${queryOf(params)}`])) });

/** As PHP's http_build_query writes it: the command is read as a query string, in which a bare `+7…` would be ` 7…`. */
export function queryOf(params: Params): string {
  return Object.entries(params).flatMap(([key, value]) => pairsOf(encodeURIComponent(key), value)).join('&');
}

function pairsOf(key: string, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'object') return Object.entries(value).flatMap(([inner, one]) => pairsOf(`${key}[${encodeURIComponent(inner)}]`, one));
  if (typeof value === 'boolean') return [`${key}=${value ? 1 : 0}`];
  return typeof value === 'string' || typeof value === 'number' ? [`${key}=${encodeURIComponent(value)}`] : [];
}

/** `spent` hears each command's time; `tidy` takes secrets out of what the portal says. */
export interface Listening { readonly spent: (method: string, time: Timing | undefined) => void; readonly tidy: (text: string) => string }

/** What the whole answer says of each command. */
export function repliesOf<Name extends string>(commands: readonly Command<Name>[], whole: Reply, listening: Listening): Replies<Name> {
  return Object.fromEntries(commands.map((command) => [command.name, whole.ok ? replyOf(command, whole, listening) : whole])) as Replies<Name>;
}

function replyOf({ name, method }: Command, whole: Reply & { readonly ok: true }, { spent, tidy }: Listening): Reply {
  const said = mapOf(whole.result);
  spent(method, timing.safeParse(mapOf(said['result_time'])[name]).data);
  const error = mapOf(said['result_error'])[name];
  if (error !== undefined) return refusalOf(error, tidy);
  const results = said['result'];
  // A list where a map was promised: PHP numbers the keys of `["a"]`, ours are names.
  if (!Object.hasOwn(mapOf(results), name)) return leftOut();
  return { ...whole, result: mapOf(results)[name], next: null };
}

/** The statuses that these codes have when they are said outside a batch; everything else is said with 400. */
const STATUS: Readonly<Record<string, number>> = {
  QUERY_LIMIT_EXCEEDED: 503, OVERLOAD_LIMIT: 503, OPERATION_TIME_LIMIT: 429, INTERNAL_SERVER_ERROR: 500, ERROR_UNEXPECTED_ANSWER: 500,
  INSUFFICIENT_SCOPE: 403, ACCESS_DENIED: 403, WRONG_AUTH_TYPE: 403, INVALID_CREDENTIALS: 403, ERROR_METHOD_NOT_FOUND: 404, ERROR_BATCH_METHOD_NOT_ALLOWED: 405,
};

function refusalOf(error: unknown, tidy: Listening['tidy']): Refusal {
  const said = envelope.safeParse(error);
  const code = (said.data?.error ?? '').toUpperCase().slice(0, 80);
  const description = tidy(said.data?.error_description ?? '');
  return { ok: false, sent: true, status: STATUS[code] ?? 400, code, description, retryAfterMs: null };
}

/** Neither a result nor an error: it may have been done. */
function leftOut(): Refusal {
  return { ok: false, sent: true, status: 0, code: 'BATCH_LEFT_OUT', description: 'the portal said nothing about one of the commands', retryAfterMs: null };
}
