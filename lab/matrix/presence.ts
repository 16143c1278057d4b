/** Who is there when, in slots of 20 ms, and how a recording compares with the truth. */
import type { Run, Speaker } from '../tones.ts';

export const SLOT_SECONDS = 0.02;
/** Everybody who can speak; music and ringback are Asterisk's own and no speech. */
export const PEOPLE = ['T', 'T2', '219', '220', '221'] as const satisfies readonly Speaker[];
export type Person = (typeof PEOPLE)[number];
export type Presence = Readonly<Record<Person, Uint8Array>>;

const EARLIER = 25;

const empty = (slots: number): Record<Person, Uint8Array> =>
  ({ T: new Uint8Array(slots), T2: new Uint8Array(slots), 219: new Uint8Array(slots), 220: new Uint8Array(slots), 221: new Uint8Array(slots) });
const slotOf = (seconds: number): number => Math.max(0, Math.round(seconds / SLOT_SECONDS));

/** Several sounds that began at the same moment, as one. */
export function presenceOf(...sounds: readonly (readonly Run[])[]): Presence {
  const slots = Math.max(0, ...sounds.flatMap((runs) => runs.map(({ to }) => slotOf(to))));
  const found = empty(slots);
  for (const run of sounds.flat()) {
    for (const person of PEOPLE) if (run.speakers.includes(person)) found[person].fill(1, slotOf(run.from), slotOf(run.to));
  }
  return found;
}

export const secondsOf = (slots: Uint8Array): number => slots.reduce((sum, each) => sum + each, 0) * SLOT_SECONDS;

export interface Heard { readonly person: Person; readonly heard: number; readonly spoken: number; /** Longest stretch, seconds, in which he speaks and is not heard. */ readonly gap: number; readonly gapAt: number }

/** Slots by which the recording begins later than the truth (earlier: an edge of a window), where both agree best. */
export function shiftOf(truth: Presence, file: Presence, most: number): number {
  const shifts = Array.from({ length: most + EARLIER + 1 }, (_each, index) => index - EARLIER);
  const scores = shifts.map((shift) => agreement(truth, file, shift));
  return shifts[scores.indexOf(Math.max(...scores))] ?? 0;
}

function agreement(truth: Presence, file: Presence, shift: number): number {
  let score = 0;
  for (const person of PEOPLE) {
    const [there, kept] = [truth[person], file[person]];
    for (let slot = 0; slot < kept.length; slot += 1) if (kept[slot] === 1) score += there[slot + shift] === 1 ? 1 : -1;
  }
  return score;
}

/**
 * The same without the slots in which nobody is there. While the client's telephone sends key tones and nobody else speaks, no frame of sound
 * reaches the recorder and time stands still in its file: nothing is lost, but what follows comes earlier.
 */
export function withoutPauses(presence: Presence): Presence {
  const isAny = presence.T.map((_each, slot) => Number(PEOPLE.some((person) => presence[person][slot] === 1)));
  const kept = (slots: Uint8Array): Uint8Array => slots.filter((_each, slot) => isAny[slot] === 1);
  return { T: kept(presence.T), T2: kept(presence.T2), 219: kept(presence['219']), 220: kept(presence['220']), 221: kept(presence['221']) };
}

const worst = (people: readonly Heard[]): number => Math.max(0, ...people.map(({ gap }) => gap));

/** With the pauses, and where that does not fit without them: whichever speaks better of the recording. `most` = slots it may begin later. */
export function compareBoth(truth: Presence, file: Presence, most: number): readonly Heard[] {
  const plain = compare(truth, file, shiftOf(truth, file, most));
  const [dense, denseFile] = [withoutPauses(truth), withoutPauses(file)];
  const denser = compare(dense, denseFile, shiftOf(dense, denseFile, most));
  return worst(plain) <= worst(denser) ? plain : denser;
}

/** Of each person who speaks or is heard. `shift` from `shiftOf`. */
export function compare(truth: Presence, file: Presence, shift: number): readonly Heard[] {
  return PEOPLE.flatMap((person) => {
    const [there, kept] = [truth[person], file[person]];
    const [heard, spoken] = [secondsOf(kept), secondsOf(there)];
    if (heard === 0 && spoken === 0) return [];
    return [{ person, heard, spoken, ...longestGap(there, kept, shift) }];
  });
}

function longestGap(there: Uint8Array, kept: Uint8Array, shift: number): { readonly gap: number; readonly gapAt: number } {
  let [longest, endsAt, now] = [0, 0, 0];
  for (let slot = 0; slot < there.length; slot += 1) {
    now = there[slot] === 1 && kept[slot - shift] !== 1 ? now + 1 : 0;
    if (now > longest) [longest, endsAt] = [now, slot + 1];
  }
  return { gap: longest * SLOT_SECONDS, gapAt: Math.max(0, endsAt - longest - shift) * SLOT_SECONDS };
}
