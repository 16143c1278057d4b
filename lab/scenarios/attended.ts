/** Transfers with a consultation: completed, completed early, left to ring, come to nothing. */
import { answer, busy } from '../sip/policy.ts';
import {
  amiTransfer, answeredCall, attendedTransfer, inboundTalk, join, outboundTalk, takes, talk, talkAndEnd, up, type Conversation, type Story,
} from './story.ts';

const inboundAttendedTransfer: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  await attendedTransfer(lab, cast, employee);
  await talkAndEnd(lab, cast, client);
};

/** The consultation is answered; the employee hangs up and so joins the two. */
const consulted = async (...[lab, cast, { client, employee }]: readonly [...Parameters<Story>, Conversation]): Promise<void> => {
  await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  employee.hangUp();
  await talkAndEnd(lab, cast, client);
};

const inboundAttendedTransferByAmi: Story = async (lab, cast) => {
  const both = await inboundTalk(lab, cast);
  await amiTransfer(lab, cast, 'Atxfer');
  await consulted(lab, cast, both);
};

const inboundAttendedTransferByKeys: Story = async (lab, cast) => {
  const both = await inboundTalk(lab, cast);
  await both.employee.press('*2');
  await talk(1);
  await both.employee.press(cast.second);
  await consulted(lab, cast, both);
};

/** The employee hangs up while the colleague's telephone still rings. */
const inboundBlondTransfer: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = answer(2);
  const { client, employee } = await inboundTalk(lab, cast);
  await amiTransfer(lab, cast, 'Atxfer');
  const colleague = await lab.phones[cast.second].incoming();
  await talk(0.5);
  employee.hangUp();
  await up(colleague);
  await talkAndEnd(lab, cast, client);
};

/** REFER with Replaces while the colleague's telephone still rings. */
const inboundSemiAttendedTransfer: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = answer(3);
  const { client, employee } = await inboundTalk(lab, cast);
  await employee.hold();
  const consultation = await lab.phones[cast.first].call(cast.second);
  const colleague = await lab.phones[cast.second].incoming();
  await consultation.ringing();
  employee.referReplaces(consultation);
  await employee.referred();
  employee.hangUp();
  // Asterisk itself ends the dialog that was replaced; a CANCEL now would meet the client, who has taken its place.
  await consultation.ended();
  await up(colleague);
  await talkAndEnd(lab, cast, client);
};

/** The colleague refuses; the employee takes the client from hold. */
const inboundTransferRefused: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = busy(1);
  const { client, employee } = await inboundTalk(lab, cast);
  await employee.hold();
  const consultation = await lab.phones[cast.first].call(cast.second);
  await consultation.ended();
  await employee.unhold();
  await talkAndEnd(lab, cast, client);
};

/** The same by AMI Atxfer: Asterisk itself gives the client back. */
const inboundTransferRefusedByAmi: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = busy(1);
  const { client } = await inboundTalk(lab, cast);
  await amiTransfer(lab, cast, 'Atxfer');
  await (await lab.phones[cast.second].incoming()).ended();
  await talkAndEnd(lab, cast, client);
};

/** 219 talked to 220 before the client called: the client's call is joined into the older one and loses its linkedid. */
const inboundJoinedIntoOlder: Story = async (lab, cast) => {
  const older = await lab.phones[cast.first].call(cast.second);
  await takes(lab, cast.second);
  await up(older);
  await talk(1);
  await older.hold();
  const { client, employee } = await answeredCall(lab, cast);
  await talk(cast.talkSeconds);
  await join(employee, older);
  await talkAndEnd(lab, cast, client);
};

const outboundAttendedTransfer: Story = async (lab, cast) => {
  const { employee, client } = await outboundTalk(lab, cast);
  await attendedTransfer(lab, cast, employee);
  await talkAndEnd(lab, cast, client);
};

export const attended = {
  inboundAttendedTransfer, inboundAttendedTransferByAmi, inboundAttendedTransferByKeys, inboundBlondTransfer, inboundSemiAttendedTransfer,
  inboundTransferRefused, inboundTransferRefusedByAmi, inboundJoinedIntoOlder, outboundAttendedTransfer,
} as const;
