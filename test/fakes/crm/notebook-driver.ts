/** Notebook, a CRM that keeps one page per call. `PUT` replaces, so that telling twice changes nothing. API: https://notebook.example/api */
import { z } from 'zod';
import type { CallEnded, Fact, RecordingReady } from '../../../core/facts.ts';
import type { Telephone } from '../../../core/numbers.ts';
import { isHidden } from '../../../core/phone.ts';
import type { HttpAnswer, HttpRequest } from '../../../core/ports.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { Contact, Extension } from '../../../core/words.ts';
import type { CheckLine, DriverKind, DriverTools } from '../../../crm/driver.ts';

const settings = z.strictObject({ baseUrl: z.url({ protocol: /^https?$/ }), token: z.string().min(1) });
type Settings = z.infer<typeof settings>;

const notebook: DriverKind<Settings> = {
  name: 'notebook',
  settings,
  pace: { perSecond: 5, burst: 10 }, // https://notebook.example/api#limits
  create: (chosen, tools) => ({
    lookup: (number, signal, line) => lookup(opened(chosen, tools, signal), tools.numbers.read(number, line)),
    deliver: (fact, signal) => deliver(opened(chosen, tools, signal), tools, fact),
    check: (signal) => check(opened(chosen, tools, signal), tools),
  }),
};
export default notebook;

type Ask = (request: Omit<HttpRequest, 'url' | 'timeoutMs' | 'signal' | 'headers'> & { readonly path: string }) => Promise<HttpAnswer>;

function opened({ baseUrl, token }: Settings, { http }: DriverTools, signal: AbortSignal): Ask {
  const headers = { authorization: `Bearer ${token}` };
  return ({ path, ...request }) => http.request({ ...request, url: baseUrl + path, headers, signal, timeoutMs: 10_000 });
}

// Text from outside stays unknown until zod has read it; a name travels to telephones, so it is one short line.
const page = z.object({
  id: z.string(),
  name: z.string().transform((name) => name.replace(/\p{Cc}+/gu, ' ').slice(0, 200)),
  owner: z.number().nullable(),
  extension: z.string().regex(/^[0-9*#+]{1,20}$/).transform((digits) => digits as Extension).nullable(),
});
const pages = z.object({ contacts: z.array(page) });

async function lookup(ask: Ask, number: Telephone): Promise<Contact | null> {
  if (number.kind !== 'external') return null;
  const answer = await ask({ method: 'GET', path: `/contacts?phone=${encodeURIComponent(number.e164)}` });
  if (answer.status !== 200) throw new Error(`Notebook answers HTTP ${answer.status}`);
  const found = pages.parse(answer.body).contacts[0];
  if (found === undefined) return null;
  const owner = found.owner === null ? null : { crmUser: String(found.owner), extension: found.extension };
  return { id: found.id, type: 'contact', name: found.name, owner };
}

async function deliver(ask: Ask, tools: DriverTools, fact: Fact): Promise<Verdict> {
  try {
    if (fact.kind === 'call-ended') return await ended(ask, tools, fact);
    if (fact.kind === 'recording-ready') return await sound(ask, tools, fact);
    if (fact.kind === 'call-offered' && !untold(fact)) return verdictOf(await write(ask, fact, { state: 'ringing' }));
    return { kind: 'skipped', reason: 'Notebook keeps calls with clients, from the first ring to the end' };
  } catch (error) {
    // No whole answer. The message has no secret: the HTTP client sees to it.
    return { kind: 'try-later', reason: error instanceof Error ? error.message : 'no answer', retryAfterMs: null };
  }
}

const untold = ({ direction, client }: Pick<CallEnded, 'direction' | 'client'>): boolean => direction === 'internal' || isHidden(client.number);
const pathOf = ({ linkedid }: Pick<Fact, 'linkedid'>): string => `/calls/call-${encodeURIComponent(linkedid)}`;
const write = (ask: Ask, fact: Pick<CallEnded, 'linkedid' | 'client' | 'startedAt'>, more: object): Promise<HttpAnswer> =>
  ask({ method: 'PUT', path: pathOf(fact), json: { externalId: fact.linkedid, phone: fact.client.number, startedAt: fact.startedAt, ...more } });

async function ended(ask: Ask, tools: DriverTools, fact: CallEnded): Promise<Verdict> {
  const memory = tools.memory(fact.call);
  if (untold(fact)) {
    memory.set('skipped', 'yes');
    return { kind: 'skipped', reason: 'an internal call, or a hidden number' };
  }
  const user = tools.employees.find((employee) => employee.extension === fact.owner)?.crm[tools.account] ?? null;
  const verdict = verdictOf(await write(ask, fact, { state: 'ended', user, seconds: fact.talkSeconds, outcome: fact.outcome }));
  if (verdict.kind === 'delivered') memory.set('told', 'yes');
  return verdict;
}

async function sound(ask: Ask, tools: DriverTools, fact: RecordingReady): Promise<Verdict> {
  const memory = tools.memory(fact.call);
  if (memory.get('skipped') !== null) return { kind: 'skipped', reason: 'Notebook does not have the call' };
  if (memory.get('told') === null) return { kind: 'try-later', reason: 'the call is not yet told', retryAfterMs: null };
  const file = { field: 'sound', name: 'call.mp3', type: 'audio/mpeg', path: fact.path };
  return verdictOf(await ask({ method: 'PUT', path: `${pathOf(fact)}/sound`, file }));
}

/** One place decides what an answer means. Only a 2xx in Notebook's own words is a yes: proxies also answer 200. */
function verdictOf({ status, headers, body }: HttpAnswer): Verdict {
  const said = z.object({ ok: z.literal(true) }).safeParse(body);
  if (status === 200 && said.success) return { kind: 'delivered', note: 'written' };
  if (status === 401 || status === 403) return { kind: 'locked-out', reason: `HTTP ${status}: put a new token of Notebook into \`token\`` };
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return { kind: 'refused', reason: `HTTP ${status}` };
  const seconds = Number(headers['retry-after']);
  return { kind: 'try-later', reason: `HTTP ${status}`, retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null };
}

// Every line has a code (crm/check.ts), under which the operator reads it in his own language, and one that fails has a remedy.
const users = z.object({ ok: z.literal(true), users: z.array(z.object({ id: z.number() })) });

async function check(ask: Ask, { account, employees }: DriverTools): Promise<readonly CheckLine[]> {
  try {
    const answer = await ask({ method: 'GET', path: '/users' });
    if (answer.status === 401) return [{ ok: false, code: 'token', what: 'Notebook does not take the token', remedy: 'put a new one into `token`' }];
    const known = users.parse(answer.body).users.map(({ id }) => id);
    const mapped = employees.map(({ extension, crm }) => ({ ok: known.some((id) => id === crm[account]), extension }));
    return [
      { ok: true, code: 'token', what: 'Notebook knows us', remedy: '' },
      ...mapped.map(({ ok, extension }): CheckLine => ({ ok, code: 'employees', what: `employee ${extension}: a user of Notebook`, remedy: ok ? '' : 'write the id of the user into `employees`' })),
    ];
  } catch {
    return [{ ok: false, code: 'reachable', what: 'Notebook does not answer as Notebook does', remedy: 'correct `baseUrl`' }];
  }
}
