/** Names in the settings that must be there: the shop, and the time zone that calls are told in. */
import { z } from 'zod';
import type { CheckLine } from '../../driver.ts';
import { accountSettings } from './answers.ts';
import { fine, refusedLine, wrong } from './check-lines.ts';
import type { Desk } from './desk.ts';
import { localTime } from './moments.ts';

export async function settingsLines(desk: Desk, available: readonly string[], signal: AbortSignal): Promise<readonly CheckLine[]> {
  return [...await siteLines(desk, available, signal), ...await timezoneLines(desk, signal)];
}

/** A key that sees all shops does not list them (`siteAccess`): then the directory of shops is asked. */
async function siteLines({ crm, settings: { site } }: Desk, available: readonly string[], signal: AbortSignal): Promise<readonly CheckLine[]> {
  if (site === undefined) return [];
  let sites = available;
  if (sites.length === 0) {
    const reply = await crm.ask('reference/sites', {}, { signal });
    if (!reply.ok) return [refusedLine(reply, 'the shops')];
    const said = z.looseObject({ sites: z.record(z.string(), z.unknown()) }).safeParse(reply.said);
    sites = said.success ? Object.keys(said.data.sites) : [];
  }
  if (sites.includes(site)) return [fine('settings', 'the shop that `site` names is there')];
  return [wrong('settings', 'the shop that `site` names is not there, or the API key may not see it', `put one of these into \`site\`: ${sites.slice(0, 20).join(', ')}`)];
}

/** Uploads have no offset (crm-contracts 3.2). An account that does not tell its zone is believed to have ours. */
async function timezoneLines({ crm, tools }: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const reply = await crm.ask('settings', {}, { signal });
  const said = reply.ok ? accountSettings.safeParse(reply.said) : null;
  const theirs = said?.success === true ? said.data.settings.timezone.value : null;
  if (theirs === null) return [];
  const now = tools.clock.now();
  const agree = isTimezone(theirs) && localTime(now, theirs) === localTime(now, tools.timezone);
  if (agree) return [fine('settings', 'calls are told in the account\'s time zone')];
  return [wrong('settings', `the account's time zone is ${theirs.slice(0, 60)}, ours is ${tools.timezone}: calls would stand at a wrong time`, 'set `timezone` to the account\'s')];
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
