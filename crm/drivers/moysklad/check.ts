/** `callme crm check`: does the key open MoySklad, and is everybody there? One question; each line that fails says what to do. */
import type { Employee } from '../../../core/words.ts';
import type { CheckCode, CheckLine } from '../../driver.ts';
import { type CrmEmployee, employees as employeesShape } from './answers.ts';
import type { Desk } from './desk.ts';
import type { Reply } from './sklad.ts';
import { faultOf, reasonOf, type Refusal, remedyOf } from './verdicts.ts';

const fine = (code: CheckCode, what: string): CheckLine => ({ ok: true, code, what, remedy: '' });
const wrong = (code: CheckCode, what: string, remedy: string): CheckLine => ({ ok: false, code, what, remedy });

export async function check(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const reply = await desk.sklad.ask('/employee', { signal });
  const said = reply.ok ? employeesShape.safeParse(reply.said) : null;
  if (!reply.ok) return [refusedLine(reply), ...surroundings(desk)];
  if (said?.success !== true) return [wrong('address', 'somebody answers, but not as MoySklad does', remedyOf('address')), ...surroundings(desk)];
  return [
    fine('reachable', 'MoySklad answers'), fine('token', 'the key opens it'), fine('registration', 'the application Phone API is connected'),
    clockLine(desk, reply), employeesLine(desk, said.data), extensionsLine(said.data), ...surroundings(desk),
  ];
}

function refusedLine(refusal: Refusal): CheckLine {
  const fault = faultOf(refusal);
  const words = `MoySklad: ${reasonOf(refusal)}`;
  if (fault !== null) return wrong(fault, words, remedyOf(fault));
  const elsewhere = refusal.status > 0 && refusal.status < 500 && refusal.status !== 429;
  return elsewhere ? wrong('address', words, remedyOf('address')) : wrong('reachable', words, 'look whether MoySklad can be reached from here; then try again');
}

/** Further apart, and a call would stand in the wrong minute. */
const APART_MS = 60_000;

function clockLine({ tools }: Desk, { at }: Reply): CheckLine {
  const apart = at === null ? 0 : Math.round(Math.abs(tools.clock.now() - at) / 1000);
  if (apart * 1000 <= APART_MS) return fine('clock', 'our clock and MoySklad\'s agree');
  return wrong('clock', `our clock and MoySklad's are ${apart} seconds apart`, 'let this machine keep its time by NTP: `timedatectl set-ntp true`');
}

/** So many names are enough to begin with. */
const NAMED = 10;
const some = (all: readonly string[]): string => `${all.slice(0, NAMED).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more` : ''}`;

/** Cards go by extension: whose id the config names needs that extension in MoySklad all the same. */
function employeesLine({ tools }: Desk, known: readonly CrmEmployee[]): CheckLine {
  const strangers = tools.employees.filter((employee) => !isThere(employee, known, tools.account)).map(({ extension }) => extension);
  if (strangers.length === 0) return fine('employees', 'every employee has their extension in MoySklad');
  return wrong('employees', `nobody in MoySklad has this extension, or somebody else than the config says: ${some(strangers)}`,
    'write the extension into the employee\'s card in MoySklad (Settings → Employees), or correct the id in `employees`');
}

function isThere({ extension, crm }: Employee, known: readonly CrmEmployee[], account: string): boolean {
  const id = crm[account];
  return known.some((one) => one.extension === extension && (id === undefined || one.id === String(id)));
}

function extensionsLine(known: readonly CrmEmployee[]): CheckLine {
  const extensions = known.flatMap(({ extension }) => extension ?? []);
  const twice = [...new Set(extensions.filter((extension, place) => extensions.indexOf(extension) !== place))];
  if (twice.length === 0) return fine('extensions', 'no two employees have one extension');
  return wrong('extensions', `several employees have the extension ${some(twice)}`, 'give each employee an extension of their own');
}

function surroundings({ tools }: Desk): readonly CheckLine[] {
  const whats = [['recordings', 'MoySklad plays recordings from our links'], ['click-to-call', 'MoySklad posts clicks to us']] as const;
  const remedy = 'set `web.publicUrl` and lead it to `web.listen`';
  return whats.map(([code, what]) => (tools.publicUrl === null ? wrong(code, `${what}, and nobody outside can reach us`, remedy) : fine(code, what)));
}
