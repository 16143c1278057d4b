/** `callme crm check`: do the address, the token and the rights suffice? Every line that fails says what to do. Longer, because it is a list of probes. */
import { z } from 'zod';
import type { CheckCode, CheckLine } from '../../driver.ts';
import { type Account, account, embedded, entity, id, type User } from './answers.ts';
import { type Answered, type Reply, strange } from './api.ts';
import type { Desk } from './desk.ts';
import { listUsers } from './people.ts';
import { isSubscribed, knownAccount, WEBHOOKS_REMEDY } from './registration.ts';
import { read, redirectOf } from './tokens.ts';
import { isTransient, reasonOf, type Refusal, verdictOf } from './verdicts.ts';

const PROBE_MS = 10_000;
const DAY_MS = 24 * 3600 * 1000;
/** "warn 30 days before expiry" (crm-contracts 2.1). */
const SOON_MS = 30 * DAY_MS;
/** A refresh token lives three months (2.1). */
const REFRESH_MS = 90 * DAY_MS;
const CLOCK_MS = 60_000;

const fine = (code: CheckCode, what: string): CheckLine => ({ ok: true, code, what, remedy: '' });
const wrong = (code: CheckCode, what: string, remedy: string): CheckLine => ({ ok: false, code, what, remedy });

export async function check(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const { tokens } = desk.api;
  if (tokens.bearer() === null) {
    return [wrong('registration', 'nobody has consented, or the consent was taken back', tokens.remedy()), ...redirect(desk)];
  }
  const reply = await get(desk, '/api/v4/account?with=drive_url', signal);
  const found = reply.ok ? account.safeParse(reply.body).data : undefined;
  if (!reply.ok || found === undefined) return [failed('account', reply.ok ? strange(reply.status) : reply)];
  return [
    fine('reachable', 'amoCRM answers'), address(desk, found), fine('token', `the token opens account ${found.id}`),
    expiry(desk), clock(desk, reply), ...redirect(desk),
    await contacts(desk, signal), ...await people(desk, signal), await pipeline(desk, signal),
    ...await recordings(desk, found, signal), ...await webhooks(desk, signal),
  ];
}

function get({ api }: Desk, path: string, signal: AbortSignal): Promise<Reply> {
  return api.ask({ method: 'GET', path, operation: 'check', timeoutMs: PROBE_MS }, signal);
}

/** The line for a probe that was refused: who is at fault follows from the answer. */
function failed(what: string, refusal: Refusal): CheckLine {
  const verdict = verdictOf(refusal);
  const known = verdict.kind === 'locked-out' ? verdict.reason : '';
  return wrong(codeOf(refusal), `${what}: ${reasonOf(refusal)}`, known === '' ? OTHERWISE : known);
}
const OTHERWISE = 'look whether `baseUrl` is the address of your account (https://acme.amocrm.ru), then try again';

function codeOf(refusal: Refusal): CheckCode {
  const { status } = refusal;
  if (status === 401) return 'token';
  if (status === 402) return 'plan';
  if (status === 403) return 'scope';
  if (status === 404 || (status >= 300 && status < 400)) return 'address';
  return isTransient(refusal) ? 'reachable' : 'settings';
}

/** The account that answers must be the one that is meant: by its subdomain, by what the token says of itself, and by what we knew before. */
function address(desk: Desk, { id, subdomain }: Account): CheckLine {
  const { hostname } = new URL(desk.api.tokens.bearer()?.base ?? desk.settings.baseUrl);
  const stranger = subdomain !== '' && /\.(?:amocrm\.ru|kommo\.com)$/.test(hostname) && !hostname.startsWith(`${subdomain}.`);
  const meant = read(desk.settings.token ?? '').account_id;
  const before = knownAccount(desk);
  if (!stranger && (meant ?? id) === id && (before ?? String(id)) === String(id)) return fine('address', `account ${id}`);
  return wrong('address', `account ${id} answers, which is not the one of before, of the token or of the address`,
    'write the account\'s own address into `baseUrl`; a token is good for its own account alone');
}

function expiry({ settings, api, tools: { clock } }: Desk): CheckLine {
  const exp = read(settings.token ?? '').exp;
  const since = Number(api.tokens.bearer()?.pair?.extra['since'] ?? Number.NaN);
  const ends = settings.token === undefined ? since + REFRESH_MS : (exp ?? Number.NaN) * 1000;
  if (!Number.isFinite(ends)) return fine('token-expiry', 'the token does not say when it ends');
  const days = Math.floor((ends - clock.now()) / DAY_MS);
  if (ends - clock.now() > SOON_MS) return fine('token-expiry', `the token is good for ${days} days`);
  const remedy = settings.token === undefined ? 'let `callme serve` run: it renews the token'
    : 'create a new long-lived token in the integration\'s card and put it into `token`';
  return wrong('token-expiry', `the token ends in ${Math.max(days, 0)} days`, remedy);
}

function clock({ tools }: Desk, { headers }: Answered): CheckLine {
  const theirs = Date.parse(headers['date'] ?? '');
  const apart = Math.abs(theirs - tools.clock.now());
  if (!(apart > CLOCK_MS)) return fine('clock', 'our clock is theirs');
  return wrong('clock', `our clock is ${Math.round(apart / 1000)} seconds off theirs`,
    'let this machine keep its clock by NTP (timedatectl set-ntp true)');
}

/** Without a place to come back to, a consent ends nowhere. */
function redirect({ settings, tools, api }: Desk): readonly CheckLine[] {
  if (api.tokens.keeper === null || redirectOf(settings, tools) !== '') return [];
  return [wrong('registration', 'a consent could not come back: neither `redirectUri` nor `web.publicUrl` is set',
    'set `web.publicUrl`, or `redirectUri` as it stands in the integration')];
}

