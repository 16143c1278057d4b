/**
 * The calls that the lab can play, as stories over the parties: each one speaks for real seconds, because a recording of a call is as long as
 * the call. Waits between the steps are for signals. Longer than a hundred lines: one story after the other.
 */
import type { LabExtension } from './configuration/people.ts';
import type { Lab } from './lab.ts';
import type { Dialog } from './sip/dialog.ts';
import { answer, announce, busy, forward, never } from './sip/policy.ts';

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

const talk = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
/** The prefix of an outside number in the lab's dialplan. */
const OUTSIDE = '8';
const SECOND_CLIENT = `${OUTSIDE}79990000000`;

// ---------------------------------------------------------------------------------------------------- what stories share
async function clientCalls(lab: Lab, cast: Cast, line = '500'): Promise<Dialog> {
  return lab.trunk.call(line, { as: cast.client, name: cast.clientName });
}

/** The client calls and `first` takes it: both ends. */
async function answeredCall(lab: Lab, cast: Cast, line = '500'): Promise<{ readonly client: Dialog; readonly employee: Dialog }> {
  const client = await clientCalls(lab, cast, line);
  const employee = await lab.phones[cast.first].incoming();
  await Promise.all([client.answered(), employee.answered()]);
  return { client, employee };
}

async function employeeCalls(lab: Lab, cast: Cast, number = `${OUTSIDE}${cast.client}`): Promise<{ readonly employee: Dialog; readonly client: Dialog }> {
  const employee = await lab.phones[cast.first].call(number);
  const client = await lab.trunk.incoming();
  await Promise.all([employee.answered(), client.answered()]);
  return { employee, client };
}

async function takes(lab: Lab, extension: LabExtension): Promise<Dialog> {
  const dialog = await lab.phones[extension].incoming();
  await dialog.answered();
  return dialog;
}

async function end(lab: Lab, dialog: Dialog): Promise<void> {
  dialog.hangUp();
  await lab.quiet();
}

/** A phone hangs up its own side once the PBX has taken the transfer over. */
async function blindTransfer(lab: Lab, employee: Dialog, to: string): Promise<void> {
  employee.refer(lab.uri(to));
  await employee.referred();
  employee.hangUp();
}

/** Hold, consult, join [REFER with Replaces]. */
async function attendedTransfer(lab: Lab, cast: Cast, employee: Dialog): Promise<Dialog> {
  await employee.hold();
  const consultation = await lab.phones[cast.first].call(cast.second);
  const colleague = await takes(lab, cast.second);
  await consultation.answered();
  await talk(cast.talkSeconds);
  employee.referReplaces(consultation);
  await employee.referred();
  employee.hangUp();
  consultation.hangUp();
  return colleague;
}

async function amiTransfer(lab: Lab, cast: Cast, action: 'BlindTransfer' | 'Atxfer'): Promise<void> {
  await lab.control.act({ Action: action, Channel: await lab.control.channel(`PJSIP/${cast.first}`), Context: 'from-internal', Exten: cast.second });
}

