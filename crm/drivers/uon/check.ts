/** `callme crm check` for U-ON. */
import type { CheckCode, CheckLine } from '../../check.ts';
import type { CrmUser } from '../../driver.ts';
import type { Reply } from './answers.ts';
import { usersIn } from './clients.ts';
import { ask, type Desk, REMEDIES } from './desk.ts';

const CLOCK_MS = 60_000;
/** Nobody has it: no country begins with 0. */
const PROBES: readonly { readonly what: string; readonly path: string; readonly mayLack: boolean }[] = [
  { what: 'managers', path: 'manager', mayLack: false }, { what: 'clients by number', path: 'user/phone/00000000000', mayLack: true },
  { what: 'history of calls', path: 'call_history/1', mayLack: true },
];
const CODES: Readonly<Record<number, CheckCode>> = { 401: 'token', 402: 'plan', 403: 'scope' };

const fine = (code: CheckCode, what: string): CheckLine => ({ ok: true, code, what, remedy: '' });
const wrong = (code: CheckCode, what: string, remedy: string): CheckLine => ({ ok: false, code, what, remedy });

export async function check(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  for (const probe of PROBES) {
    const reply = await ask(desk, probe, signal).catch((error: unknown) => (error instanceof Error ? error.message : 'no answer'));
    if (typeof reply === 'string') {
      lines.push(wrong('reachable', `U-ON does not answer: ${reply}`, 'look whether this machine reaches `baseUrl`'));
      break;
    }
    lines.push(judged(probe, reply));
    if (reply.ok && probe.path === 'manager') lines.push(...clock(desk, reply.date), ...people(desk, usersIn(desk, reply.body)));
  }
  return [...lines, ...surroundings(desk)];
}

function judged({ what, mayLack }: (typeof PROBES)[number], reply: Reply): CheckLine {
  if (reply.ok || (mayLack && reply.status === 404 && reply.definite)) return fine('reachable', `${what}: answered`);
  const code = CODES[reply.status];
  if (code !== undefined) return wrong(code, `${what}: HTTP ${reply.status}`, REMEDIES[reply.status] ?? '');
  const said = `${what}: HTTP ${reply.status}${reply.page ? ' with a page' : ''}`;
  if (reply.status < 500 && reply.status !== 429) return wrong('address', said, 'correct `baseUrl` to https://api.u-on.ru: this is not the API of U-ON');
  return wrong('reachable', `${what}: HTTP ${reply.status}`, 'U-ON is in trouble, or was asked too much: try again later');
}

function clock({ tools }: Desk, date: string): readonly CheckLine[] {
  const theirs = Date.parse(date);
  if (Number.isNaN(theirs)) return [];
  const apart = Math.abs(tools.clock.now() - theirs);
  if (apart <= CLOCK_MS) return [fine('clock', 'our clock and U-ON\'s agree')];
  const what = `our clock and U-ON's are ${Math.round(apart / 1000)} s apart`;
  return [wrong('clock', what, 'set the clock of this machine by NTP (timedatectl): calls would stand at the wrong time')];
}

function people({ settings, tools }: Desk, known: readonly CrmUser[]): readonly CheckLine[] {
  const ids = tools.employees.map(({ extension, crm }) => [`employee ${extension}`, String(crm[tools.account] ?? '')] as const);
  const lines = ids.map(([what, id]) => mapped('employees', what, known.find((user) => user.id === id)));
  const { defaultManager: id } = settings;
  return id === undefined ? lines : [...lines, mapped('settings', '`defaultManager`', known.find((user) => user.id === id))];
}

function mapped(code: CheckCode, what: string, user: CrmUser | undefined): CheckLine {
  if (user === undefined) return wrong(code, `${what}: no such manager in U-ON`, 'write the id of the manager (U-ON: settings, staff) here');
  if (user.active) return fine(code, `${what} is manager ${user.id}`);
  return wrong(code, `${what}: manager ${user.id} is not active`, 'name another manager, or activate this one in U-ON');
}

function surroundings({ settings, tools: { publicUrl } }: Desk): readonly CheckLine[] {
  const recordings = publicUrl === null ? NO_LINKS : fine('recordings', 'recordings are told as links');
  if (settings.webhookSecret === undefined) return [recordings];
  return [recordings, publicUrl === null ? NO_WAY : fine('click-to-call', 'U-ON may ask us to dial')];
}

const UNSET = '`web.publicUrl` is not set';
const REACH = 'set `web.publicUrl` to the address where U-ON and its users reach `web.listen`';
const NO_LINKS = wrong('recordings', `U-ON plays recordings from links, and ${UNSET}`, REACH);
const NO_WAY = wrong('click-to-call', `U-ON cannot reach us: ${UNSET}`, REACH);
