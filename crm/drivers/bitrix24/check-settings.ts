import type { CheckLine } from '../../driver.ts';
import { listOf, source } from './answers.ts';
import { type Checking, fine, probe, wrong } from './check-lines.ts';
import type { Desk } from './desk.ts';
import { reasonOf } from './verdicts.ts';

/** Names in the settings that only the portal knows. */
export async function aboutSources(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const { sourceId, sources } = desk.settings;
  const named = [...new Set([...sourceId === undefined ? [] : [sourceId], ...Object.values(sources)])];
  if (named.length === 0) return [];
  const reply = await probe(desk, 'crm.status.list', { filter: { ENTITY_ID: 'SOURCE' } }, signal);
  if (!reply.ok) return [wrong('settings', `sources of leads: ${reasonOf(reply)}`, 'give the webhook or application the right crm')];
  const known = listOf(source, reply.result).map(({ STATUS_ID }) => STATUS_ID);
  const strange = named.filter((id) => !known.includes(id));
  return [strange.length === 0 ? fine('settings', 'the sources of leads exist')
    : wrong('settings', `no such source of leads: ${strange.join(', ')}`, `write one of ${known.slice(0, 20).join(', ')} into \`sourceId\` or \`sources\``)];
}

const FEED = 'click-to-call';
const REACH = 'set `web.publicUrl`, or use a local application with `events: poll`, which asks for them';
const PROVE = 'write the token of the outgoing webhook into `applicationToken` (an application: install it again)';
const ADMIN = 'install the application as an administrator: only they may have its events';
/** Can a click reach us, and can it be proven? */
export async function aboutClicks({ desk, events, applicationToken, tools }: Checking, signal: AbortSignal): Promise<readonly CheckLine[]> {
  if (events === 'poll') {
    const queue = await probe(desk, 'event.offline.list', { start: 0 }, signal);
    if (desk.settings.events === 'push') return [wrong(FEED, 'events shall be pushed, but nobody outside can reach CallMe', REACH)];
    return [queue.ok ? fine(FEED, 'events are asked for') : wrong(FEED, `events cannot be asked for: ${reasonOf(queue)}`, ADMIN)];
  }
  const lines: CheckLine[] = [];
  if (tools.publicUrl === null) lines.push(wrong(FEED, 'the portal cannot reach CallMe: click-to-call will not work', REACH));
  if (applicationToken() === '') lines.push(wrong(FEED, 'events of the portal cannot be proven', PROVE));
  return lines.length > 0 ? lines : [fine(FEED, 'events can reach us, and be proven')];
}
