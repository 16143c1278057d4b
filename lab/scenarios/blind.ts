/** Blind transfers of a client: by the telephone, by keys, by AMI; inbound and outbound. */
import { never } from '../sip/policy.ts';
import { amiTransfer, attendedTransfer, blindTransfer, inboundTalk, outboundTalk, takes, talk, talkAndEnd, type Story } from './story.ts';

const inboundBlindTransfer: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  await blindTransfer(lab, employee, cast.second);
  await takes(lab, cast.second);
  await talkAndEnd(lab, cast, client);
};

const inboundBlindTransferByAmi: Story = async (lab, cast) => {
  const { client } = await inboundTalk(lab, cast);
  await amiTransfer(lab, cast, 'BlindTransfer');
  await takes(lab, cast.second);
  await talkAndEnd(lab, cast, client);
};

/** Somebody's panel moves the client's channel alone; the employee's is left behind and hung up. */
const inboundRedirected: Story = async (lab, cast) => {
  const { client } = await inboundTalk(lab, cast);
  await lab.control.act({ Action: 'Redirect', Channel: await lab.control.channel('PJSIP/trunk'), Context: 'from-internal', Exten: cast.second, Priority: '1' });
  await takes(lab, cast.second);
  await talkAndEnd(lab, cast, client);
};

const inboundBlindTransferByKeys: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  await employee.press('##');
  await talk(1);
  await employee.press(cast.second);
  await takes(lab, cast.second);
  await talkAndEnd(lab, cast, client);
};

const inboundBlindTransferUnanswered: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = never;
  const { client, employee } = await inboundTalk(lab, cast);
  employee.refer(lab.uri(cast.second));
  await lab.phones[cast.second].incoming();
  employee.hangUp();
  await talkAndEnd(lab, cast, client);
};

/** 219 to 220, who sends the client on to 221. */
const inboundBlindTransferTwice: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  await blindTransfer(lab, employee, cast.second);
  const colleague = await takes(lab, cast.second);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, colleague, cast.third);
  await takes(lab, cast.third);
  await talkAndEnd(lab, cast, client);
};

const inboundAttendedThenBlind: Story = async (lab, cast) => {
  const { client, employee } = await inboundTalk(lab, cast);
  const colleague = await attendedTransfer(lab, cast, employee);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, colleague, cast.third);
  await takes(lab, cast.third);
  await talkAndEnd(lab, cast, client);
};

const outboundBlindTransfer: Story = async (lab, cast) => {
  const { employee, client } = await outboundTalk(lab, cast);
  await blindTransfer(lab, employee, cast.second);
  await takes(lab, cast.second);
  await talkAndEnd(lab, cast, client);
};

const outboundAttendedThenBlind: Story = async (lab, cast) => {
  const { employee, client } = await outboundTalk(lab, cast);
  const colleague = await attendedTransfer(lab, cast, employee);
  await talk(cast.talkSeconds);
  await blindTransfer(lab, colleague, cast.third);
  await takes(lab, cast.third);
  await talkAndEnd(lab, cast, client);
};

export const blind = {
  inboundBlindTransfer, inboundBlindTransferByAmi, inboundRedirected, inboundBlindTransferByKeys, inboundBlindTransferUnanswered,
  inboundBlindTransferTwice, inboundAttendedThenBlind, outboundBlindTransfer, outboundAttendedThenBlind,
} as const;
