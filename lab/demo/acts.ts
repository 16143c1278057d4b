/** The three acts of the demo, and what must have come of each. */
import type { Expectation } from '../hearing.ts';
import type { Cast, StoryName } from '../scenarios.ts';
import { KNOWN, UNKNOWN_NUMBER } from './stage.ts';

export interface Act {
  readonly title: string;
  readonly story: StoryName;
  readonly cast: Partial<Cast>;
  readonly expect: {
    /** Digits of the outside party's number. */
    readonly client: string;
    readonly type: 1 | 2;
    readonly statusCode: string;
    /** Portal user who finishes: the last one who talked. */
    readonly userId: number;
    /** Whole seconds of talk at least; 0 = nobody talked. */
    readonly talkSeconds: number;
    readonly routeReason: string | null;
    /** What the MP3 must hold; null = there is nothing to hear, so no record is told. */
    readonly sound: Expectation | null;
  };
}

const CLIENT = KNOWN.phone.slice(1);
const TALK = 3;

export const ACTS: readonly Act[] = [
  {
    title: 'A known client calls; CallMe routes him to his own manager (220); blind transfer to 221',
    story: 'inboundBlindTransfer', cast: { client: CLIENT, first: '220', second: '221', talkSeconds: TALK },
    expect: { client: CLIENT, type: 2, statusCode: '200', userId: 9, talkSeconds: 2 * TALK, routeReason: 'owner-of-contact', sound: { throughout: 'T', order: ['220', '221'], strict: true } },
  },
  {
    title: 'An unknown number calls; nobody answers',
    story: 'inboundUnanswered', cast: { client: UNKNOWN_NUMBER },
    expect: { client: UNKNOWN_NUMBER, type: 2, statusCode: '304', userId: 7, talkSeconds: 0, routeReason: 'unknown-number', sound: null },
  },
  {
    title: '219 calls the client; attended transfer to 220',
    story: 'outboundAttendedTransfer', cast: { client: CLIENT, first: '219', second: '220', talkSeconds: TALK },
    expect: { client: CLIENT, type: 1, statusCode: '200', userId: 8, talkSeconds: 2 * TALK, routeReason: null, sound: { throughout: 'T', order: ['219', '220'], strict: true } },
  },
];
