/** `--from`, `--to`: a date, a time, or how long ago. */
import { instant, type Instant } from '../../core/words.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const AGO = /^(\d{1,5})([mhdw])$/;
/** ISO 8601 as far as it is clear without knowledge: a date, or a date and a time, with or without a zone. */
const ISO = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** `2026-11-20`, `2026-11-20 14:03`, `2026-11-20T14:03:07Z`, `2h`, `7d`. Without a zone it is this machine's time. Null where it is none of these. */
export function whenOf(text: string, now: Instant): Instant | null {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return instant(now - Number(count) * (UNITS[unit] ?? 0));
  if (!ISO.test(text) || !existsInCalendar(text)) return null;
  // A date alone would be read as UTC: people mean their own midnight.
  const at = Date.parse(text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T'));
  return Number.isNaN(at) ? null : instant(at);
}

/** `2026-02-30` would silently become the second of March. */
function existsInCalendar(text: string): boolean {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}
