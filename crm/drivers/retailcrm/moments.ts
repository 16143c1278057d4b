/** Moments in RetailCRM's words. */
import type { Instant } from '../../../core/words.ts';

/**
 * `YYYY-MM-DD HH:MM:SS` in a time zone. The field has no offset; that the account's own zone is meant is unconfirmed (crm-contracts 3.2), so
 * the check compares the account's zone with ours. Of the hour that is repeated in autumn nobody can tell which one is meant.
 */
export function localTime(at: Instant, timezone: string): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).format(at);
}
