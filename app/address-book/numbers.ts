/** Numbers of a cell: several may stand in one, and each may have an extension behind it that is no part of the telephone. */
import type { BookNumber } from '../../core/address-book.ts';
import type { Numbers } from '../../core/numbers.ts';
import { type Trouble, LIMITS, type WrittenNumber } from './words.ts';

const EXTENSION = /[\s,;]*(?:доб(?:авочный)?\.?|вн(?:утр)?\.?|ext(?:ension)?\.?|x|#)\s*:?\s*\d{1,8}\s*$/iu;
const WRITTEN = /^\+?[\d\s()./\u2010-\u2015\u00a0*#-]+$/u;

/** `8 903 …, 8 495 … доб. 12; +7 …`: a slash separates where blanks stand around it, because `030/1234` is one number in Germany. */
export function numbersIn(cell: string): readonly string[] {
  const parts = cell.split(/:::|[;|\n\r,]|\s\/\s/u).map((part) => part.trim()).filter((part) => part !== '');
  return parts.reduce<readonly string[]>((before, part) => (/^(?:доб|вн|ext|x|#)/iu.test(part) && before.length > 0
    ? [...before.slice(0, -1), `${before.at(-1) ?? ''}, ${part}`] : [...before, part]), []);
}

/** Each telephone once; or what is wrong with one of them. */
export function bookNumbers(written: readonly WrittenNumber[], numbers: Numbers): readonly BookNumber[] | Trouble {
  if (written.length > LIMITS.numbers) return 'MANY_NUMBERS';
  const found = new Map<string, BookNumber>();
  for (const { number, kind } of written) {
    // First of all: what is long is no number, and looking for an extension in it would take its time.
    if (number.length > LIMITS.number) return 'BAD_NUMBER';
    const plain = number.replace(EXTENSION, '').trim();
    if (/^\d+(?:[.,]\d+)?E\+?\d+$/iu.test(plain)) return 'EXCEL_NUMBER';
    const key = WRITTEN.test(plain) ? numbers.key(plain) : '';
    if (key === '') return 'BAD_NUMBER';
    if (!found.has(key)) found.set(key, { number, key, kind });
  }
  return [...found.values()];
}
