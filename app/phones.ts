/**
 * The only door to libphonenumber-js: numbers as the tenant's country writes them (`core/numbers.ts`). Lines may have rules of their own, which come
 * before the plan (`phones/rules.ts`). Every call asks the same few numbers again and again: answers are kept, so many and no more.
 */
import parsePhoneNumber, { type CountryCode } from 'libphonenumber-js/max';
import type { Numbers, Telephone } from '../core/numbers.ts';
import { dialled } from '../core/phone.ts';
import { isService, type Reading, readingsOf, writtenAs } from './phones/habits.ts';
import { Recent } from './phones/recent.ts';
import { type NumberRule, type Rule, ruleOf } from './phones/rules.ts';
import { vanity } from './phones/vanity.ts';

export { type NumberRule, ruleMistake } from './phones/rules.ts';

export interface NumberedLine {
  /** A number in any spelling, or the name of a trunk. */
  readonly number: string;
  /** Tried in order: the first that fits decides. */
  readonly rules?: readonly NumberRule[];
}
export interface PhoneRules {
  /** ISO 3166, two capital letters. One that no plan is known for: only numbers with `+` are read by a plan. */
  readonly country: string;
  /** Numbers of ours, over the number as it stands. */
  readonly internal: RegExp;
  readonly lines?: readonly NumberedLine[];
}

type External = Extract<Telephone, { kind: 'external' }>;
/** What a plan makes of a number; `possible`: the length is right, though nobody was given such numbers yet (or the plan is newer than the library). */
interface Planned { readonly telephone: External; readonly possible: boolean }

/** Numbers kept in memory; each costs some hundred bytes. */
const KEPT = 5_000;
/** No key of the memory is longer: what is longer is read each time. */
const MAX_KEY = 80;

/** The way abroad and fifteen digits [E.164] are less; no plan knows what is longer. */
const MAX_DIALLED = 24;

/** Throws where a rule is wrong: the configuration must have said so before (`ruleMistake`). */
export function createNumbers({ country, internal, lines = [] }: PhoneRules): Numbers {
  const recent = new Recent<Telephone>(KEPT);
  const plain = (text: string): Telephone => telephone(text, country, internal);
  const rulesOf = lineRules(lines, (line) => keyOf(plain(line)));
  const read = (text: string, line = ''): Telephone => {
    const ruled = (): Telephone => plain(applied(dialled(text), rulesOf(line), country) ?? text);
    return text.length + line.length > MAX_KEY ? ruled() : recent.of(`${line}\n${text}`, ruled);
  };
  const key = (text: string, line?: string): string => keyOf(read(text, line));
  const same = (one: string, other: string): boolean => key(one) !== '' && key(one) === key(other);
  return { read, key, same, spellings: (text, line) => spellings(read(text, line), key) };
}

function keyOf(number: Telephone): string {
  if (number.kind === 'hidden') return '';
  if (number.kind !== 'external') return number.digits;
  return number.country === null ? number.e164.slice(1) : number.e164;
}

function spellings(number: Telephone, key: (text: string) => string): readonly string[] {
  if (number.kind === 'internal') return [number.digits];
  if (number.kind !== 'external') return [];
  const mine = keyOf(number);
  return [...new Set(writtenAs(number.e164, number.national, number.country))].filter((text) => key(text) === mine);
}

function telephone(text: string, country: string, internal: RegExp): Telephone {
  const number = vanity(text) ?? dialled(text);
  if (isOurs(text.trim(), internal) || isOurs(number, internal)) return { kind: 'internal', digits: number.replace(/[^0-9*#]/g, '') || text.trim() };
  if (number === '') return { kind: 'hidden' };
  if (isService(number)) return { kind: 'service', digits: number.replace('+', '') };
  return external(number, country);
}

const isOurs = (text: string, internal: RegExp): boolean => text !== '' && internal.test(text);

/** The first reading that a plan knows, else the first whose length a plan allows, else the digits as they are. */
function external(number: string, country: string): External {
  const planned = number.length > MAX_DIALLED ? [] : readingsOf(number, country).flatMap((reading) => byPlan(reading) ?? []);
  const found = planned.find(({ telephone: { valid } }) => valid) ?? planned.find(({ possible }) => possible);
  const digits = number.replace(/\D/g, '');
  return found?.telephone ?? { kind: 'external', e164: `+${digits}`, national: digits, country: null, valid: false };
}

function byPlan({ text, country }: Reading): Planned | null {
  const found = country === null ? parsePhoneNumber(text) : parsePhoneNumber(text, country as CountryCode);
  if (found === undefined) return null;
  const valid = found.isValid();
  // A country that no plan names (+800, +7 with a new code) is nevertheless one plan's: 001 is the world in ISO 3166's user-assigned range.
  const telephone: External = { kind: 'external', e164: found.number, national: found.nationalNumber, country: found.country ?? country ?? WORLD, valid };
  return { telephone, possible: valid || found.isPossible() };
}

/** UN M49, as libphonenumber names what belongs to no country. */
const WORLD = '001';

/** The rules of a line in any spelling of its number; of a trunk by its name. */
function lineRules(lines: readonly NumberedLine[], key: (line: string) => string): (line: string) => readonly Rule[] {
  const nameOf = (line: string): string => key(line) || line.trim().toLowerCase();
  const ruled = new Map(lines.map(({ number, rules = [] }) => [nameOf(number), rules.map(ruleOf)] as const).filter(([, rules]) => rules.length > 0));
  if (ruled.size === 0) return () => [];
  const known = new Recent<readonly Rule[]>(KEPT);
  return (line) => (line === '' || line.length > MAX_KEY ? [] : known.of(line, () => ruled.get(nameOf(line)) ?? []));
}

/**
 * What the rules of the line make of a number; null = none fits. A blunt rule (`+375{9}`) does not touch what a plan knows already and the rule
 * would spoil: a number from another country, or one that came whole.
 */
function applied(number: string, rules: readonly Rule[], country: string): string | null {
  for (const rule of rules) {
    const made = rule.apply(number);
    if (made === null) continue;
    if (!rule.blunt || external(dialled(made), country).valid || !external(number, country).valid) return made;
  }
  return null;
}
