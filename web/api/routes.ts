/**
 * `/api/v1/…` for programs that show a token of `web.tokens`, and its description. Who fails too often waits, with the right token too: guessing
 * must not be worth the while. Behind a proxy that `web.trustProxy` does not name all askers are one; then they wait together.
 */
import type { Clock, Log } from '../../core/ports.ts';
import { type Admit, admission } from '../admission.ts';
import { type Answer, type Asked, json, printable, problem, type Route } from '../exchange.ts';
import { openApi } from './openapi.ts';
import { type ContactTools, contactVerbs, importRoute } from './contacts.ts';
import { actOnRecorder, type RecorderPort } from './recorder.ts';
import { listRecordings, type ManifestTools, oneRecording } from './recordings.ts';

export interface ApiTools extends ManifestTools {
  readonly tokens: readonly string[];
  readonly recorder: RecorderPort;
  /** The address book; not given = there is none. */
  readonly contacts?: ContactTools;
  readonly version: string;
  /** Shared with everything that needs a token; not given = one of its own. */
  readonly admit?: Admit;
  readonly clock: Clock;
  readonly log: Log;
}

/** One thing that the API does; `[1]` of the pattern is what it is about. */
interface Verb { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: RegExp; readonly answer: (asked: Asked, about: string) => Answer | Promise<Answer> }

export function apiRoutes(tools: ApiTools): readonly Route[] {
  const verbs: readonly Verb[] = [
    { method: 'GET', path: /^recordings\/?$/, answer: (asked) => listRecordings(asked, tools) },
    { method: 'GET', path: /^recordings\/(.+)$/s, answer: (asked, id) => oneRecording(asked, id, tools) },
    { method: 'POST', path: /^calls\/(.+)\/recording$/s, answer: (asked, call) => actOnRecorder(asked, call, tools.recorder) },
    ...(tools.contacts === undefined ? [] : contactVerbs(tools.contacts)),
  ];
  const { admit = admission(tools) } = tools;
  return [
    ...(tools.contacts === undefined ? [] : [audited(importRoute(tools.contacts.desk, admit), tools.log)]),
    { path: '/api/openapi.json', methods: ['GET'], answer: () => json(200, openApi(tools.version)) },
    { path: '/api/v1/*', methods: ['GET', 'POST', 'PUT', 'DELETE'], admit, answer: async (asked) => noted(asked, await dispatch(asked, verbs), tools.log) },
  ];
}

const audited = (route: Route, log: Log): Route => ({ ...route, answer: async (asked) => noted({ ...asked, rest: route.path }, await route.answer(asked), log) });

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
