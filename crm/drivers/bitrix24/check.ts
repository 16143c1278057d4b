/**
 * `callme crm check`: does the portal let us in, and does it know what the config names? The doors come first: where one is shut, nothing behind it is asked.
 * Every line that fails says what to do.
 */
import type { CheckLine, Line } from '../../driver.ts';
import { consentEnd } from './access.ts';
import { externalLine, listOf } from './answers.ts';
import { codeOf, isOnlyTelephony, NOT_THERE, shut } from './check-door.ts';
import { type Checking, digitsOf, fine, masked, probe, wrong } from './check-lines.ts';
import { aboutPeople } from './check-people.ts';
import { aboutClicks, aboutSources } from './check-settings.ts';
import type { Desk } from './desk.ts';
import { consentAddress } from './install.ts';
import type { Params } from './portal.ts';
import type { Reply } from './replies.ts';
import { reasonOf, verdictOf } from './verdicts.ts';

const DAY_MS = 24 * 3600 * 1000;
/** An operator needs some weeks to notice. */
const SOON_MS = 30 * DAY_MS;
/** The 30 minutes of re-registration are counted from our clock (1.4). */
const APART_MS = 60_000;

export async function check(checking: Checking, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const { desk } = checking;
  const door = await probe(desk, 'telephony.externalline.get', {}, signal);
  if (!door.ok && !isOnlyTelephony(door)) return [shut(checking, door)];
  return [
    fine('reachable', 'the portal answers, and knows us'),
    ...aboutTelephony(checking, door),
    ...aboutClock(checking, door),
    ...aboutConsent(checking),
    ...await aboutPeople(checking, signal),
    ...await aboutRights(desk, signal),
    ...await aboutSources(desk, signal),
    ...await aboutClicks(checking, signal),
  ];
}

function aboutTelephony({ desk, tools }: Checking, door: Reply): readonly CheckLine[] {
  if (!door.ok) {
    const verdict = verdictOf(door);
    return [wrong(codeOf(door), `telephony: ${reasonOf(door)}`, verdict.kind === 'locked-out' ? verdict.reason : NOT_THERE)];
  }
  const known = listOf(externalLine, door.result).map(({ NUMBER }) => digitsOf(NUMBER));
  const named = [...tools.lines.map(({ number }) => number), ...desk.settings.lineNumber === undefined ? [] : [desk.settings.lineNumber]];
  const strange = named.filter((number) => !known.includes(digitsOf(number)));
  const lines = strange.length === 0 ? fine('lines', `${named.length} lines of the config are known to the portal`)
    : wrong('lines', `the portal does not know: ${strange.map(masked).join(', ')}`, UNTOLD);
  return [fine('scope', 'telephony: external lines'), lines, ...aboutIdleSources(desk, tools.lines)];
}

const UNTOLD = 'CallMe tells the portal its lines when it starts: start it; if this stays, add them in the portal under telephony';

function aboutIdleSources({ settings: { sources } }: Desk, lines: readonly Line[]): readonly CheckLine[] {
  const isLine = (line: string): boolean => lines.some(({ number }) => digitsOf(number) === digitsOf(line));
  const idle = lines.length === 0 ? [] : Object.keys(sources).filter((line) => !isLine(line));
  if (idle.length === 0) return [];
  return [wrong('settings', `\`sources\` names lines that are none: ${idle.map(masked).join(', ')}`, 'write each line as `lines` has it')];
}

function aboutClock({ tools }: Checking, door: Reply): readonly CheckLine[] {
  if (!door.ok || door.at === null) return [];
  const apart = Math.abs(tools.clock.now() - door.at);
  return [apart <= APART_MS ? fine('clock', 'our clock and the portal\'s agree')
    : wrong('clock', `our clock and the portal's differ by ${Math.round(apart / 1000)} s`, 'set this machine\'s clock by NTP: calls are registered twice otherwise')];
}

function aboutConsent({ application, tools }: Checking): readonly CheckLine[] {
  const pair = application?.keeper.current() ?? null;
  if (application === null || pair === null) return [];
  const end = consentEnd(pair);
  const left = end === null ? Infinity : end - tools.clock.now();
  if (left > SOON_MS) return [fine('token-expiry', 'the consent is fresh')];
  const days = Math.max(0, Math.floor(left / DAY_MS));
  return [wrong('token-expiry', `the consent ends in ${days} days, because nothing has renewed it`, `consent again at ${consentAddress(application)}`)];
}

interface Right { readonly what: string; readonly method: string; readonly params: Params; readonly remedy: string }
const RIGHTS: readonly Right[] = [
  { what: 'contacts: who is calling', method: 'telephony.externalcall.searchcrmentities', params: { PHONE_NUMBER: '+10000000000' },
    remedy: 'give the webhook or application the right crm' },
  { what: 'statistics: was a call finished', method: 'voximplant.statistic.get', params: { FILTER: { ID: 0 } },
    remedy: 'give the owner of the webhook or application the right "call statistics: view"; without it a lost answer is taken for a yes' },
];

async function aboutRights(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  for (const { what, method, params, remedy } of RIGHTS) {
    const reply = await probe(desk, method, params, signal);
    lines.push(reply.ok ? fine('scope', what) : wrong('scope', `${what}: ${reasonOf(reply)}`, remedy));
  }
  return lines;
}
