/**
 * Judges a recording: is everybody in it, in the right order, and is nothing missing in between? Each complaint is one sentence with its
 * seconds; none = the recording is whole.
 */
import { show, type Run, type Speaker } from './tones.ts';

export interface Expectation {
  /** Who has to be heard from the first sound to the last one (the outside party), or null. */
  readonly throughout: Speaker | null;
  /** Everybody else in the order of their first word. Music and ringback in between need not be named. */
  readonly order: readonly Speaker[];
  /** Nobody else must be heard but these, `throughout`, music and ringback. */
  readonly strict?: boolean;
  /** Longest silence of one side that passes, in seconds. */
  readonly maximumGap?: number;
  /** A shorter sound is no speech but a leftover of a window. */
  readonly minimumSpeech?: number;
}
export interface Gap { readonly from: number; readonly to: number }

/** A phone's switch from one peer to the next loses some packets; a listener would not notice less than this. */
export const GAP_SECONDS = 0.3;
const SPEECH_SECONDS = 0.5;
/** `us` ringback: 2 s tone, 4 s pause. */
const RING_PAUSE_SECONDS = 4.2;

/** Stretches in which nobody of `wanted` is heard, between the first and the last sound of `within`. */
export function gaps(runs: readonly Run[], wanted: (speakers: readonly Speaker[]) => boolean): Gap[] {
  const found: Gap[] = [];
  for (const run of runs) {
    if (wanted(run.speakers)) continue;
    const last = found.at(-1);
    if (last?.to === run.from) found[found.length - 1] = { from: last.from, to: run.to };
    else found.push({ from: run.from, to: run.to });
  }
  return found;
}

export function secondsOf(runs: readonly Run[], speaker: Speaker): number {
  return runs.filter((run) => run.speakers.includes(speaker)).reduce((sum, run) => sum + run.to - run.from, 0);
}

/** The silent edges of the file are no gap in the talk. */
function trimmed(runs: readonly Run[]): readonly Run[] {
  const first = runs.findIndex((run) => run.speakers.length > 0);
  const last = runs.findLastIndex((run) => run.speakers.length > 0);
  return first < 0 ? [] : runs.slice(first, last + 1);
}

const seconds = (gap: Gap): string => `from ${gap.from.toFixed(2)} to ${gap.to.toFixed(2)} s`;
const longerThan = (limit: number) => (gap: Gap): boolean => gap.to - gap.from > limit;

function missing(runs: readonly Run[], expected: Expectation): string[] {
  const everybody = expected.throughout === null ? expected.order : [expected.throughout, ...expected.order];
  const enough = expected.minimumSpeech ?? SPEECH_SECONDS;
  return everybody.filter((speaker) => secondsOf(runs, speaker) < enough).map((speaker) => `${speaker} is heard for ${secondsOf(runs, speaker).toFixed(2)} s only`);
}

function firstWord(runs: readonly Run[], speaker: Speaker): number {
  return runs.find((run) => run.speakers.includes(speaker))?.from ?? Infinity;
}

function disorder(runs: readonly Run[], order: readonly Speaker[]): string[] {
  const heard = [...order].sort((one, other) => firstWord(runs, one) - firstWord(runs, other));
  return heard.join() === order.join() ? [] : [`heard in the order ${heard.join(', ')} instead of ${order.join(', ')}`];
}

function strangers(runs: readonly Run[], expected: Expectation): string[] {
  if (expected.strict !== true) return [];
  const known = new Set<Speaker>([...expected.order, 'MOH', 'ring', ...expected.throughout === null ? [] : [expected.throughout]]);
  const present = new Set(runs.flatMap((run) => run.speakers));
  return [...present].filter((speaker) => !known.has(speaker) && secondsOf(runs, speaker) >= SPEECH_SECONDS).map((speaker) => `${speaker} is heard and should not be`);
}

/** The pause of the ringback is no hole: somebody is being called. */
function isRingPause(runs: readonly Run[], gap: Gap): boolean {
  const before = runs.findLast((run) => run.to <= gap.from + 0.001);
  return before?.speakers.includes('ring') === true && gap.to - gap.from <= RING_PAUSE_SECONDS;
}

function holes(runs: readonly Run[], expected: Expectation): string[] {
  const { throughout } = expected;
  const tooLong = longerThan(expected.maximumGap ?? GAP_SECONDS);
  const own = throughout === null ? [] : gaps(runs, (speakers) => speakers.includes(throughout)).filter(tooLong);
  const others = expected.order.length === 0 ? [] : gaps(runs, (speakers) => speakers.some((speaker) => speaker !== throughout)).filter(tooLong);
  return [
    ...own.map((gap) => `${throughout ?? ''} is not heard ${seconds(gap)}`),
    ...others.filter((gap) => !isRingPause(runs, gap)).map((gap) => `nobody but ${throughout ?? ''} is heard ${seconds(gap)}`),
  ];
}

/** All complaints about a recording; an empty list = every speaker is there, in the right order, without a gap over 0.3 s. */
export function complaints(runs: readonly Run[], expected: Expectation): string[] {
  const talk = trimmed(runs);
  const found = [...missing(talk, expected), ...disorder(talk, expected.order), ...strangers(talk, expected), ...holes(talk, expected)];
  return found.length === 0 ? [] : [...found, `heard: ${show(runs)}`];
}
