/** What one connection heard of one call. */
export interface Heard { readonly events: number; readonly bytes: number }
export interface Traffic { readonly story: Story; readonly from: 'played' | 'recorded'; readonly whole: Heard; readonly filtered: Heard }

export const VERSIONS = ['22', '16'] as const;
export type Version = (typeof VERSIONS)[number];

/** The lab's name of a story, and the capture of the like. */
export const STORIES = { inboundAnswered: 'a_inbound_answered', inboundBlindTransfer: 'b1_inbound_blind_refer', inboundRingGroup: 'e1_ringgroup', inboundQueue: 'e2_queue' } as const;
export type Story = keyof typeof STORIES;
export const STORY_NAMES = Object.keys(STORIES) as readonly Story[];