async function contacts(desk: Desk, signal: AbortSignal): Promise<CheckLine> {
  const reply = await get(desk, '/api/v4/contacts?limit=1', signal);
  if (!reply.ok) return failed('contacts: who is calling', reply);
  if (reply.status === 204 || embedded(reply.body, 'contacts', entity) !== null) return fine('scope', 'contacts can be read');
  return failed('contacts: who is calling', strange(reply.status));
}

async function people(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const users = await listUsers(desk.api, signal);
  if (!('ok' in users)) {
    return [...desk.tools.employees.map((one) => employee(desk, one.extension, users)), extensions(desk), defaultUser(desk, users)];
  }
  if (users.status !== 403 || users.blocked) return [failed('users', users)];
  return [wrong('scope', 'users cannot be listed, so nobody can say whether employees are who they seem',
    'create the token as an administrator: only they may list users')];
}

function employee({ people, tools: { account } }: Desk, extension: Parameters<typeof people.userOf>[0], users: readonly User[]): CheckLine {
  const user = people.userOf(extension);
  if (user === null) {
    return wrong('employees', `employee ${extension}: no user of amoCRM is named`,
      `write \`crm: { ${account}: <user id> }\` beside the employee`);
  }
  const found = users.find((one) => one.id === user);
  if (found?.rights.is_active === true) return fine('employees', `employee ${extension}: user ${user}`);
  return wrong('employees', `employee ${extension}: user ${user} ${found === undefined ? 'is not in the account' : 'is switched off'}`,
    'correct the user id in `employees`: it is in the address of the user\'s page in amoCRM');
}

/** Extensions live in our config alone; whose call is it where two have one? */
function extensions({ tools: { employees } }: Desk): CheckLine {
  const twice = employees.map(({ extension }) => extension).find((one, index, all) => all.indexOf(one) !== index);
  if (twice === undefined) return fine('extensions', 'every extension belongs to one employee');
  return wrong('extensions', `extension ${twice} belongs to two employees`, 'give each employee an extension of their own in `employees`');
}

function defaultUser({ settings }: Desk, users: readonly User[]): CheckLine {
  const there = settings.defaultUser === undefined || users.some((one) => one.id === settings.defaultUser && one.rights.is_active);
  const what = settings.defaultUser === undefined ? 'no default user is named' : `the default user is ${settings.defaultUser}`;
  if (there) return fine('settings', what);
  return wrong('settings', `the default user ${settings.defaultUser} is not in the account, or is switched off`,
    'correct `defaultUser`, or take it away');
}

const pipelineForm = z.looseObject({ id, is_main: z.boolean().catch(false), is_unsorted_on: z.boolean().catch(true) });

/** Unknown callers go to a pipeline that takes unsorted ones. */
async function pipeline(desk: Desk, signal: AbortSignal): Promise<CheckLine> {
  const { unknown, pipeline } = desk.settings;
  if (unknown !== 'unsorted') return fine('settings', 'unknown callers need no pipeline');
  const reply = await get(desk, '/api/v4/leads/pipelines', signal);
  if (!reply.ok) return failed('pipelines', reply);
  const all = embedded(reply.body, 'pipelines', pipelineForm) ?? [];
  const mine = all.find((one) => (pipeline === undefined ? one.is_main : one.id === pipeline));
  if (mine === undefined) {
    return wrong('settings', `there is no pipeline ${pipeline ?? ''} for unknown callers`, 'write the id of a pipeline into `pipeline`');
  }
  if (!mine.is_unsorted_on) {
    return wrong('settings', `pipeline ${mine.id} takes no unsorted calls`,
      'switch "unsorted" on in the pipeline, name another one in `pipeline`, or set `unknown: contact`');
  }
  return fine('settings', `unknown callers go to pipeline ${mine.id}`);
}

async function recordings(desk: Desk, { drive_url: drive }: Account, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const { settings, tools: { publicUrl }, api } = desk;
  if (settings.recordings === 'link') {
    if (publicUrl?.startsWith('https:') === true) return [fine('recordings', 'recordings are played by links')];
    return [wrong('recordings', 'browsers cannot open our links to recordings',
      'set `web.publicUrl` to an https address that leads to CallMe, or set `recordings: drive`')];
  }
  const address = drive === null ? null : api.homeward(`${drive.replace(/\/$/, '')}/v1.0/files?limit=1`);
  if (address === null) {
    return [wrong('recordings', 'the account names no files service', 'give the integration access to files, or set `recordings: link`')];
  }
  const reply = await get(desk, address, signal);
  if (reply.ok) return [fine('recordings', 'recordings can be uploaded')];
  if (reply.status !== 403 || reply.blocked) return [failed('files service', reply)];
  return [wrong('scope', `files service: ${reasonOf(reply)}`, 'give the integration access to files, or set `recordings: link`')];
}

async function webhooks(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  if (!desk.settings.webhooks) return [];
  if (desk.tools.publicUrl === null) {
    return [wrong('registration', 'amoCRM could not reach us with its webhooks', 'set `web.publicUrl`, or `webhooks: false`')];
  }
  const there = await isSubscribed(desk, signal);
  if (there === true) return [fine('registration', 'amoCRM tells us about changed contacts')];
  if (there === false) {
    return [wrong('registration', 'amoCRM does not tell us about changed contacts, or has switched our webhook off',
      'start `callme serve`: it subscribes; look that `web.publicUrl` can be reached from outside')];
  }
  if (there.status !== 403 || there.blocked) return [failed('webhooks', there)];
  return [wrong('plan', `webhooks: ${reasonOf(there)}`,
    WEBHOOKS_REMEDY)];
}
