/** How an explanation stands on a terminal: times, indents, and no byte that moves a cursor. */
import { showTime } from '../cli/print.ts';

/** `local`: the clock of this machine and the offset. `relative`: the offset alone. `none`: the source holds no times (a byte-exact dump). */
export type Times = 'local' | 'relative' | 'none';

/** Columns that a line may take before its rule goes to a line of its own. */
const WIDTH = 120;

export interface Line { readonly at: number; readonly text: string; /** The rule or the reason, `''` = none. */ readonly why: string }

/** Lines of a timeline. Offsets count from the first one. */
export function timed(lines: readonly Line[], times: Times): readonly string[] {
  const begin = lines[0]?.at ?? 0;
  return lines.flatMap((line, index) => hung(`  ${stamp(line.at, { begin, before: lines[index - 1]?.at ?? begin, times })}`, line));
}

/** A text behind its head, the rule in brackets behind the text or, where that is too long, below it. */
export function hung(head: string, { text, why }: Pick<Line, 'text' | 'why'>): readonly string[] {
  if (why === '') return [head + text];
  const whole = `${head}${text} [${why}]`;
  if (whole.length <= WIDTH) return [whole];
  const indent = ' '.repeat(head.length + 2);
  return [head + text, ...wrapped(`[${why}]`, WIDTH - indent.length).map((line) => indent + line)];
}

/** Lines of whole words; a word that is longer than a line stays whole, because it may be a path to copy. */
export function wrapped(text: string, width: number): readonly string[] {
  return text.split(' ').reduce((lines: readonly string[], word) => {
    const last = lines.at(-1);
    return last === undefined || last.length + 1 + word.length > width ? [...lines, word] : [...lines.slice(0, -1), `${last} ${word}`];
  }, []);
}

interface Moment { readonly begin: number; readonly before: number; readonly times: Times }

function stamp(at: number, { begin, before, times }: Moment): string {
  if (times === 'none') return '';
  const offset = `${at < begin ? '-' : '+'}${(Math.abs(at - begin) / 1000).toFixed(1)} s`.padStart(9);
  return times === 'relative' ? `${offset}  ` : `${dayOf(at) === dayOf(before) ? '' : `${dayOf(at)} `}${clockOf(at)} ${offset}  `;
}

/** `2026-11-20`, local. */
export const dayOf = (at: number): string => showTime(at).slice(0, 10);

/** `12:00:03.207`, local, with milliseconds: what follows what is often decided by them. */
export const clockOf = (at: number): string => `${showTime(at).slice(11)}.${String(((at % 1000) + 1000) % 1000).padStart(3, '0')}`;

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from outside on one line, without what a terminal obeys, at most so many characters: a CRM's answer may be a whole page. */
export function clean(text: string, most = 200): string {
  const letters = Array.from(text.replaceAll(UNSEEN, '?'));
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : letters.join('');
}

/** As a word of a shell command that can be copied. */
export const shellWord = (text: string): string => (/^[\w./+@:=-]+$/.test(text) ? text : `'${clean(text).replaceAll("'", "'\\''")}'`);
