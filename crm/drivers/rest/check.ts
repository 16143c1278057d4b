/** `callme crm check`: asks the questions that change nothing, and looks at what the settings need. */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { CheckCode, CheckLine } from '../../check.ts';
import type { CrmUser } from '../../driver.ts';
import { contactIn, contactInText, isAnswered, isPage, isYes, nameAt } from './answers.ts';
import { expiry, fine, wrong } from './check-lines.ts';
import { ask, type Desk, type Entry } from './desk.ts';
import { users } from './lookup.ts';
import type { Values } from './templates.ts';
import { numbersOf } from './values.ts';
import { REMEDIES } from './verdicts.ts';

/** Nobody has this number: the plan of the USA begins area codes at 200. */
const NOBODY = '+10000000000';
/** More makes signatures worthless long before they are refused (crm-contracts 4.1: 300 s). */
const CLOCK_MS = 60_000;

export async function check(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const asked: (readonly CheckLine[])[] = [];
  for (const probe of probesOf(desk)) asked.push(await tried(desk, probe, signal));
  const lines = asked.flat();
  const reached = lines.every(({ ok }) => ok);
  const more = reached ? [...await people(desk, signal), ...await contact(desk, signal)] : [];
  return [...once(lines), ...more, ...surroundings(desk)];
}

/** The same line about three questions is one line. */
const once = (lines: readonly CheckLine[]): readonly CheckLine[] => [...new Map(lines.map((line) => [`${line.code} ${line.what}`, line])).values()];

interface Probe { readonly what: string; readonly entry: Entry; readonly mayLack: boolean; readonly mayBeText: boolean }

function probesOf({ settings: { lookup, route, users: list } }: Desk): readonly Probe[] {
  const probes = [
    ...(lookup.use ? [{ what: 'lookup', entry: lookup, mayLack: true, mayBeText: lookup.answer === 'text' }] : []),
    ...(route === undefined ? [] : [{ what: 'route', entry: route, mayLack: true, mayBeText: true }]),
    ...(list === undefined ? [] : [{ what: 'users', entry: list, mayLack: false, mayBeText: false }]),
  ];
  return probes.length > 0 ? probes : [ADDRESS];
}

/** Where there is no question that changes nothing, all that can be said is that somebody is there. */
const ADDRESS: Probe = { what: 'the address', entry: { path: '' }, mayLack: true, mayBeText: true };

async function tried(desk: Desk, probe: Probe, signal: AbortSignal): Promise<readonly CheckLine[]> {
  try {
    const answer = await ask(desk, { entry: probe.entry, values: valuesFor(desk, NOBODY, probe.entry), operation: 'check' }, signal);
    return [judged(desk, probe, answer), ...clock(desk, answer)];
  } catch (error) {
    const why = error instanceof Error ? error.message : 'no answer';
    return [wrong('reachable', `nobody answers: ${why}`, 'correct `url`, or look why the CRM does not answer')];
  }
}

const valuesFor = ({ settings, tools }: Desk, number: string, entry: Entry): Values => {
  const line = tools.lines[0]?.number ?? null;
  return { ...numbersOf(number, { tools, style: entry.phone ?? settings.phone }), line, did: line, direction: 'in' };
};

const CODES: Readonly<Record<number, CheckCode>> = { 401: 'token', 402: 'plan', 403: 'scope' };

function judged({ settings }: Desk, probe: Probe, answer: HttpAnswer): CheckLine {
  const { status } = answer;
  const { what, mayLack, mayBeText } = probe;
  if (probe === ADDRESS && status < 500) return fine('reachable', 'somebody answers there; whether it takes what we tell, the first call shows');
  const said = `${what}: HTTP ${status}`;
  const code = CODES[status];
  if (code !== undefined) return wrong(code, said, REMEDIES[status] ?? '');
  if (status >= 300 && status < 400) return wrong('address', `${said}, a redirect`, 'write the address that it leads to into `url`: none is followed');
  if (isPage(answer) && status < 500) return wrong('address', `${said}, a page of HTML`, 'correct `url` and the paths: people are meant to read this');
  if (status === 404 && !mayLack) return wrong('address', said, 'correct `url` and the path of this question');
  if (status === 429) return wrong('reachable', said, 'it was asked too much: try again later, or lower `pace`');
  if (status !== 404 && status < 500 && status >= 400) return wrong('settings', said, 'correct the method, the body and the placeholders of this question');
  if (status >= 500) return wrong('reachable', said, 'the CRM is in trouble: look into its own log');
  const isText = isYes(answer) && !isAnswered(answer, settings) && answer.text !== '';
  if (isText && !mayBeText) return wrong('settings', `${said}, no JSON`, 'set `answer: text`, or correct the path');
  return fine('reachable', `${what} is answered`);
}

