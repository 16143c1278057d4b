/** A question with a deadline: the scripts ask nothing without one, because the caller hears silence meanwhile. */
import type { AgiSession } from '../session.ts';

/** What the commands behind the question need at most (a slow PBX; 40 ms of Nagle once per session): kept back from the deadline. */
const RESERVE_MS = 200;
/** After its signal has aborted, the question may still give the answer it has for that case. */
const GRACE_MS = 40;

/** Node keeps one list of timers per duration: durations that differ by microseconds would cost a list each. */
const GRAIN_MS = 10;

/** Milliseconds for a lookup in a session that has `leftMs` left: about half of them at least. */
export function patienceFor(leftMs: number): number {
  return GRAIN_MS * Math.floor(Math.max(leftMs - RESERVE_MS - GRACE_MS, leftMs / 2) / GRAIN_MS);
}

/**
 * The answer to `ask`, or `otherwise` when it is late, rejects, or throws. Its signal aborts after `milliseconds`, or with the session.
 * Never rejects.
 */
export function inTime<Answer>(
  session: AgiSession, milliseconds: number, ask: (signal: AbortSignal) => Promise<Answer>,
  otherwise: (why: 'late' | 'failed', error: unknown) => Answer,
): Promise<Answer> {
  const patience = new AbortController();
  const forget = session.whenOver(() => { patience.abort(session.over); });
  return new Promise((resolve) => {
    const late = (): void => { settle(otherwise('late', null)); };
    let clock = setTimeout(() => {
      clock = setTimeout(late, GRACE_MS);
      patience.abort();
    }, milliseconds);
    const settle = (answer: Answer): void => {
      clearTimeout(clock);
      forget();
      resolve(answer);
    };
    started(ask, patience.signal).then(settle, (error: unknown) => { settle(otherwise('failed', error)); });
  });
}

/** A synchronous throw becomes a rejection. */
async function started<Answer>(ask: (signal: AbortSignal) => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return ask(signal);
}
