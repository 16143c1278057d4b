/** The calls that the lab can play; each speaks for real seconds, because a recording of a call is as long as the call. */
import type { Lab } from './lab.ts';
import { attended } from './scenarios/attended.ts';
import { blind } from './scenarios/blind.ts';
import { clickToCalls } from './scenarios/click-to-call.ts';
import { groups } from './scenarios/groups.ts';
import { inbound } from './scenarios/inbound.ts';
import { internal } from './scenarios/internal.ts';
import { outbound } from './scenarios/outbound.ts';
import { outside } from './scenarios/outside.ts';
import { parking } from './scenarios/parking.ts';
import { rooms } from './scenarios/rooms.ts';
import { CAST, type Cast, type Story } from './scenarios/story.ts';

export { CAST, type Cast, type Story } from './scenarios/story.ts';

export const stories = {
  ...inbound, ...groups, ...blind, ...attended, ...parking, ...rooms, ...outbound, ...outside, ...clickToCalls, ...internal,
} as const satisfies Readonly<Record<string, Story>>;
export type StoryName = keyof typeof stories;

/** Plays one story from a clean start; `cast` overrides who plays. Rejects with a LabError when a party or a signal does not come. */
export async function play(lab: Lab, name: StoryName, cast: Partial<Cast> = {}): Promise<void> {
  await lab.reset();
  await stories[name](lab, { ...CAST, ...cast });
}
