/**
 * `time.operating`: how many seconds a method has run for us in the last ten minutes. Above the portal's limit the method is blocked until
 * `operating_reset_at` (429 OPERATION_TIME_LIMIT), so from 80 % on it rests on its own accord (crm-contracts 1.3).
 */
import type { Timing } from './answers.ts';

/** Looks at one answer's time; by the portal's own clock, because ours may differ. */
export type Budget = (method: string, time: Timing | undefined) => void;

const ENOUGH = 0.8;
/** Ten buckets of a minute are counted: a later moment is a broken clock. */
const LONGEST_MS = 10 * 60_000;

export function createBudget(limitSeconds: number, rest: (operation: string, milliseconds: number) => void): Budget {
  return (method, time) => {
    const now = time?.finish ?? time?.start;
    if (time?.operating === undefined || time.operating_reset_at === undefined || now === undefined) return;
    const milliseconds = Math.min(Math.ceil((time.operating_reset_at - now) * 1000), LONGEST_MS);
    if (time.operating >= limitSeconds * ENOUGH && milliseconds > 0) rest(method, milliseconds);
  };
}
