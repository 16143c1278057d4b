/** What the stories share: who plays, and the steps that most calls consist of. Waits between steps are for signals; only talk takes real seconds. */
import type { LabExtension } from '../configuration/people.ts';
import type { Mark } from '../control.ts';
import { LabError } from '../errors.ts';
import type { Lab } from '../lab.ts';
import type { Dialog } from '../sip/dialog.ts';

/** Who plays: `first` is whom the call reaches (219 by default; the owner where CallMe routes 500), then whom it is handed to. */
export interface Cast {
  readonly client: string;
  readonly clientName: string;
  readonly first: LabExtension;
  readonly second: LabExtension;
  readonly third: LabExtension;
  readonly talkSeconds: number;
}
export const CAST: Cast = { client: '79161234567', clientName: '', first: '219', second: '220', third: '221', talkSeconds: 3 };

/** Resolves when everybody has hung up; the parties then stay for the next story. */
export type Story = (lab: Lab, cast: Cast) => Promise<void>;

export const talk = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
/** The prefix of an outside number in the lab's dialplan; with `BRIEFLY` it rings for 4 s and no longer. */
export const OUTSIDE = '8';
export const BRIEFLY = '9';
/** Somebody outside who is nobody of ours; the trunk sounds another tone for him. */
export const SECOND_CLIENT = '79990000000';
/** 219's own telephone outside. */
export const MOBILE_OF_219 = '79167770219';

/** A story that went another way must not pass for this one: rejects with LabError `abandoned` unless everybody is in a conversation. */
export async function up(...dialogs: readonly Dialog[]): Promise<void> {
  await Promise.all(dialogs.map((dialog) => dialog.answered()));
  const over = dialogs.filter(({ state }) => state !== 'up');
  if (over.length > 0) throw new LabError('abandoned', `${over.length} of ${dialogs.length} parties have no conversation`);
}

export async function clientCalls(lab: Lab, cast: Cast, line = '500'): Promise<Dialog> {
  return lab.trunk.call(line, { as: cast.client, name: cast.clientName });
}

export interface Conversation { readonly client: Dialog; readonly employee: Dialog }

/** The client calls and `first` takes it: both ends. */
export async function answeredCall(lab: Lab, cast: Cast, line = '500'): Promise<Conversation> {
  const client = await clientCalls(lab, cast, line);
  const employee = await lab.phones[cast.first].incoming();
  await up(client, employee);
  return { client, employee };
}

/** As `answeredCall`, and they have talked. */
export async function inboundTalk(lab: Lab, cast: Cast, line = '500'): Promise<Conversation> {
  const both = await answeredCall(lab, cast, line);
  await talk(cast.talkSeconds);
  return both;
}

export async function employeeCalls(lab: Lab, cast: Cast, number = `${OUTSIDE}${cast.client}`): Promise<Conversation> {
  const employee = await lab.phones[cast.first].call(number);
  const client = await lab.trunk.incoming();
  await up(employee, client);
  return { employee, client };
}

/** As `employeeCalls`, and they have talked. */
export async function outboundTalk(lab: Lab, cast: Cast): Promise<Conversation> {
  const both = await employeeCalls(lab, cast);
  await talk(cast.talkSeconds);
  return both;
}

/** His phone rings and he answers, as his policy says. */
export async function takes(lab: Lab, extension: LabExtension): Promise<Dialog> {
  const dialog = await lab.phones[extension].incoming();
  await up(dialog);
  return dialog;
}

/** Somebody outside is called through the trunk and answers. */
export async function takesOutside(lab: Lab): Promise<Dialog> {
  const dialog = await lab.trunk.incoming();
  await up(dialog);
  return dialog;
}

export async function end(lab: Lab, ...dialogs: readonly Dialog[]): Promise<void> {
  for (const dialog of dialogs) dialog.hangUp();
  await lab.quiet();
}

/** Whoever called hears that it comes to nothing. */
export async function givenUp(lab: Lab, caller: Dialog): Promise<void> {
  await caller.ended();
  await lab.quiet();
}

export async function talkAndEnd(lab: Lab, cast: Cast, dialog: Dialog): Promise<void> {
  await talk(cast.talkSeconds);
  await up(dialog);
  await end(lab, dialog);
}

/** A phone hangs up its own side once the PBX has taken the transfer over. */
export async function blindTransfer(lab: Lab, employee: Dialog, to: string): Promise<void> {
  employee.refer(lab.uri(to));
  await employee.referred();
  employee.hangUp();
}

/** Hold, consult, join [REFER with Replaces]. Gives the colleague's side. */
export async function attendedTransfer(lab: Lab, cast: Cast, employee: Dialog): Promise<Dialog> {
  await employee.hold();
  const consultation = await lab.phones[cast.first].call(cast.second);
  const colleague = await takes(lab, cast.second);
  await up(consultation);
  await talk(cast.talkSeconds);
  await join(employee, consultation);
  return colleague;
}

/** The phone makes one call of its two and leaves both. */
export async function join(employee: Dialog, consultation: Dialog): Promise<void> {
  employee.referReplaces(consultation);
  await employee.referred();
  employee.hangUp();
  consultation.hangUp();
}

export async function amiTransfer(lab: Lab, cast: Cast, action: 'BlindTransfer' | 'Atxfer'): Promise<void> {
  await lab.control.act({ Action: action, Channel: await lab.control.channel(`PJSIP/${cast.first}`), Context: 'from-internal', Exten: cast.second });
}

/** Where Asterisk parked a call since `mark`. */
export async function parkedAt(lab: Lab, mark: Mark): Promise<string> {
  return (await lab.control.event({ Event: 'ParkedCall' }, mark))['ParkingSpace'] ?? '';
}
