/**
 * The rules of a line: what a trunk or a GSM gateway makes of numbers before anybody else reads them. A rule is `+375{9}` (this prefix and the last
 * nine digits), or a pair of a pattern and what to put in its place. Patterns are read from the beginning of the number, on at most
 * {@link MAX_INPUT} characters, and are checked when the configuration is read (`cost.ts`).
 */
import { MAX_INPUT, patternMistake } from './cost.ts';

export type NumberRule = string | { readonly match: string; readonly replace: string };

/** What a rule makes of a number: null = it does not fit. `blunt`: it fits everything that is long enough. */
export interface Rule { readonly blunt: boolean; apply(number: string): string | null }

const PREFIX_RULE = /^(\+?[0-9]{0,10})\{([0-9]{1,2})\}$/;
const REPLACEMENT = /^(?:[0-9+*#]|\$[1-9])*$/;

/** What is wrong with a rule, in words with the remedy; null = nothing. */
export function ruleMistake(rule: NumberRule): string | null {
  if (typeof rule === 'string') return PREFIX_RULE.test(rule) && digitsOf(rule) >= 1 && digitsOf(rule) <= 15 ? null : 'write a prefix and how many of the last digits follow it, 1 to 15: "+375{9}"';
  return patternMistake(rule.match) ?? replacementMistake(rule);
}

const digitsOf = (rule: string): number => Number(PREFIX_RULE.exec(rule)?.[2] ?? 0);

function replacementMistake({ match, replace }: Exclude<NumberRule, string>): string | null {
  if (!REPLACEMENT.test(replace) || replace.length > MAX_INPUT) return 'what is put in its place holds digits, +, *, # and $1 to $9';
  const groups = (new RegExp(`${match}|`, 'u').exec('')?.length ?? 1) - 1;
  const asked = Math.max(0, ...[...replace.matchAll(/\$([1-9])/g)].map(([, place]) => Number(place)));
  return asked > groups ? `$${String(asked)} is asked for, but the pattern has ${String(groups)} groups in ( )` : null;
}

/** Throws on a rule that `ruleMistake` finds wrong: the configuration must have said so before. */
export function ruleOf(rule: NumberRule): Rule {
  const mistake = ruleMistake(rule);
  if (mistake !== null) throw new Error(`a rule of a line is wrong: ${mistake}`);
  return typeof rule === 'string' ? prefixRule(rule) : patternRule(rule);
}

function prefixRule(source: string): Rule {
  const [prefix, count] = [source.slice(0, source.indexOf('{')), digitsOf(source)];
  return {
    blunt: true,
    apply: (number) => {
      const digits = number.replace(/[^0-9]/g, '');
      return digits.length < count || /[*#]/.test(number) ? null : prefix + digits.slice(-count);
    },
  };
}

function patternRule({ match, replace }: Exclude<NumberRule, string>): Rule {
  const pattern = new RegExp(`^(?:${match})`, 'u');
  return { blunt: false, apply: (number) => (pattern.test(number.slice(0, MAX_INPUT)) ? number.slice(0, MAX_INPUT).replace(pattern, replace) : null) };
}
