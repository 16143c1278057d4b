/** The whole scene for one test file: lab, kit by the installer, portal, `callme serve`; null where no Asterisk can be raised. */
import type { Test } from 'tap';
import { installKit, pbxOf, raiseStage, type Stage } from '../../lab/demo/stage.ts';
import type { Lab, LabOptions } from '../../lab/lab.ts';
import { labFor } from './lab.ts';

export async function stageFor(t: Test, options: LabOptions = {}): Promise<{ readonly lab: Lab; readonly stage: Stage } | null> {
  const lab = await labFor(t, { kit: false, ...options });
  if (lab === null) return null;
  await installKit(lab.asterisk);
  const stage = await raiseStage(pbxOf(lab.asterisk));
  t.teardown(() => stage.close());
  return { lab, stage };
}