// ---------------------------------------------------------------------------------------------------- inbound
const inboundAnswered: Story = async (lab, cast) => {
  const { client } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundEmployeeHangsUp: Story = async (lab, cast) => {
  const { employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await end(lab, employee);
};

const inboundBlindTransfer: Story = async (lab, cast) => {
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, employee, cast.second);
  await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundBlindTransferByAmi: Story = async (lab, cast) => {
  const { client } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await amiTransfer(lab, cast, 'BlindTransfer');
  await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundBlindTransferByKeys: Story = async (lab, cast) => {
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await employee.press('##');
  await talk(1);
  await employee.press(cast.second);
  await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundBlindTransferUnanswered: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = never;
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  employee.refer(lab.uri(cast.second));
  await lab.phones[cast.second].incoming();
  employee.hangUp();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundAttendedTransfer: Story = async (lab, cast) => {
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await attendedTransfer(lab, cast, employee);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundAttendedTransferByAmi: Story = async (lab, cast) => {
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await amiTransfer(lab, cast, 'Atxfer');
  await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  employee.hangUp();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundAttendedThenBlind: Story = async (lab, cast) => {
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  const colleague = await attendedTransfer(lab, cast, employee);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, colleague, cast.third);
  await takes(lab, cast.third);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundHeld: Story = async (lab, cast) => {
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await employee.hold();
  await talk(cast.talkSeconds);
  await employee.unhold();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

/** Line 503 rings 4 s and gives up. */
const inboundUnanswered: Story = async (lab, cast) => {
  lab.phones['219'].policy = never;
  const client = await clientCalls(lab, cast, '503');
  await client.ended();
  await lab.quiet();
};

const inboundBusy: Story = async (lab, cast) => {
  lab.phones['219'].policy = busy();
  const client = await clientCalls(lab, cast, '503');
  await client.ended();
  await lab.quiet();
};

const inboundCancelled: Story = async (lab, cast) => {
  lab.phones[cast.first].policy = never;
  const client = await clientCalls(lab, cast);
  await lab.phones[cast.first].incoming();
  await client.ringing();
  await talk(1);
  client.hangUp();
  await client.ended();
  await lab.quiet();
};

/** 219 keeps ringing, 220 takes it. */
const inboundTakenBySecond = (line: string): Story => async (lab, cast) => {
  lab.phones['219'].policy = never;
  lab.phones['220'].policy = answer(2);
  const client = await clientCalls(lab, cast, line);
  await takes(lab, '220');
  await client.answered();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundQueueAbandoned: Story = async (lab, cast) => {
  lab.phones['219'].policy = never;
  lab.phones['220'].policy = never;
  const client = await clientCalls(lab, cast, '502');
  await lab.phones['219'].incoming();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundForwarded: Story = async (lab, cast) => {
  lab.phones[cast.first].policy = forward(lab.uri(cast.second));
  const client = await clientCalls(lab, cast);
  await takes(lab, cast.second);
  await client.answered();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundPickedUp: Story = async (lab, cast) => {
  lab.phones[cast.first].policy = never;
  const client = await clientCalls(lab, cast);
  await lab.phones[cast.first].incoming();
  const picker = await lab.phones[cast.second].call('*8');
  await Promise.all([picker.answered(), client.answered()]);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const inboundParked: Story = async (lab, cast) => {
  const { client } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  const mark = lab.control.mark();
  const [trunk, phone] = [await lab.control.channel('PJSIP/trunk'), await lab.control.channel(`PJSIP/${cast.first}`)];
  await lab.control.act({ Action: 'Park', Channel: trunk, TimeoutChannel: phone, Timeout: '45000', Parkinglot: 'default' });
  const parked = await lab.control.event({ Event: 'ParkedCall' }, mark);
  await talk(cast.talkSeconds);
  const retriever = await lab.phones[cast.second].call(parked['ParkingSpace'] ?? '701');
  await retriever.answered();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

/** 219 talked to 220 before the client called: the client's call is joined into the older one and loses its linkedid. */
const inboundJoinedIntoOlder: Story = async (lab, cast) => {
  const older = await lab.phones[cast.first].call(cast.second);
  await takes(lab, cast.second);
  await older.answered();
  await talk(1);
  await older.hold();
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  employee.referReplaces(older);
  await employee.referred();
  employee.hangUp();
  older.hangUp();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

// ---------------------------------------------------------------------------------------------------- outbound
const outboundAnswered: Story = async (lab, cast) => {
  const { employee } = await employeeCalls(lab, cast);
  await talk(cast.talkSeconds);
  await end(lab, employee);
};

const outboundAnnounced: Story = async (lab, cast) => {
  lab.trunk.policy = announce();
  await outboundAnswered(lab, cast);
};

const outboundBlindTransfer: Story = async (lab, cast) => {
  const { employee, client } = await employeeCalls(lab, cast);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, employee, cast.second);
  await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const outboundAttendedTransfer: Story = async (lab, cast) => {
  const { employee, client } = await employeeCalls(lab, cast);
  await talk(cast.talkSeconds);
  await attendedTransfer(lab, cast, employee);
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const outboundBusy: Story = async (lab, cast) => {
  lab.trunk.policy = busy(1);
  const employee = await lab.phones[cast.first].call(`${OUTSIDE}${cast.client}`);
  await employee.ended();
  await lab.quiet();
};

const outboundCancelled: Story = async (lab, cast) => {
  lab.trunk.policy = never;
  const employee = await lab.phones[cast.first].call(`${OUTSIDE}${cast.client}`);
  await lab.trunk.incoming();
  await employee.ringing();
  await talk(1);
  employee.hangUp();
  await employee.ended();
  await lab.quiet();
};

/** The employee leaves, two outside parties go on through the trunk. */
const outboundToSecondClient: Story = async (lab, cast) => {
  const { employee, client } = await employeeCalls(lab, cast);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, employee, SECOND_CLIENT);
  const second = await lab.trunk.incoming();
  await second.answered();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const clickToCall: Story = async (lab, cast) => {
  await lab.control.act({
    Action: 'Originate', Channel: `PJSIP/${cast.first}`, Context: 'click', Exten: `${OUTSIDE}${cast.client}`, Priority: '1',
    CallerID: `"CRM" <${cast.client}>`, Async: 'true', Timeout: '20000', Variable: '__CallMeCALL_ID=lab-42',
  });
  await takes(lab, cast.first);
  const client = await lab.trunk.incoming();
  await client.answered();
  await talk(cast.talkSeconds);
  await end(lab, client);
};

const internalCall: Story = async (lab, cast) => {
  const caller = await lab.phones[cast.first].call(cast.second);
  await takes(lab, cast.second);
  await caller.answered();
  await talk(cast.talkSeconds);
  await end(lab, caller);
};

export const stories = {
  inboundAnswered, inboundEmployeeHangsUp, inboundBlindTransfer, inboundBlindTransferByAmi, inboundBlindTransferByKeys,
  inboundBlindTransferUnanswered, inboundAttendedTransfer, inboundAttendedTransferByAmi, inboundAttendedThenBlind, inboundHeld,
  inboundUnanswered, inboundBusy, inboundCancelled, inboundQueueAbandoned, inboundForwarded, inboundPickedUp, inboundParked, inboundJoinedIntoOlder,
  inboundRingGroup: inboundTakenBySecond('501'), inboundQueue: inboundTakenBySecond('502'), inboundFailover: inboundTakenBySecond('504'),
  inboundLocalRingGroup: inboundTakenBySecond('505'),
  outboundAnswered, outboundAnnounced, outboundBlindTransfer, outboundAttendedTransfer, outboundBusy, outboundCancelled, outboundToSecondClient,
  clickToCall, internalCall,
} as const satisfies Readonly<Record<string, Story>>;
export type StoryName = keyof typeof stories;

/** Plays one story from a clean start; `cast` overrides who plays. Rejects with a LabError when a party or a signal does not come. */
export async function play(lab: Lab, name: StoryName, cast: Partial<Cast> = {}): Promise<void> {
  await lab.reset();
  await stories[name](lab, { ...CAST, ...cast });
}
