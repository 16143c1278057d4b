/** How long to wait before the next try. Pure but for the random number that is handed in. */
export interface Backoff {
  /** Milliseconds. `denied`: Asterisk knows us and does not want us; asking often fills its log and trips fail2ban. */
  next(denied: boolean): number;
  /** The link was up for so long that this is a new trouble. */
  reset(): void;
}

export const FIRST_MS = 500;
export const LONGEST_MS = 30_000;
export const DENIED_MS = 60_000;
/** A TCP connect is no recovery: only a link that lasted this long takes the back-off to its beginning (shields M11). */
export const STEADY_MS = 30_000;

/** Full jitter between 0.5 s and a ceiling that doubles up to 30 s; 60–120 s after a denial. `random` gives [0, 1). */
export function createBackoff(random: () => number): Backoff {
  let tries = 0;
  return {
    next(denied) {
      if (denied) return Math.round(DENIED_MS * (1 + random()));
      const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(++tries, 10));
      return Math.round(FIRST_MS + random() * (ceiling - FIRST_MS));
    },
    reset: () => (tries = 0),
  };
}
