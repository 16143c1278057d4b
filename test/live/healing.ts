/** What the tests of healing and of pauses share: a stage that keeps its WAVs, whose telephones count as the defect of Debian's Asterisk needs it, and an ear for the result. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Test } from 'tap';
import { complaints, type Expectation } from '../../lab/hearing.ts';
import type { Lab, LabOptions } from '../../lab/lab.ts';
import { play, type StoryName } from '../../lab/scenarios.ts';
import type { SequenceClock } from '../../lab/sip/rtp.ts';
import { analyse, readRecording } from '../../lab/tones.ts';
import type { Stage } from '../../lab/demo/stage.ts';
import { stageFor } from './stage.ts';

export interface Scene { readonly lab: Lab; readonly stage: Stage }

export const sceneFor = (t: Test, sequence: SequenceClock, heal: 'auto' | 'never'): Promise<Scene | null> => keptStage(t, { sequence }, `, heal: ${heal}`);

/** WAVs are kept: they are listened to after CallMe has encoded them. */
export async function keptStage(t: Test, options: LabOptions, recording = ''): Promise<Scene | null> {
  const scene = await stageFor(t, options);
  if (scene === null) return null;
  const { config } = scene.stage.files;
  await writeFile(config, `${await readFile(config, 'utf8')}recording: { keepWavDays: 1${recording} }\n`, { mode: 0o600 });
  await scene.stage.server().stop();
  await scene.stage.restart();
  return scene;
}

/** Plays a story whose client the portal does not know, and says what is wrong with its one recording. */
export async function heardIn({ lab }: Scene, name: StoryName, expected: Expectation): Promise<readonly string[]> {
  const mark = lab.control.mark();
  await play(lab, name, { talkSeconds: 2, client: '79261112233' });
  const { file } = await lab.closedRecording(mark);
  return complaints(analyse(await readRecording(file)), expected);
}

/** Who has to be heard besides the client, in order. */
export const TRANSFERS: readonly (readonly [StoryName, Expectation['order']])[] = [
  ['inboundBlindTransfer', ['219', '220']],
  ['inboundBlindTransferTwice', ['219', '220', '221']],
  ['inboundAttendedTransfer', ['219', 'MOH', '220']],
  ['inboundAttendedTransferByAmi', ['219', 'MOH', '220']],
  ['inboundJoinedIntoOlder', ['219', '220']],
  ['inboundTransferRefusedByAmi', ['219']],
  ['inboundPickedUp', ['220']],
  ['inboundParked', ['219', 'MOH', '220']],
  ['inboundParkedTooLong', ['219', 'MOH']],
  ['outboundBlindTransfer', ['219', '220']],
  ['outboundAttendedTransfer', ['219', 'MOH', '220']],
];