function clock({ tools }: Desk, { headers }: HttpAnswer): readonly CheckLine[] {
  const theirs = Date.parse(headers['date'] ?? '');
  if (Number.isNaN(theirs)) return [];
  const apart = Math.abs(tools.clock.now() - theirs);
  if (apart <= CLOCK_MS) return [fine('clock', 'our clock and the CRM\'s agree')];
  const what = `our clock and the CRM's are ${Math.round(apart / 1000)} s apart`;
  return [wrong('clock', what, 'set both by NTP (timedatectl): signatures older than 300 s are refused')];
}

async function people(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  if (desk.settings.users === undefined) return [];
  try {
    const known = await users(desk, signal);
    return [...desk.tools.employees.map((employee) => mapped(employee.extension, String(employee.crm[desk.tools.account] ?? ''), known)), ...shared(known)];
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not read';
    return [wrong('settings', `users: ${why}`, 'correct `users`: where the list is, and what its fields are called')];
  }
}

function mapped(extension: string, id: string, known: readonly CrmUser[]): CheckLine {
  const what = `employee ${extension}`;
  const user = id === '' ? known.find(({ extensions }) => extensions.some((one) => one === extension)) : known.find((one) => one.id === id);
  const nobody = id === '' ? 'nobody in the CRM' : `no user ${id}`;
  if (user === undefined) return wrong('employees', `${what}: ${nobody}`, 'write the id of the CRM user into `employees`, or the extension into the CRM');
  if (user.active) return fine('employees', `${what} is user ${user.id}`);
  return wrong('employees', `${what}: user ${user.id} is not active`, 'activate the user, or give the employee another');
}

function shared(known: readonly CrmUser[]): readonly CheckLine[] {
  const all = known.filter((user) => user.active).flatMap(({ extensions }) => extensions);
  const twice = [...new Set(all.filter((one, index) => all.indexOf(one) !== index))];
  if (twice.length === 0) return [fine('extensions', 'no two users have one extension')];
  return twice.map((one) => wrong('extensions', `several users have the extension ${one}`, 'give each user one of their own: calls would go to either'));
}

async function contact(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const { lookup: entry, knownPhone } = desk.settings;
  if (knownPhone === undefined || !entry.use) return [];
  const answer = await ask(desk, { entry, values: valuesFor(desk, knownPhone, entry), operation: 'check' }, signal).catch(() => null);
  const found = answer === null ? null : entry.answer === 'text' ? contactInText(answer, 'known') : contactIn(answer.body, entry, 'known');
  const who = 'the contact behind `knownPhone`';
  if (found === null) return [wrong('settings', `${who} is not found`, 'correct `lookup`: its path, `phone` (how numbers are written) and `found`')];
  const named = found.name !== '' && (entry.answer === 'text' || nameAt(answer?.body, entry.name) !== '');
  if (named) return [fine('settings', `${who} can be read`)];
  return [wrong('settings', `${who} has no name`, 'correct `lookup.name`: where in the answer the name stands')];
}

function surroundings({ settings, tools }: Desk): readonly CheckLine[] {
  const isReached = tools.publicUrl !== null;
  const mayAsk = settings.secret !== undefined || settings.inboundToken !== undefined;
  return [
    ...(settings.recording === 'link' ? [isReached ? fine('recordings', 'recordings are told as links') : NO_LINKS] : []),
    ...(mayAsk ? [isReached ? fine('click-to-call', 'the CRM may ask us to dial') : NO_WAY] : []), ...expiry(settings.token, tools.clock.now()),
  ];
}

const UNSET = '`web.publicUrl` is not set';
const NO_LINKS = wrong('recordings', `recordings are told as links, and ${UNSET}`, 'set `web.publicUrl`, or `recording: upload`, or `recording: none`');
const NO_WAY = wrong('click-to-call', `the CRM cannot reach us: ${UNSET}`, 'set `web.publicUrl` to the address where the CRM reaches `web.listen`');
