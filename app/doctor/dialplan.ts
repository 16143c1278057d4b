import { existsSync } from 'node:fs';
import { KitError, openFolder, planInstall, readIn, hasInclude, type Plan } from '../dialplan-kit.ts';
import { kitSettings } from '../dialplan-settings.ts';
import { kitFolder } from '../package-root.ts';
import { fail, ok, warn, type Finding, type Patient } from './finding.ts';

const ID = 'dialplan';

/** Is the kit there, included, and what this version with this configuration would install? */
export function examineDialplan(patient: Patient): readonly Finding[] {
  const { etc, says } = patient;
  if (!existsSync(etc)) return [warn(ID, says.noEtc(etc), says.noEtcRemedy)];
  try {
    return [judge(patient, planInstall(openFolder(etc), kitFolder(), { ...kitSettings(patient.config), freepbx: null, force: true }))];
  } catch (error) {
    if (error instanceof KitError) return [fail(ID, error.message, error.remedy)];
    throw error;
  }
}

function judge({ etc, says }: Patient, plan: Plan): Finding {
  if (!hasInclude(readIn(plan.folder, plan.target)?.content ?? Buffer.alloc(0))) return fail(ID, says.noInclude(etc), says.noIncludeRemedy(etc));
  if (plan.changes.length === 0) return ok(ID, says.dialplan(plan.target));
  return warn(ID, says.otherKit(plan.changes.map(({ name }) => name).join(', ')), says.otherKitRemedy(etc));
}
