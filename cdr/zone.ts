/**
 * Wall-clock times of a PBX as instants. CDR and CEL hold local time without its offset; the configuration names the zone, and Intl knows
 * its rules. No library: two questions (offset at an instant, instants of a local time) are all there is.
 */
import { instant, type Instant } from '../core/words.ts';

export interface Zone {
  /**
   * What a stamp of the books means: `2026-11-20 10:32:06[.123456]`, the same with an offset or `Z` behind it, or epoch seconds
   * `1795170726.123456` (cel_custom without a `dateformat`). Null where it is no time that exists. An hour that the clock goes through
   * twice is ambiguous: the earliest reading that is not before `notBefore` counts. One that it jumps over is read with the offset before.
   */
  instant(stamp: string, notBefore?: number): Instant | null;
  /** The stamp of an instant, to the second. */
  stamp(at: number): string;
}

const DAY_MS = 86_400_000;
/** Offsets change on quarters of an hour, so one answer of Intl serves a quarter. */
const QUARTER_MS = 900_000;
const REMEMBERED = 10_000;
const STAMP = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const EPOCH = /^\d{9,10}(?:\.\d{1,9})?$/;

export const thisMachine = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Throws RangeError for a name that is no zone: the configuration has checked it. */
export function createZone(name: string): Zone {
  const offsetAt = offsets(name);
  const remembered = new Map<number, readonly number[]>();
  const offsetsOf = (local: number): readonly number[] => {
    const quarter = Math.floor(local / QUARTER_MS);
    const known = remembered.get(quarter) ?? possible(quarter * QUARTER_MS, offsetAt);
    if (remembered.size > REMEMBERED) remembered.clear();
    remembered.set(quarter, known);
    return known;
  };
  return {
    instant: (stamp, notBefore) => (EPOCH.test(stamp) ? instant(Math.round(Number(stamp) * 1000)) : localInstant(stamp, offsetsOf, notBefore)),
    stamp: (at) => new Date(at + offsetAt(at)).toISOString().slice(0, 19).replace('T', ' '),
  };
}

function localInstant(stamp: string, offsetsOf: (local: number) => readonly number[], notBefore = 0): Instant | null {
  const parts = STAMP.exec(stamp);
  const local = parts === null ? null : wallClock(parts);
  if (parts === null || local === null) return null;
  if (parts[8] !== undefined) return instant(local - explicitOffset(parts[8]));
  const readings = offsetsOf(local).map((offset) => local - offset);
  return instant(readings.find((at) => at >= notBefore) ?? readings.at(-1) ?? local);
}

/** Milliseconds of the date and time as if it were UTC; null where there is no such date. */
function wallClock(parts: RegExpExecArray): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const whole = Date.UTC(year, month - 1, day, hour, minute, second);
  const exists = new Date(whole).toISOString().slice(0, 19) === parts[0].slice(0, 19).replace(' ', 'T');
  return exists ? whole + Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000) : null;
}

function explicitOffset(text: string): number {
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3).replace(':', '') || 0);
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Offsets under which a local time exists, the earliest instant first; in a gap the one before it. */
function possible(local: number, offsetAt: (at: number) => number): readonly number[] {
  const before = offsetAt(local - DAY_MS);
  const around = [before, offsetAt(local + DAY_MS)].filter((offset) => offsetAt(local - offset) === offset);
  return around.length === 0 ? [before] : [...new Set(around)].toSorted((one, other) => other - one);
}

function offsets(name: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
  return (at) => {
    const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const get = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
    return Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second')) - Math.floor(at / 1000) * 1000;
  };
}
