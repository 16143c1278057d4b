/**
 * How long may a regular expression of the configuration search, at worst? It stands in the way of every call, so one that could backtrack
 * for seconds is refused when the configuration is read. Counted on a text of {@link MAX_INPUT} characters: every quantifier that can take
 * more or less multiplies the ways through, and so does every alternative. What repeats must not hold what repeats (`(\d+)+`: the ways double
 * with each character), nor alternatives (`(1|1){40}`).
 */
export const MAX_INPUT = 40;
const MAX_PATTERN = 200;
/** Ways through; each step costs nanoseconds. */
const MAX_WAYS = 200_000;

interface Part { readonly ways: number; readonly elastic: boolean }
interface Cursor { at: number; readonly source: string }

/** What is wrong with the pattern, in words; null = nothing. */
export function patternMistake(source: string): string | null {
  if (source.length === 0 || source.length > MAX_PATTERN) return `a pattern has 1 to ${String(MAX_PATTERN)} characters`;
  try {
    new RegExp(source, 'u');
    const { ways } = alternatives({ at: 0, source });
    return ways > MAX_WAYS ? 'the pattern can be read in too many ways: use fewer of * + ? {2,5} |' : null;
  } catch (error) {
    return error instanceof Refused ? error.message : 'this is no regular expression';
  }
}

class Refused extends Error {}

/** `a|b|c`, up to the end or to the bracket that closes it. */
function alternatives(cursor: Cursor): Part {
  let [ways, several] = [0, false];
  let elastic = false;
  for (;;) {
    const one = sequence(cursor);
    ways += one.ways;
    elastic ||= one.elastic;
    if (cursor.source[cursor.at] !== '|') return { ways, elastic: elastic || several };
    several = true;
    cursor.at += 1;
  }
}

function sequence(cursor: Cursor): Part {
  let [ways, elastic] = [1, false];
  while (cursor.at < cursor.source.length && !'|)'.includes(cursor.source[cursor.at] ?? '')) {
    const part = repeated(cursor, atom(cursor));
    ways *= part.ways;
    elastic ||= part.elastic;
  }
  return { ways, elastic };
}

const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;

function repeated(cursor: Cursor, part: Part): Part {
  QUANTIFIER.lastIndex = cursor.at;
  const found = QUANTIFIER.exec(cursor.source);
  if (found === null) return part;
  cursor.at = QUANTIFIER.lastIndex;
  const { least, most } = bounds(found);
  if (most > 1 && part.elastic) throw new Refused('what repeats must not hold something that repeats, or alternatives');
  return { ways: part.ways * (most - least + 1), elastic: part.elastic || most !== least };
}

function bounds([, sign = '', from = '', comma = '', to = '']: RegExpExecArray): { least: number; most: number } {
  if (sign !== '') return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : MAX_INPUT };
  const least = Math.min(Number(from), MAX_INPUT);
  return { least, most: comma === '' ? least : Math.min(to === '' ? MAX_INPUT : Number(to), MAX_INPUT) };
}

const ONE = /\\(?:[dDwWsS]|[^\w])|\[(?:\\.|[^\]\\])*\]|\((?:\?:)?|[^\\[(]/uy;

/** One character, class or group; what looks ahead, looks back or refers to a group is refused: its cost cannot be counted. */
function atom(cursor: Cursor): Part {
  ONE.lastIndex = cursor.at;
  const [text = ''] = ONE.exec(cursor.source) ?? [];
  if (text === '' || (text === '(' && cursor.source[cursor.at + 1] === '?')) throw new Refused('only groups, classes, \\d \\w \\s, | and quantifiers are understood');
  cursor.at = ONE.lastIndex;
  if (!text.startsWith('(')) return { ways: 1, elastic: false };
  const group = alternatives(cursor);
  cursor.at += 1;
  return group;
}
