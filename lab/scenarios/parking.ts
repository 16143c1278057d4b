/** The client is parked: by AMI, by the telephone, by keys; taken by a colleague, or by nobody. */
import { blindTransfer, inboundTalk, parkedAt, takes, talk, talkAndEnd, up, type Conversation, type Story } from './story.ts';

/** After some time in the lot a colleague takes the client. */
async function retrieved(...[lab, cast, { client }, space]: readonly [...Parameters<Story>, Conversation, string]): Promise<void> {
  await talk(cast.talkSeconds);
  const retriever = await lab.phones[cast.second].call(space);
  await up(retriever);
  await talkAndEnd(lab, cast, client);
}

const inboundParked: Story = async (lab, cast) => {
  const both = await inboundTalk(lab, cast);
  const mark = lab.control.mark();
  const [trunk, phone] = [await lab.control.channel('PJSIP/trunk'), await lab.control.channel(`PJSIP/${cast.first}`)];
  await lab.control.act({ Action: 'Park', Channel: trunk, TimeoutChannel: phone, Timeout: '45000', Parkinglot: 'default' });
  await retrieved(lab, cast, both, await parkedAt(lab, mark));
};

/** A transfer to 700. */
const inboundParkedByPhone: Story = async (lab, cast) => {
  const both = await inboundTalk(lab, cast);
  const mark = lab.control.mark();
  await blindTransfer(lab, both.employee, '700');
  await retrieved(lab, cast, both, await parkedAt(lab, mark));
};

/** One-step parking; the employee would hear the number of the space. */
const inboundParkedByKeys: Story = async (lab, cast) => {
  const both = await inboundTalk(lab, cast);
  const mark = lab.control.mark();
  await both.employee.press('#72');
  const space = await parkedAt(lab, mark);
  both.employee.hangUp();
  await retrieved(lab, cast, both, space);
};

/** 750 is a lot of 4 s: nobody takes the client, and whoever parked him is called. */
const inboundParkedTooLong: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  await blindTransfer(lab, employee, '750');
  await takes(lab, cast.first);
  await talkAndEnd(lab, cast, client);
};

export const parking = { inboundParked, inboundParkedByPhone, inboundParkedByKeys, inboundParkedTooLong } as const;
