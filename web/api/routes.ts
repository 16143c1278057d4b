/**
 * `/api/v1/…` for programs that show a token of `web.tokens`, and its description. Who fails too often waits, with the right token too: guessing
 * must not be worth the while. Behind a proxy that `web.trustProxy` does not name all askers are one; then they wait together.
 */
import type { Clock, Log } from '../../core/ports.ts';
import { shownToken } from '../bearer.ts';
import { type Answer, type Asked, json, printable, problem, type Route } from '../exchange.ts';
import { Failures } from '../failures.ts';
import { openApi } from './openapi.ts';
import { actOnRecorder, type RecorderPort } from './recorder.ts';
import { listRecordings, type ManifestTools, oneRecording } from './recordings.ts';

export interface ApiTools extends ManifestTools {
  readonly tokens: readonly string[];
  readonly recorder: RecorderPort;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Wrong tokens of one asker: 20 at once, then one in six seconds. */
const TOKEN_LIMITS = { burst: 20, forgiveMs: 6_000 };

/** One thing that the API does; `[1]` of the pattern is what it is about. */
interface Verb { readonly method: 'GET' | 'POST'; readonly path: RegExp; readonly answer: (asked: Asked, about: string) => Answer | Promise<Answer> }

export function apiRoutes(tools: ApiTools): readonly Route[] {
  const verbs: readonly Verb[] = [
    { method: 'GET', path: /^recordings\/?$/, answer: (asked) => listRecordings(asked, tools) },
    { method: 'GET', path: /^recordings\/(.+)$/s, answer: (asked, id) => oneRecording(asked, id, tools) },
    { method: 'POST', path: /^calls\/(.+)\/recording$/s, answer: (asked, call) => actOnRecorder(asked, call, tools.recorder) },
  ];
  const failures = new Failures(TOKEN_LIMITS, tools.clock);
  return [
    { path: '/api/openapi.json', methods: ['GET'], answer: () => json(200, openApi(tools.version)) },
    { path: '/api/v1/*', methods: ['GET', 'POST'], admit: (asked) => admit(asked, tools, failures), answer: async (asked) => noted(asked, await dispatch(asked, verbs), tools.log) },
  ];
}

function admit({ headers, caller }: Pick<Asked, 'headers' | 'caller'>, { tokens, log }: ApiTools, failures: Failures): Answer | null {
  if (tokens.length === 0) return problem(403, API_OFF);
  const waits = Math.ceil(failures.waits(caller.address) / 1000);
  if (waits > 0) return tooMany(waits);
  const shown = shownToken(headers.authorization, tokens);
  if (shown === 'right') return null;
  if (shown === 'none') return problem(401, { code: 'NO_TOKEN', message: 'this needs a token', remedy: SEND_TOKEN }, { 'www-authenticate': REALM });
  failures.failed(caller.address);
  log.warn({ ...caller }, 'a wrong token was shown to the API');
  return problem(401, { code: 'NO_TOKEN', message: 'this token is not known', remedy: SEND_TOKEN }, { 'www-authenticate': `${REALM}, error="invalid_token"` });
}

const REALM = 'Bearer realm="CallMe"';
const SEND_TOKEN = 'send the header "Authorization: Bearer TOKEN" with a token of web.tokens';
const API_OFF = {
  code: 'API_OFF', message: 'the API has no tokens, so nobody may use it', remedy: 'put a token under web.tokens in the configuration and restart CallMe',
} as const;

const tooMany = (seconds: number): Answer => problem(429, {
  code: 'TOO_MANY_FAILURES', message: 'too many wrong tokens came from this address', remedy: `wait ${seconds} s and send the right one`,
}, { 'retry-after': String(seconds) });

/** Who asked for what: a link that was given out opens a recording to whoever gets hold of it. */
function noted({ caller, method, rest }: Asked, answer: Answer, log: Log): Answer {
  log.info({ ...caller, method, asked: printable(rest), status: answer.status }, 'the API was asked');
  return answer;
}

function dispatch(asked: Asked, verbs: readonly Verb[]): Answer | Promise<Answer> {
  const method = asked.method === 'HEAD' ? 'GET' : asked.method;
  const here = verbs.filter(({ path }) => path.test(asked.rest));
  const verb = here.find((each) => each.method === method);
  if (verb !== undefined) return verb.answer(asked, verb.path.exec(asked.rest)?.[1] ?? '');
  const allowed = here.map((each) => each.method).join(', ');
  return allowed === ''
    ? problem(404, { code: 'NOTHING_HERE', message: 'the API has nothing at this address', remedy: 'GET /api/openapi.json says what there is' })
    : problem(405, { code: 'METHOD', message: `${asked.method} is not for this address`, remedy: `ask with ${allowed}` }, { allow: allowed });
}
