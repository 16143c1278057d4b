/** `GET|PUT /api/v1/debug`: detailed logs per subsystem, switched while CallMe runs. They go back by themselves. */
import type { Clock, Log } from '../../core/ports.ts';
import { type Answer, type Asked, json, problem, type Route } from '../exchange.ts';
import { strangers } from '../api/query.ts';
import { type Admit, admission } from '../admission.ts';

export interface DebugPort {
  readonly subsystems: readonly string[];
  /** Minutes, at least and at most, and where nobody says. */
  readonly minutes: { readonly least: number; readonly most: number; readonly otherwise: number };
  shown(): object;
  /** Each subsystem to `detail` or `normal`; returns what is in force then. */
  set(levels: Readonly<Record<string, 'detail' | 'normal'>>, minutes: number): object;
}
export interface DebugTools { readonly debug: DebugPort; readonly tokens: readonly string[]; readonly clock: Clock; readonly log: Log; /** Shared with the rest of the API. */ readonly admit?: Admit }

export function debugRoutes(tools: DebugTools): readonly Route[] {
  const { admit = admission(tools) } = tools;
  return [{ path: '/api/v1/debug', methods: ['GET', 'PUT'], admit, answer: (asked) => noted(asked, answered(asked, tools.debug), tools.log) }];
}

function answered(asked: Asked, debug: DebugPort): Answer {
  const wrong = strangers(asked.query, []);
  if (wrong !== null) return wrong;
  return asked.method === 'PUT' ? put(asked.body, debug) : json(200, debug.shown());
}

function put(body: unknown, debug: DebugPort): Answer {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return mistake('the body is no JSON object', debug);
  const { subsystems, minutes = debug.minutes.otherwise, ...more } = body as { subsystems?: unknown; minutes?: unknown };
  if (Object.keys(more).length > 0) return mistake('the body has a key that is not known', debug);
  if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < debug.minutes.least || minutes > debug.minutes.most) return mistake('"minutes" is wrong', debug);
  const levels = levelsIn(subsystems, debug);
  return levels === null ? mistake('"subsystems" is wrong', debug) : json(200, debug.set(levels, minutes));
}

function levelsIn(value: unknown, { subsystems }: DebugPort): Readonly<Record<string, 'detail' | 'normal'>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const known = entries.filter((entry): entry is [string, 'detail' | 'normal'] => subsystems.includes(entry[0]) && (entry[1] === 'detail' || entry[1] === 'normal'));
  return known.length === entries.length && known.length > 0 ? Object.fromEntries(known) : null;
}

const mistake = (message: string, { subsystems, minutes: { least, most } }: DebugPort): Answer => problem(400, {
  code: 'BAD_BODY', message, remedy: `send {"subsystems": {"crm": "detail"}, "minutes": 30}; subsystems: ${subsystems.join(', ')}; detail or normal; minutes ${String(least)} to ${String(most)}`,
});

function noted({ caller, method }: Asked, answer: Answer, log: Log): Answer {
  log.info({ ...caller, method, asked: '/api/v1/debug', status: answer.status }, 'the API was asked');
  return answer;
}
