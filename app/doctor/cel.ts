/**
 * Channel event logging: without it little can be filled in of what happened while CallMe was away, and LINKEDID_END is never heard. Only
 * Asterisk's own console knows what is in force; elsewhere nothing is said.
 */
import { networkInterfaces } from 'node:os';
import { askAsterisk } from '../asterisk-cli.ts';
import { isLoopback } from '../config/index.ts';
import { ok, warn, type Finding, type Patient } from './finding.ts';

/** What a reconciled story is made of, and the seal of a linkedid (dialplan/cel.conf.sample has the same line). */
export const CEL_EVENTS = ['CHAN_START', 'CHAN_END', 'ANSWER', 'HANGUP', 'BRIDGE_ENTER', 'BRIDGE_EXIT', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'PICKUP', 'LINKEDID_END'] as const;
/** The name under which cel_manager.so subscribes: there only while `[manager] enabled = yes` is in force [measured on 16.28 and 22.10]. */
const OVER_AMI = 'Manager Event Logging';

export interface CelStatus { readonly enabled: boolean; readonly events: ReadonlySet<string>; readonly subscribers: ReadonlySet<string> }

/** What `cel show status` says [main/cel.c]; null where that is not what was printed. */
export function readCelStatus(text: string): CelStatus | null {
  const enabled = /^CEL Logging:\s*(\w+)/m.exec(text)?.[1];
  const all = (what: string): ReadonlySet<string> => new Set([...text.matchAll(new RegExp(`^${what}:\\s*(.+?)\\s*$`, 'gm'))].map(([, name = '']) => name));
  return enabled === undefined ? null : { enabled: enabled === 'Enabled', events: all('CEL Tracking Event'), subscribers: all('CEL Event Subscriber') };
}

export async function examineCel(patient: Patient): Promise<readonly Finding[]> {
  const [pbx, ...others] = patient.config.pbx.filter(({ ami }) => isThisMachine(ami.host));
  // One console, several Asterisks: nobody knows which of them answers.
  if (pbx === undefined || others.length > 0) return [];
  const answer = await askAsterisk('cel show status');
  const status = answer.ok ? readCelStatus(answer.text) : null;
  return status === null ? [] : [await judge(patient, pbx.id, status)];
}

async function judge({ says }: Patient, pbx: string, { enabled, events, subscribers }: CelStatus): Promise<Finding> {
  const id = `cel:${pbx}`;
  const lacking = CEL_EVENTS.filter((event) => !events.has(event));
  if (!enabled) return warn(id, says.celOff(pbx), says.celOffRemedy);
  if (lacking.length > 0) return warn(id, says.celEvents(pbx, lacking.join(', ')), says.celEventsRemedy(CEL_EVENTS.join(',')));
  if (subscribers.has(OVER_AMI)) return ok(id, says.cel(pbx));
  return await isRunning('cel_manager.so') ? warn(id, says.celNotOverAmi(pbx), says.celNotOverAmiRemedy) : warn(id, says.celNoModule(pbx), says.celNoModuleRemedy);
}

/** A module that found no settings at its start stands there as `Not Running` and refuses a reload: it must be loaded [measured on both]. */
async function isRunning(module: string): Promise<boolean> {
  const answer = await askAsterisk(`module show like ${module}`);
  return answer.ok && answer.text.split('\n').some((line) => line.startsWith(module) && / Running /.test(line) && !line.includes('Not Running'));
}

function isThisMachine(host: string): boolean {
  return isLoopback(host) || Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
