/** An employee calls a client: taken, refused in every way, left to ring. */
import { announce, busy, never, refuse, type Policy } from '../sip/policy.ts';
import { BRIEFLY, end, givenUp, OUTSIDE, outboundTalk, talk, type Story } from './story.ts';

const outboundAnswered: Story = async (lab, cast) => {
  const { employee } = await outboundTalk(lab, cast);
  await end(lab, employee);
};

const outboundAnnounced: Story = async (lab, cast) => {
  lab.trunk.policy = announce();
  await outboundAnswered(lab, cast);
};

const refused = (policy: Policy, prefix = OUTSIDE): Story => async (lab, cast) => {
  lab.trunk.policy = policy;
  await givenUp(lab, await lab.phones[cast.first].call(`${prefix}${cast.client}`));
};

const outboundCancelled: Story = async (lab, cast) => {
  lab.trunk.policy = never;
  const employee = await lab.phones[cast.first].call(`${OUTSIDE}${cast.client}`);
  await lab.trunk.incoming();
  await employee.ringing();
  await talk(1);
  employee.hangUp();
  await givenUp(lab, employee);
};

export const outbound = {
  outboundAnswered, outboundAnnounced, outboundCancelled,
  outboundBusy: refused(busy(1)), outboundRejected: refused(refuse(603, 'Decline', 1)), outboundCongested: refused(refuse(503, 'Service Unavailable')),
  outboundInvalidNumber: refused(refuse(404, 'Not Found')), outboundUnanswered: refused(never, BRIEFLY),
} as const;
