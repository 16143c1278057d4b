import { instant, type Instant } from '../core/words.ts';

const FIRST_MS = 10_000;
const LONGEST_MS = 3_600_000;
const WORLD_MS = 60_000;
const OPEN_MS = 3_000;

/** Between half and all of `milliseconds`, so that a hundred rows that failed together do not come back together. */
const jittered = (milliseconds: number, random: () => number): number => Math.round(milliseconds * (0.5 + random() / 2));

/** After the `failures`-th failure of one recording: 10 s, doubled each time, at most an hour. */
export function afterFailure(now: Instant, failures: number, random: () => number): Instant {
  return instant(now + jittered(Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20)), random));
}

/** When the world (disk, rights, no lame) was to blame: about every minute, for ever. */
export const afterRefusal = (now: Instant, random: () => number): Instant => instant(now + jittered(WORLD_MS, random));

/**
 * While nobody can tell whether a recorder still writes: seconds at first, because a PBX that was just found again is heard in a moment, then as long as it has waited already, at
 * most about a minute.
 */
export const whileOpen = (now: Instant, since: Instant, random: () => number): Instant =>
  instant(now + jittered(Math.min(WORLD_MS, Math.max(OPEN_MS, now - since)), random));
