/** What came of an act: the portal's call, CallMe's own story of it, the recording; and every complaint about it in one sentence. */
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { PortalCall } from '../../test/fakes/crm/bitrix24.ts';
import { complaints } from '../hearing.ts';
import { analyse, decodeMp3, type Run } from '../tones.ts';
import type { Act } from './acts.ts';
import type { Stage } from './stage.ts';

export interface Verdict {
  readonly call: PortalCall | undefined;
  readonly sound: { readonly runs: readonly Run[]; readonly seconds: number; readonly bytes: number } | null;
  readonly complaints: readonly string[];
}

const SETTLE_SECONDS = 30;

/** Waits until the portal has everything that this act owes it (or time is up), then looks. `before` = calls that are older. */
export async function judge(stage: Stage, act: Act, before: number): Promise<Verdict> {
  const until = Date.now() + SETTLE_SECONDS * 1000;
  while (!settled(stage, act, before) && Date.now() < until) await pause(50);
  const calls = stage.portal.calls.slice(before);
  const [call] = calls;
  if (call === undefined) return { call, sound: null, complaints: ['the portal heard of no call'] };
  const sound = await heard(stage, call);
  const more = calls.length > 1 ? [`the portal has ${calls.length} calls instead of one`] : [];
  return { call, sound, complaints: [...more, ...aboutCall(act, call), ...aboutSound(act, call, sound)] };
}

function settled(stage: Stage, act: Act, before: number): boolean {
  const call = stage.portal.calls.at(before);
  return call !== undefined && call.finish !== null && (act.expect.sound === null || call.records.length > 0);
}

function aboutCall({ expect }: Act, call: PortalCall): readonly string[] {
  const talk = call.finish?.duration ?? 0;
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ['register', call.registers, 1], ['finish', call.finishes, 1], ['record', call.records.length, expect.sound === null ? 0 : 1],
    ['the client\'s number', call.phone.replaceAll(/\D/g, ''), expect.client], ['TYPE', call.type, expect.type],
    ['STATUS_CODE', call.finish?.statusCode, expect.statusCode], ['USER_ID at the end', call.finish?.userId, expect.userId],
  ];
  const wrong = facts.filter(([, is, should]) => is !== should).map(([what, is, should]) => `${what}: ${String(is)} instead of ${String(should)}`);
  const open = [...call.cards];
  if (open.length > 0) wrong.push(`cards stayed open for ${open.join(', ')}`);
  if (talk < expect.talkSeconds || (expect.talkSeconds === 0 && talk > 0)) wrong.push(`talk time: ${talk} s instead of ${expect.talkSeconds} s or more`);
  return wrong;
}

async function heard({ files }: Stage, call: PortalCall): Promise<Verdict['sound']> {
  const record = call.records.at(-1);
  if (record === undefined) return null;
  // What the portal received is judged, not what lies in our own folder.
  const copy = join(files.config, '..', `portal-${record.fileId}.mp3`);
  await writeFile(copy, record.bytes);
  const sound = await decodeMp3(copy);
  return { runs: analyse(sound), seconds: sound.samples.length / sound.rate, bytes: record.bytes.length };
}

function aboutSound({ expect }: Act, call: PortalCall, sound: Verdict['sound']): readonly string[] {
  if (expect.sound === null || sound === null) return [];
  const short = sound.seconds + 1 < (call.finish?.duration ?? 0) ? [`the record has ${sound.seconds.toFixed(1)} s, the talk ${call.finish?.duration ?? 0} s`] : [];
  return [...short, ...complaints(sound.runs, expect.sound)];
}

/** Everything that the portal refused: an ordinary day has none. */
export function refusals({ portal }: Stage): readonly string[] {
  return portal.ledger.filter(({ status }) => status !== 200).map(({ order, method, status }) => `request ${order} ${method}: ${status ?? 'no answer'}`);
}
