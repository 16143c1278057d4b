/** Two parties outside in one story: transfers to an outside number, and an employee who works from his mobile. */
import {
  blindTransfer, end, inboundTalk, join, MOBILE_OF_219, OUTSIDE, outboundTalk, SECOND_CLIENT, takes, takesOutside, talk, talkAndEnd, up,
  type Cast, type Conversation, type Story,
} from './story.ts';
import type { Dialog } from '../sip/dialog.ts';
import type { Lab } from '../lab.ts';

const SECOND = `${OUTSIDE}${SECOND_CLIENT}`;

/** The employee leaves, two outside parties go on through the trunk. */
const sentOutside = (begin: (lab: Lab, cast: Cast) => Promise<Conversation>): Story => async (lab, cast) => {
  const { employee, client } = await begin(lab, cast);
  await blindTransfer(lab, employee, SECOND);
  await takesOutside(lab);
  await talkAndEnd(lab, cast, client);
};

/** The employee calls the second one on another line of his telephone, then joins the two. */
const joinedOutside = (begin: (lab: Lab, cast: Cast) => Promise<Conversation>): Story => async (lab, cast) => {
  const { employee, client } = await begin(lab, cast);
  await employee.hold();
  const consultation = await lab.phones[cast.first].call(SECOND);
  await takesOutside(lab);
  await up(consultation);
  await talk(cast.talkSeconds);
  await join(employee, consultation);
  await talkAndEnd(lab, cast, client);
};

/** 219 calls line 513 from his mobile, hears the dial tone of DISA and dials. */
async function dialsThrough(lab: Lab, number: string): Promise<Dialog> {
  const mobile = await lab.trunk.call('513', { as: MOBILE_OF_219 });
  await up(mobile);
  await talk(1);
  await mobile.press(number);
  return mobile;
}

const mobileEmployeeCallsColleague: Story = async (lab, cast) => {
  const mobile = await dialsThrough(lab, '220');
  await takes(lab, '220');
  await talkAndEnd(lab, cast, mobile);
};

const mobileEmployeeCallsClient: Story = async (lab, cast) => {
  const mobile = await dialsThrough(lab, SECOND);
  await takesOutside(lab);
  await talkAndEnd(lab, cast, mobile);
};

/** The mobile of an employee is called from his colleague's desk. */
const colleagueCallsMobile: Story = async (lab, cast) => {
  const caller = await lab.phones[cast.second].call(`${OUTSIDE}${MOBILE_OF_219}`);
  await takesOutside(lab);
  await up(caller);
  await talk(cast.talkSeconds);
  await end(lab, caller);
};

export const outside = {
  inboundToSecondClient: sentOutside((lab, cast) => inboundTalk(lab, cast)), outboundToSecondClient: sentOutside(outboundTalk),
  inboundJoinedWithSecondClient: joinedOutside((lab, cast) => inboundTalk(lab, cast)), outboundJoinedWithSecondClient: joinedOutside(outboundTalk),
  mobileEmployeeCallsColleague, mobileEmployeeCallsClient, colleagueCallsMobile,
} as const;
