export type Cancel = () => void;

/** The passing of time, so that tests can hold it. */
export interface Timers {
  /** Runs `act` once, after at least so many milliseconds. */
  after(milliseconds: number, act: () => void): Cancel;
  /** Runs `act` once, after what the process has to read and write now. */
  soon(act: () => void): Cancel;
}

/** Node's longest timer; a longer one would fire at once. Whoever waits longer looks again then. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after: (milliseconds, act) => {
    const handle = setTimeout(act, Math.min(Math.max(milliseconds, 0), LONGEST_MS));
    return () => clearTimeout(handle);
  },
  soon: (act) => {
    const handle = setImmediate(act);
    return () => clearImmediate(handle);
  },
};
