/** A client's call that several telephones may take: groups, queues, failover, forwarding, follow-me, pickup. */
import type { Dialog } from '../sip/dialog.ts';
import { answer, busy, forward, never } from '../sip/policy.ts';
import {
  blindTransfer, clientCalls, end, inboundTalk, MOBILE_OF_219, OUTSIDE, SECOND_CLIENT, takes, takesOutside, talk, talkAndEnd, up, type Story,
} from './story.ts';

/** 219 keeps ringing, 220 takes it. */
const takenBySecond = (line: string): Story => async (lab, cast) => {
  lab.phones['219'].policy = never;
  lab.phones['220'].policy = answer(2);
  const client = await clientCalls(lab, cast, line);
  await takes(lab, '220');
  await up(client);
  await talkAndEnd(lab, cast, client);
};

/** Line 516 asks 219, 220, 221 one after the other; 219 refuses. */
const inboundQueueFirstRejects: Story = async (lab, cast) => {
  lab.phones['219'].policy = busy(1);
  const client = await clientCalls(lab, cast, '516');
  await takes(lab, '220');
  await up(client);
  await talkAndEnd(lab, cast, client);
};

/** The agent sends the client on to a colleague outside of the queue. */
const inboundQueueTransferred: Story = async (lab, cast) => {
  lab.phones['220'].policy = never;
  const { client, employee } = await inboundTalk(lab, { ...cast, first: '219' }, '502');
  await blindTransfer(lab, employee, '221');
  await takes(lab, '221');
  await talkAndEnd(lab, cast, client);
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
  await up(client);
  await talkAndEnd(lab, cast, client);
};

/** The employee's phone sends the call to a number outside. */
const forwardedOutside = (number: string): Story => async (lab, cast) => {
  lab.phones['219'].policy = forward(lab.uri(`${OUTSIDE}${number}`));
  const client = await clientCalls(lab, cast, '501');
  lab.phones['220'].policy = never;
  await takesOutside(lab);
  await up(client);
  await talkAndEnd(lab, cast, client);
};

/** Line 510 rings the desk telephone of 219 and his mobile outside, which takes it. */
const inboundMobileToo: Story = async (lab, cast) => {
  lab.phones['219'].policy = never;
  lab.trunk.policy = answer(2);
  const client = await clientCalls(lab, cast, '510');
  await takesOutside(lab);
  await up(client);
  await talkAndEnd(lab, cast, client);
};

/** Follow-me asks whoever lifts whether he takes the call: 1 = yes, and it hears that only behind its question. */
async function followed(...[lab, cast, lifts]: readonly [...Parameters<Story>, () => Promise<Dialog>]): Promise<void> {
  const client = await clientCalls(lab, cast, '509');
  await up(client);
  const [channel, mark] = [await lab.control.channel('PJSIP/trunk'), lab.control.mark()];
  const lifted = await lifts();
  const joined = lab.control.event({ Event: 'BridgeEnter', Channel: channel }, mark, 15).then(() => true);
  do await lifted.press('1'); while (!await Promise.race([joined, talk(0.5).then(() => false)]));
  await talkAndEnd(lab, cast, client);
}

const inboundFollowMe: Story = async (lab, cast) => {
  lab.phones['219'].policy = never;
  await followed(lab, cast, () => takesOutside(lab));
};

/** Follow-me, and 219 is at his desk. */
const inboundFollowMeAtDesk: Story = async (lab, cast) => followed(lab, cast, () => takes(lab, '219'));

const inboundPickedUp: Story = async (lab, cast) => {
  lab.phones[cast.first].policy = never;
  const client = await clientCalls(lab, cast);
  await lab.phones[cast.first].incoming();
  const picker = await lab.phones[cast.second].call('*8');
  await up(picker, client);
  await talkAndEnd(lab, cast, client);
};

export const groups = {
  inboundRingGroup: takenBySecond('501'), inboundQueue: takenBySecond('502'), inboundFailover: takenBySecond('504'),
  inboundLocalRingGroup: takenBySecond('505'), inboundOptimisedRingGroup: takenBySecond('506'),
  inboundQueueFirstRejects, inboundQueueTransferred, inboundQueueAbandoned, inboundForwarded,
  inboundForwardedOutside: forwardedOutside(SECOND_CLIENT), inboundForwardedToMobile: forwardedOutside(MOBILE_OF_219),
  inboundFollowMe, inboundFollowMeAtDesk, inboundMobileToo, inboundPickedUp,
} as const;
