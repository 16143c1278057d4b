/**
 * Contacts, employees and lines for dialplans, bots and dashboards, under the addresses that the integration gateway before CallMe had (scope C25–C36).
 * Every question needs a token. The only tenant is `default`.
 */
import type { Clock, Log } from '../../core/ports.ts';
import { DEFAULT_TENANT } from '../../core/words.ts';
import { type Answer, type Asked, json, printable, problem, type Route } from '../exchange.ts';
import { strangers } from '../api/query.ts';
import { type Admit, admission } from '../admission.ts';
import type { CustomerAnswer, Directory } from './directory.ts';

export interface DirectoryTools {
  readonly directory: Directory;
  readonly tokens: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Shared with the rest of the API; not given = one of its own. */
  readonly admit?: Admit;
  /** Milliseconds that a question to a CRM may take; default 3 000. */
  readonly askMs?: number;
}

const ASK_MS = 3_000;
/** What a path is about after its tenant. Longer is nobody's number or name. */
const MAX_ABOUT = 100;

interface Question {
  /** What stands behind the tenant, `''` where nothing does. */
  readonly about: string;
  readonly asked: Asked;
  readonly signal: AbortSignal;
}
type Answering = (question: Question, directory: Directory) => Answer | Promise<Answer>;
/** One kind of question, below the tenant. */
interface Place {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** It is about somebody: the address must say whom. */
  readonly needs?: true;
  readonly query?: readonly string[];
  readonly answer: Answering;
}

const name: Answering = async ({ about, signal }, directory) =>
  told(await directory.customer(about, { fresh: false, signal }), (customer) => ({ name: customer.name === '' ? null : customer.name }), { name: null });
const profile: Answering = async ({ about, signal }, directory) =>
  told(await directory.customer(about, { fresh: false, signal }), (customer) => customer, { name: null });
const responsible: Answering = async ({ about, asked, signal }, directory) => {
  const fresh = isFlag(asked.query.get('nocache'));
  return told(await directory.customer(about, { fresh, signal }), ({ owner }) => ({ extension: owner?.extension ?? null }), { extension: null });
};
const search: Answering = async ({ asked, signal }, directory) =>
  json(200, await directory.search((asked.query.get('query') ?? '').slice(0, MAX_ABOUT), signal));

const PLACES: readonly Place[] = [
  { path: '/customer-name', method: 'GET', needs: true, answer: name },
  { path: '/customer-profile', method: 'GET', needs: true, answer: profile },
  { path: '/responsible-extension', method: 'GET', needs: true, query: ['nocache'], answer: responsible },
  { path: '/metadata', method: 'GET', needs: true, answer: metadata },
  { path: '/search', method: 'GET', query: ['query'], answer: search },
  { path: '/integrations', method: 'GET', answer: integrations },
  { path: '/config', method: 'GET', answer: ({ about }, directory) => shownConfig(directory.config(about === '' ? null : about)) },
  { path: '/incoming-transform', method: 'GET', answer: (_question, directory) => json(200, { rules: rulesOf(directory) }) },
  { path: '/cache/invalidate', method: 'POST', answer: (_question, directory) => json(200, { invalidated: directory.invalidate() }) },
];

export function directoryRoutes(tools: DirectoryTools): readonly Route[] {
  const { admit = admission(tools) } = tools;
  const { directory } = tools;
  const alone = (path: string, method: 'GET' | 'POST', answer: () => Answer): Route => ({
    path, methods: [method], admit, answer: (asked) => noted(asked, path, strangers(asked.query, []) ?? answer(), tools.log),
  });
  return [
    alone('/stats', 'GET', () => json(200, shownStats(directory))),
    alone('/cache/refresh', 'POST', () => json(202, { refreshing: directory.refresh() })),
    ...PLACES.map((place): Route => ({
      path: `${place.path}/*`, methods: [place.method], admit, answer: async (asked) => noted(asked, place.path, await answered(asked, place, tools), tools.log),
    })),
  ];
}

