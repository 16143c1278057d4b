/** Colleagues among themselves. */
import { busy, never } from '../sip/policy.ts';
import { givenUp, takes, talk, talkAndEnd, up, type Story } from './story.ts';

const internalCall: Story = async (lab, cast) => {
  const caller = await lab.phones[cast.first].call(cast.second);
  await takes(lab, cast.second);
  await up(caller);
  await talkAndEnd(lab, cast, caller);
};

const internalBusy: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = busy(1);
  await givenUp(lab, await lab.phones[cast.first].call(cast.second));
};

/** 29XX rings 2XX for 4 s. */
const internalUnanswered: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = never;
  await givenUp(lab, await lab.phones[cast.first].call(`29${cast.second.slice(1)}`));
};

const internalCancelled: Story = async (lab, cast) => {
  lab.phones[cast.second].policy = never;
  const caller = await lab.phones[cast.first].call(cast.second);
  await lab.phones[cast.second].incoming();
  await caller.ringing();
  await talk(1);
  caller.hangUp();
  await givenUp(lab, caller);
};

export const internal = { internalCall, internalBusy, internalUnanswered, internalCancelled } as const;
