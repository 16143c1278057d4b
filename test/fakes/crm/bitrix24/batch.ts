/** [1.3] batch: up to 50 commands, none of them a batch; HTTP 200 even where they fail; `$result[name][KEY]` of what came before. */
import type { Answer } from '../stand-in.ts';
import { refuse } from './calls.ts';
import { brackets, mapOf, type Params, textOf } from './params.ts';

export interface Batched { readonly name: string; readonly method: string; readonly params: Params }

export function commandsOf(params: Params): readonly { readonly name: string; readonly method: string; readonly query: string }[] {
  return Object.entries(mapOf(params['cmd'])).map(([name, cmd]) => {
    const [method = '', query = ''] = textOf(cmd).split(/\?(.*)/s);
    return { name, method: method.toLowerCase().replace(/\.json$/, ''), query };
  });
}

/** `run` applies the rules of one command; `time` is what its own `time` says. */
export function batch(params: Params, { run, time }: { run: (method: string, params: Params) => Answer; time: (method: string) => unknown }): Answer {
  const commands = commandsOf(params);
  if (commands.length > 50) return refuse('Max batch length exceeded', 'ERROR_BATCH_LENGTH_EXCEEDED', 400);
  const result: Record<string, unknown> = {};
  const errors: Record<string, unknown> = {};
  const times: Record<string, unknown> = {};
  for (const { name, method, query } of commands) {
    const answer = method === 'batch' ? refuse('Method is not allowed for batch usage', 'ERROR_BATCH_METHOD_NOT_ALLOWED', 405) : run(method, referring(brackets(new URLSearchParams(query)), result));
    if (answer.status === 200) { result[name] = mapOf(answer.body)['result']; times[name] = time(method); continue; }
    errors[name] = answer.body;
    if (textOf(params['halt']) === '1') break;
  }
  // [1.3] what the commands have cost counts for each of them; that a batch's own time is their sum is unconfirmed.
  return { status: 200, body: { time: summed(Object.values(times)), result: { result: orEmpty(result), result_error: orEmpty(errors), result_total: [], result_next: [], result_time: orEmpty(times) } } };
}

function summed(times: readonly unknown[]): Params {
  const [first] = times;
  return { ...mapOf(first), operating: times.reduce<number>((sum, one) => sum + Number(mapOf(one)['operating'] ?? 0), 0) };
}

/** [1.1] PHP writes an empty map as a list. */
const orEmpty = (map: Readonly<Record<string, unknown>>): unknown => (Object.keys(map).length === 0 ? [] : map);

/** [1.3] what a failed command would have brought is an empty text. */
function referring(params: Params, result: Params): Params {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => {
    const reference = typeof value === 'string' ? /^\$result\[([^\]]+)\]((?:\[[^\]]*\])*)$/.exec(value) : null;
    return [key, reference === null ? value : at(result[reference[1] ?? ''], reference[2] ?? '')];
  }));
}

function at(value: unknown, path: string): string {
  const keys = [...path.matchAll(/\[([^\]]*)\]/g)].map(([, key = '']) => key);
  const found = keys.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? (inner as Params)[key] : ''), value);
  return textOf(found);
}
