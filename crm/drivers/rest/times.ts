/** Moments as CRMs write them. */
import type { Instant } from '../../../core/words.ts';
import type { Values } from './templates.ts';

/** `2026-09-01T10:15:09+03:00`, seconds since 1970, `2026-09-01 10:15:09` on the tenant's clock, `20260901T071509Z`. */
export function spellingsOf(name: string, at: Instant | null, timezone: string): Values {
  if (at === null) return { [`${name}_at`]: null, [`${name}_unix`]: null, [`${name}_local`]: null, [`${name}_utc`]: null };
  const local = localTime(at, timezone);
  return {
    [`${name}_at`]: isoTime(at, timezone), [`${name}_unix`]: Math.floor(at / 1000), [`${name}_local`]: local,
    [`${name}_utc`]: new Date(at).toISOString().replace(/\.\d+|[-:]/g, ''),
  };
}

/** `2026-09-01 10:15:09`. */
export function localTime(at: Instant, timezone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  return parts.format(at);
}

export function isoTime(at: Instant, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' }).formatToParts(at);
  const named = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${localTime(at, timezone).replace(' ', 'T')}${named.replace(/^GMT/, '') || '+00:00'}`;
}
