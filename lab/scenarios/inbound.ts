/** A client calls one employee: taken, not taken, refused, held. */
import { busy, never, refuse } from '../sip/policy.ts';
import { answeredCall, clientCalls, end, givenUp, inboundTalk, talk, talkAndEnd, type Story } from './story.ts';

const inboundAnswered: Story = async (lab, cast) => {
  const { client } = await inboundTalk(lab, cast);
  await end(lab, client);
};

const inboundEmployeeHangsUp: Story = async (lab, cast) => {
  const { employee } = await inboundTalk(lab, cast);
  await end(lab, employee);
};

const inboundHeld: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  await employee.hold();
  await talk(cast.talkSeconds);
  await employee.unhold();
  await talkAndEnd(lab, cast, client);
};

/** Line 503 rings 219 for 4 s and gives up. */
const inboundUnanswered: Story = async (lab, cast) => {
  lab.phones['219'].policy = never;
  await givenUp(lab, await clientCalls(lab, cast, '503'));
};

const inboundBusy: Story = async (lab, cast) => {
  lab.phones['219'].policy = busy();
  await givenUp(lab, await clientCalls(lab, cast, '503'));
};

/** The employee presses "decline". */
const inboundRejected: Story = async (lab, cast) => {
  lab.phones['219'].policy = refuse(603, 'Decline', 1);
  await givenUp(lab, await clientCalls(lab, cast, '503'));
};

/** The phone is there and cannot take it. */
const inboundCongested: Story = async (lab, cast) => {
  lab.phones['219'].policy = refuse(503, 'Service Unavailable');
  await givenUp(lab, await clientCalls(lab, cast, '503'));
};

/** Line 508 dials a telephone that is not registered: no channel is made for it. */
const inboundUnreachable: Story = async (lab, cast) => {
  await givenUp(lab, await clientCalls(lab, cast, '508'));
};

const inboundCancelled: Story = async (lab, cast) => {
  lab.phones[cast.first].policy = never;
  const client = await clientCalls(lab, cast);
  await lab.phones[cast.first].incoming();
  await client.ringing();
  await talk(1);
  client.hangUp();
  await givenUp(lab, client);
};

/** He calls again as soon as he has hung up. */
const inboundTwiceInARow: Story = async (lab, cast) => {
  await inboundAnswered(lab, cast);
  await inboundAnswered(lab, cast);
};

/** One client, two lines, at the same time: 219 talks while 220 takes the second call. */
const inboundTwiceAtOnce: Story = async (lab, cast) => {
  const { client } = await answeredCall(lab, { ...cast, first: '219' });
  lab.phones['219'].policy = never;
  const second = await answeredCall(lab, { ...cast, first: '220' }, '501');
  await talk(cast.talkSeconds);
  await end(lab, client, second.client);
};

export const inbound = {
  inboundAnswered, inboundEmployeeHangsUp, inboundHeld, inboundUnanswered, inboundBusy, inboundRejected, inboundCongested, inboundUnreachable,
  inboundCancelled, inboundTwiceInARow, inboundTwiceAtOnce,
} as const;
