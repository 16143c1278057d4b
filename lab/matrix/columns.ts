/** What each story is played on, and which stories there are to be heard. */
import type { AsteriskVersion } from '../build.ts';
import { expectations, type ExpectedCall } from '../expectations.ts';
import { stories, type StoryName } from '../scenarios.ts';
import type { SequenceClock } from '../sip/rtp.ts';
import type { Person } from './presence.ts';

export type ColumnName = '22' | '16' | '22 random' | '22 falling';
export interface Column {
  readonly name: ColumnName;
  readonly version: AsteriskVersion;
  readonly sequence: SequenceClock;
  /** `callme serve` is attached, and heals. */
  readonly serving: boolean;
}

/**
 * The plain columns prove the kit alone, with telephones that share a sequence clock. The others prove the healing of Debian's build, which 16.28
 * is not: only stories in which somebody takes another one's place.
 */
export const COLUMNS: readonly Column[] = [
  { name: '22', version: '22', sequence: 'common', serving: false },
  { name: '16', version: '16', sequence: 'common', serving: false },
  { name: '22 random', version: '22', sequence: 'random', serving: true },
  { name: '22 falling', version: '22', sequence: 'falling', serving: true },
];

const isStory = (name: string): name is StoryName => name in stories;
export const ALL: readonly StoryName[] = Object.keys(stories).filter(isStory);

const isTalk = ({ outcome }: ExpectedCall): boolean => outcome === 'answered' || outcome === 'voicemail';
/** Both ends are telephones of the PBX: there is no outside party whose channel could be recorded. */
const INSIDE: readonly StoryName[] = ['internalCall'];

/** Stories in which an outside party speaks with somebody, or to a voicemail. */
export const TALKS: readonly StoryName[] = ALL.filter((name) => expectations[name].some(isTalk) && !INSIDE.includes(name));
/** Stories in which somebody else takes part after the first one: only there a build can go deaf. */
export const HAND_OVERS: readonly StoryName[] = TALKS.filter((name) => {
  const calls = expectations[name];
  return calls.some(({ talked }) => talked.length > 1) || /Transfer|Picked|Parked|Joined|Held|SecondClient|Conference|FollowMe/.test(name);
});

export const storiesOf = ({ serving }: Column): readonly StoryName[] => (serving ? HAND_OVERS : TALKS);

const EMPLOYEES = ['219', '220', '221'] as const satisfies readonly Person[];
/** Stories in which an employee speaks through a telephone outside: he sounds as the second outside party does. */
const ON_MOBILE: readonly StoryName[] = [
  'inboundForwardedOutside', 'inboundForwardedToMobile', 'inboundFollowMe', 'inboundMobileToo', 'mobileEmployeeCallsClient',
];
/** Nobody says who 219's colleagues are here: `colleagueCallsMobile` is answered by the mobile of 219, so it is 220 who is heard in it. */
const EXPECTED: Readonly<Partial<Record<StoryName, readonly Person[]>>> = {
  colleagueCallsMobile: ['T', '220'], mobileEmployeeCallsColleague: ['T', '220'],
};

/** Who must be heard in one of the recordings at least. */
export function mustBeHeard(name: StoryName): readonly Person[] {
  const named = EXPECTED[name];
  if (named !== undefined) return named;
  if (ON_MOBILE.includes(name)) return ['T', 'T2'];
  const talked = new Set<string>(expectations[name].flatMap((call) => (call.direction === 'internal' ? [] : call.talked)));
  const second: readonly Person[] = name.endsWith('SecondClient') ? ['T2'] : [];
  return ['T', ...second, ...EMPLOYEES.filter((each) => talked.has(each))];
}
