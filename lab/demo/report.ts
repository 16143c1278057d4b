/** What happened, for a person: the route and its reason, the timeline, the recording, and every request that the portal received. */
import { show } from '../tones.ts';
import type { Act } from './acts.ts';
import type { Verdict } from './judge.ts';
import { compact, indented, line, title } from './say.ts';
import type { Stage } from './stage.ts';

/** Returns complaints of its own: the story that CallMe tells must name the route that it took. */
export async function report(stage: Stage, act: Act, verdict: Verdict): Promise<readonly string[]> {
  title(act.title);
  const linkedid = verdict.call?.externalCallId;
  if (linkedid === undefined) return [];
  const story = await stage.verb('calls', 'explain', linkedid);
  indented(story);
  await recording(stage, linkedid, verdict);
  const reason = act.expect.routeReason;
  return reason === null || story.includes(reason) ? [] : [`the story does not name the route's reason ${reason}`];
}

interface SpoolRow { readonly id: string; readonly state: string; readonly call: string; readonly mp3?: string | null; readonly reason?: string }

async function recording(stage: Stage, linkedid: string, { sound }: Verdict): Promise<void> {
  const rows = (JSON.parse(await stage.verb('spool', 'list', '--json')) as readonly SpoolRow[]).filter(({ call }) => call.endsWith(`/${linkedid}`));
  for (const row of rows) line(`    spool: ${row.id} ${row.state}${row.mp3 ? ` ${row.mp3}` : ''}${row.reason ? ` (${row.reason})` : ''}`);
  if (sound === null) return;
  line(`    MP3 as the portal has it: ${sound.seconds.toFixed(1)} s, ${sound.bytes} bytes`);
  line(`    heard: ${show(sound.runs)}`);
}

export function ledger({ portal }: Stage): void {
  title(`Every request that the portal received (${portal.ledger.length})`);
  for (const { order, method, status, params } of portal.ledger) line(`    ${String(order).padStart(3)} ${status ?? '---'} ${method} ${compact(params)}`);
}

export function conclusion(complaints: readonly string[]): number {
  title(complaints.length === 0 ? 'Checked: each call was told once, each record is whole, the portal refused nothing' : 'Not as it should be');
  for (const complaint of complaints) line(`    - ${complaint}`);
  return complaints.length === 0 ? 0 : 1;
}
