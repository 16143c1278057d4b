import { warn, type Finding, type Patient } from './finding.ts';

/** Debug mode is for the day of the installation: left on, colleagues' calls fill the CRM as calls of the test number. */
export function examineRehearsal({ config: { debug }, says }: Patient): readonly Finding[] {
  return debug.processInternalCalls ? [warn('debug', says.debug(debug.testPhone ?? ''), says.debugRemedy)] : [];
}
