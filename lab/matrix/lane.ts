/** One lab in a process of its own (its telephones keep time undisturbed): plays the stories that it is sent and answers each with what was heard. */
import { appendFile } from 'node:fs/promises';
import { trunkAddress } from '../configuration/people.ts';
import { installKit, pbxOf, raiseStage, UNKNOWN_NUMBER, type Stage } from '../demo/stage.ts';
import { raiseLab, type Lab } from '../lab.ts';
import type { Cast, StoryName } from '../scenarios.ts';
import type { Column } from './columns.ts';
import { perform, tellApart, type Performance } from './perform.ts';
import { Wiretap } from './wiretap.ts';

/** What a lane is told: first its column, then one story after the other. */
export type Order = { readonly column: Column; readonly talkSeconds: number } | { readonly story: StoryName };
/** What a lane says. `failed`: the story could not be played; `down`: the lab could not be raised. */
export type Answer =
  | { readonly kind: 'ready'; readonly asterisk: string }
  | { readonly kind: 'heard'; readonly performance: Performance }
  | { readonly kind: 'failed'; readonly story: StoryName; readonly reason: string }
  | { readonly kind: 'down'; readonly reason: string };

export interface Scene { readonly lab: Lab; readonly tap: Wiretap; readonly cast: Partial<Cast>; close(): Promise<void> }

/** WAVs are listened to after CallMe has encoded them, so they stay. */
async function attach(lab: Lab): Promise<Stage> {
  await installKit(lab.asterisk);
  const stage = await raiseStage(pbxOf(lab.asterisk));
  await appendFile(stage.files.config, 'recording: { heal: auto, keepWavDays: 1 }\n');
  await stage.server().stop();
  await stage.restart();
  return stage;
}

/** The lab of a column. Rejects with a LabError, or with what the server last said. */
export async function raiseScene({ version, sequence, serving }: Column, talkSeconds: number): Promise<Scene> {
  const lab = await raiseLab({ version, sequence, kit: !serving });
  tellApart(lab);
  const stage = serving ? await attach(lab).catch(async (error: unknown) => { await lab.close(); throw error; }) : null;
  const tap = new Wiretap(trunkAddress(lab.asterisk.place));
  // The portal of the stage knows the lab's usual client and would have him sent to his own manager.
  const cast = { talkSeconds, ...(serving ? { client: UNKNOWN_NUMBER } : {}) };
  return { lab, tap, cast, close: async () => { tap.close(); await stage?.close(); await lab.close(); } };
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
const say = (answer: Answer): void => { process.send?.(answer); };

async function answerTo(scene: Scene, story: StoryName): Promise<Answer> {
  return perform(scene.lab, scene.tap, story, scene.cast).then(
    (performance): Answer => ({ kind: 'heard', performance }),
    (error: unknown): Answer => ({ kind: 'failed', story, reason: sentence(error) }),
  );
}

async function serve(first: Order): Promise<void> {
  if (!('column' in first)) return;
  const scene = await raiseScene(first.column, first.talkSeconds);
  process.on('message', (order: Order) => { if ('story' in order) void answerTo(scene, order.story).then(say); });
  process.once('disconnect', () => { void scene.close().then(() => { process.exit(0); }); });
  say({ kind: 'ready', asterisk: (await scene.lab.asterisk.cli('core show version')).split(' ')[1] ?? '' });
}

if (process.send !== undefined) process.once('message', (first: Order) => { serve(first).catch((error: unknown) => { say({ kind: 'down', reason: sentence(error) }); process.exit(1); }); });
