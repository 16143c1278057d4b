import type { Clock } from '../core/ports.ts';
import { instant } from '../core/words.ts';

/** Time as this room needs it; tests hand in their own. */
export interface Timers extends Clock {
  /** Runs once after `ms` milliseconds unless the returned function is called first. */
  after(ms: number, run: () => void): () => void;
}

export const realTimers: Timers = {
  now: () => instant(Date.now()),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The promise's own result, or `late()` as a rejection after `ms` milliseconds. */
export function within<T>(timers: Timers, ms: number, wait: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(late()));
    wait.finally(cancel).then(resolve, reject);
  });
}

/** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = timers.after(ms, wake);
    signal.addEventListener('abort', wake);
  });
}
