/** A client in a conference, and one who speaks to a voicemail. */
import { never } from '../sip/policy.ts';
import type { LabExtension } from '../configuration/people.ts';
import type { Lab } from '../lab.ts';
import type { Dialog } from '../sip/dialog.ts';
import { blindTransfer, clientCalls, end, inboundTalk, talk, talkAndEnd, up, type Story } from './story.ts';

async function sitsDown(lab: Lab, extension: LabExtension): Promise<Dialog> {
  const mark = lab.control.mark();
  const dialog = await lab.phones[extension].call('800');
  await up(dialog);
  await lab.control.event({ Event: 'ConfbridgeJoin' }, mark);
  return dialog;
}

/** 220 and 221 sit in the room already; 219 sends his client there. */
const inboundIntoConference: Story = async (lab, cast) => {
  const seated = [await sitsDown(lab, '220'), await sitsDown(lab, '221')];
  const { client, employee } = await inboundTalk(lab, { ...cast, first: '219' });
  const mark = lab.control.mark();
  await blindTransfer(lab, employee, '800');
  await lab.control.event({ Event: 'ConfbridgeJoin' }, mark);
  await talk(cast.talkSeconds);
  client.hangUp();
  await client.ended();
  await end(lab, ...seated);
};

/** Line 511 leads into the room where 219 waits. */
const inboundConferenceLine: Story = async (lab, cast) => {
  const seated = await sitsDown(lab, '219');
  const client = await clientCalls(lab, cast, '511');
  await up(client);
  await talk(cast.talkSeconds);
  client.hangUp();
  await client.ended();
  await end(lab, seated);
};

/** Line 512 rings 219 for 4 s; then the voicemail. */
async function reachesVoicemail(...[lab, cast]: Parameters<Story>): Promise<Dialog> {
  lab.phones['219'].policy = never;
  const mark = lab.control.mark();
  const client = await clientCalls(lab, cast, '512');
  await lab.control.event({ Event: 'CEL', EventName: 'APP_START' }, mark);
  await up(client);
  await talk(1);
  return client;
}

/** He skips the greeting by #, and speaks. */
const inboundVoicemail: Story = async (lab, cast) => {
  const client = await reachesVoicemail(lab, cast);
  await client.press('#');
  await talk(1);
  await talkAndEnd(lab, cast, client);
};

/** He hangs up in the greeting. */
const inboundVoicemailUnused: Story = async (lab, cast) => {
  await end(lab, await reachesVoicemail(lab, cast));
};

export const rooms = { inboundIntoConference, inboundConferenceLine, inboundVoicemail, inboundVoicemailUnused } as const;
