/**
 * How people of a country write numbers at home, where a numbering plan alone does not say it. Sources: ITU-T national numbering plans; what
 * CRMs of that country hold. A country that is not here is read by its plan alone.
 */
export interface Habits {
  /** What stands before a national number when it is dialled within the country, the most usual first. */
  readonly before: readonly string[];
  /** Digits that a national number has at least, written without anything before it: less is a number of an area that nobody named. */
  readonly whole: number;
  /** Dialled so it is a number of this country, though its plan may not know it (yet): `81…` in Russia is not Japan. */
  readonly home?: RegExp;
  /** What stood before national numbers in former times, and in old address books for ever; then the number behind it is read. */
  readonly formerly?: RegExp;
  /** Its plan takes numbers of nearly every length: eleven digits and more are read as worldwide first, unless they are as this says. */
  readonly wide?: RegExp;
}

const HABITS: Readonly<Record<string, Habits>> = {
  RU: { before: ['8'], whole: 10, home: /^8[0-9]{10}$/ },
  KZ: { before: ['8'], whole: 10, home: /^8[0-9]{10}$/ },
  // 8, a second dial tone, 0 and the code: 80 29 …
  BY: { before: ['80'], whole: 9, home: /^80[0-9]{9}$/ },
  // 8, and then 0 and the code, until 2009.
  UA: { before: ['0', '80'], whole: 9, home: /^0[0-9]{9}$/, formerly: /^8(?=0[0-9]{9}$)/ },
  // A closed plan: the nine digits are all there is. A 0 stood before them until 2005.
  PL: { before: [], whole: 9, formerly: /^0(?=[0-9]{9}$)/ },
  // Mobile numbers without their 0 look like numbers of North America.
  DE: { before: ['0'], whole: 9, wide: /^(?:0|1[567])/ },
  US: { before: ['1'], whole: 10, home: /^1?[2-9][0-9]{9}$/ },
  CA: { before: ['1'], whole: 10, home: /^1?[2-9][0-9]{9}$/ },
};
const OTHERS: Habits = { before: ['0'], whole: 0 };

export const habitsOf = (country: string | null): Habits => (country !== null && Object.hasOwn(HABITS, country) ? HABITS[country] : undefined) ?? OTHERS;

/** One way to read digits: as the plan of the country, or with the country code in front. */
export interface Reading { readonly text: string; readonly country: string | null }

/** Digits of a whole number with its country code: less is read at home. */
const WORLDWIDE = 10;

/**
 * The ways to read what was dialled, the likeliest first. `+` is believed; where no plan knows such a number, it may have been typed before
 * a national one (`+8 903 …`), or behind the country code the national prefix was kept (`+7 8 903 …`).
 */
export function readingsOf(dialled: string, country: string): readonly Reading[] {
  const home = (text: string): Reading => ({ text, country });
  const world = (digits: string): Reading => ({ text: `+${digits}`, country: null });
  if (dialled.startsWith('+')) {
    const digits = dialled.slice(1);
    return [world(digits), ...(digits.length >= habitsOf(country).whole ? [home(digits)] : []), ...doubled(digits)];
  }
  // 00 leads abroad on every SIP trunk, whatever the plan says; 810 is the way out of RU, BY and KZ.
  const abroad = [/^00([1-9][0-9]{7,})$/, /^810([1-9][0-9]{7,})$/].flatMap((way) => way.exec(dialled)?.[1] ?? []).map(world);
  if (isLocal(dialled, country)) return abroad;
  const { home: ours, formerly, wide } = habitsOf(country);
  if (ours?.test(dialled) === true) return [home(dialled)];
  const whole = dialled.length >= WORLDWIDE ? [world(dialled)] : [];
  const old = formerly?.test(dialled) === true ? [home(dialled.replace(formerly, ''))] : [];
  const worldFirst = wide !== undefined && dialled.length > WORLDWIDE && !wide.test(dialled);
  return [...(worldFirst ? [...whole, home(dialled)] : [home(dialled), ...whole]), ...abroad, ...old];
}

/** `+7 8 903 555-01-42`: the country code, and then as at home. */
const doubled = (digits: string): readonly Reading[] => (/^78[0-9]{10}$/.test(digits) ? [{ text: digits.slice(1), country: 'RU' }] : []);

/** Shorter than any whole number, and nothing before it that would make it one. */
function isLocal(dialled: string, country: string): boolean {
  const { before, whole } = habitsOf(country);
  return dialled.length < whole && !before.some((prefix) => prefix.startsWith('0') && dialled.startsWith(prefix));
}

/** A number that nobody's plan explains but every network has: the emergency, the operator's `0890`, `*97`, `116117` [EU 2007/116/EC]. */
export const isService = (dialled: string): boolean => /[*#]/.test(dialled) || /^\+?(?:[0-9]{1,4}|116[0-9]{3})$/.test(dialled);

/** National spellings and worldwide ones, the likeliest first; whether each really reads the same the caller finds out. */
export function writtenAs(e164: string, national: string, country: string | null): readonly string[] {
  const { before } = habitsOf(country);
  return [e164, e164.slice(1), ...before.map((prefix) => prefix + national), national];
}
