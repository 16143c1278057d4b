/**
 * `callme crm check`: does the account know us, do the rights suffice, is everybody there? Reads alone; each line that fails says what to do. Where the key itself
 * does not open, the rest would say the same again and is left out.
 */
import type { CheckLine } from '../../driver.ts';
import { credentials as credentialsShape } from './answers.ts';
import { fine, refusedLine, wrong } from './check-lines.ts';
import { moduleLines } from './check-module.ts';
import { peopleLines } from './check-people.ts';
import { settingsLines } from './check-settings.ts';
import type { Reply } from './crm.ts';
import type { Desk } from './desk.ts';
import { faultOf, remedyOf } from './verdicts.ts';

export async function check(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const reply = await credentialsOf(desk, signal);
  const said = reply.ok ? credentialsShape.safeParse(reply.said) : null;
  if (!reply.ok) return [refusedLine(reply), ...surroundings(desk)];
  if (said?.success !== true) return [wrong('address', 'the account answers, but not as RetailCRM does', remedyOf('address')), ...surroundings(desk)];
  const known = said.data;
  return [
    fine('reachable', 'the account answers'), fine('address', 'it is a RetailCRM account'), fine('token', 'the API key opens it'),
    clockLine(desk, reply), ...rightsLines(known.credentials), ...surroundings(desk),
    ...await settingsLines(desk, known.sitesAvailable, signal), ...await peopleLines(desk, signal), ...await moduleLines(desk, signal),
  ];
}

/** Outside of the versions (`/api/credentials`, as the vendor's clients ask it); some have it inside, too. */
async function credentialsOf(desk: Desk, signal: AbortSignal): Promise<Reply> {
  const reply = await desk.crm.ask('/credentials', {}, { signal });
  return !reply.ok && reply.status === 404 && faultOf(reply) === null ? desk.crm.ask('credentials', {}, { signal }) : reply;
}

/** Further apart, and a call would stand in the wrong minute. */
const APART_MS = 60_000;

function clockLine(desk: Desk, { at }: Reply): CheckLine {
  const apart = at === null ? 0 : Math.round(Math.abs(desk.tools.clock.now() - at) / 1000);
  if (apart * 1000 <= APART_MS) return fine('clock', 'our clock and theirs agree');
  return wrong('clock', `our clock and theirs are ${apart} seconds apart`, 'let this machine keep its time by NTP: `timedatectl set-ntp true`');
}

/** The addresses that a key must be allowed, whatever version stands in them. */
const NEEDED: readonly (readonly [address: string, right: string])[] = [
  ['telephony/call/event', 'telephony'], ['telephony/calls/upload', 'telephony'], ['telephony/manager', 'telephony'],
  ['integration-modules/{code}/edit', 'integration modules: write'], ['integration-modules/{code}', 'integration modules: read'], ['users', 'users: read'],
];

/** A list that names no addresses is of another kind than the one we know: the questions themselves will tell. */
function rightsLines(allowed: readonly string[]): readonly CheckLine[] {
  const addresses = allowed.filter((one) => one.startsWith('/api/')).map((one) => one.replace(/^\/api\/(?:v\d+\/)?/, ''));
  const missing = addresses.length === 0 ? [] : NEEDED.filter(([address]) => !addresses.includes(address)).map(([, right]) => right);
  if (missing.length === 0) return [fine('scope', 'the API key may do what it must')];
  return [wrong('scope', `the API key lacks rights: ${[...new Set(missing)].join(', ')}`, 'give them to the key in the account: Settings → Integration → API access keys')];
}

function surroundings({ tools }: Desk): readonly CheckLine[] {
  const what = 'RetailCRM plays recordings from our links';
  if (tools.publicUrl !== null) return [fine('recordings', what)];
  return [wrong('recordings', `${what}, and nobody outside can reach us`, 'set `web.publicUrl` and lead it to `web.listen`')];
}