async function answered(asked: Asked, place: Place, { directory, askMs = ASK_MS }: DirectoryTools): Promise<Answer> {
  const [, tenant = '', about = ''] = /^([^/]*)\/?(.*)$/s.exec(asked.rest) ?? [];
  if (tenant !== DEFAULT_TENANT) return json(404, { detail: 'Enterprise not found' });
  const wrong = strangers(asked.query, place.query ?? []);
  if (wrong !== null) return wrong;
  if ((about === '' && place.needs === true) || about.length > MAX_ABOUT) return aboutNobody(place);
  return await place.answer({ about, asked, signal: AbortSignal.any([asked.signal, AbortSignal.timeout(askMs)]) }, directory);
}

const aboutNobody = ({ path }: Place): Answer => problem(400, {
  code: 'BAD_ADDRESS', message: 'the address does not say about whom', remedy: `ask ${path}/${DEFAULT_TENANT}/…`,
});

/** `?nocache`, `?nocache=1`, but not `?nocache=0`. */
const isFlag = (text: string | null): boolean => text !== null && !/^(?:0|false|no)$/i.test(text);

/** A CRM that cannot tell is no CRM that knows nobody. */
function told(answer: CustomerAnswer, found: (customer: Extract<CustomerAnswer, { kind: 'found' }>['customer']) => object, unknown: object): Answer {
  if (answer.kind === 'found') return json(200, found(answer.customer));
  if (answer.kind === 'unknown') return json(200, unknown);
  return problem(503, { code: 'CRM_SILENT', message: `no CRM could tell: ${printable(answer.why)}`, remedy: 'ask again; callme crm check says what is wrong' }, { 'retry-after': '5' });
}

/** `manager/219`, `line/74951234567`; by name as well. Unknown is a name of null: a caller of the old gateway reads it so. */
async function metadata({ about, signal }: Question, directory: Directory): Promise<Answer> {
  const [, kind, wanted = ''] = /^(manager|line)\/(.+)$/s.exec(about) ?? [];
  if (kind === 'manager') return json(200, await directory.manager(wanted, signal) ?? { extension: wanted, name: null, accounts: [] });
  if (kind === 'line') return json(200, directory.line(wanted) ?? { line: wanted, name: null, rules: [] });
  return problem(404, { code: 'NOTHING_HERE', message: 'there is metadata of managers and of lines',
    remedy: `ask /metadata/${DEFAULT_TENANT}/manager/219 or /metadata/${DEFAULT_TENANT}/line/74951234567` });
}

function integrations(_question: Question, directory: Directory): Answer {
  const { accounts } = directory.stats();
  return json(200, { integrations: Object.fromEntries(accounts.map(({ driver }) => [driver, true])), accounts });
}

const shownConfig = (config: Readonly<Record<string, unknown>> | null): Answer => (config === null
  ? problem(404, { code: 'NO_ACCOUNT', message: 'there is no such account or driver', remedy: `GET /integrations/${DEFAULT_TENANT} names them` }) : json(200, config));

const rulesOf = (directory: Directory): object => Object.fromEntries(directory.lines().filter(({ rules }) => rules.length > 0).map(({ line, rules }) => [line, rules]));

function shownStats(directory: Directory): object {
  const { hits, misses, hitRatePercent, cacheSize, configCacheSize, lastFullRefresh, accounts } = directory.stats();
  return { hits, misses, hit_rate_percent: hitRatePercent, cache_size: cacheSize, config_cache_size: configCacheSize, last_full_refresh: lastFullRefresh, accounts: accounts.length };
}

/** Whose number was asked for is no business of the log. */
function noted({ caller, method }: Asked, path: string, answer: Answer, log: Log): Answer {
  log.info({ ...caller, method, asked: path, status: answer.status }, 'the directory was asked');
  return answer;
}
