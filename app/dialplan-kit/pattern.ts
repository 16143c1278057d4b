/**
 * Regular expressions that CallMe and Asterisk read alike. Asterisk's REGEX() takes POSIX extended expressions [regcomp(3)], but its
 * arguments lose each backslash and end at a quote, and its parser counts brackets [main/app.c, funcs/func_strings.c]: so what is allowed
 * here is what means the same in both and survives that. Everything else is refused when the configuration is read, not when a call comes.
 */

/** Longer ones belong into several rules; an Asterisk line ends at 8 kB. */
const LONGEST = 200;

/** What may stand outside of brackets, and what it is called in POSIX. */
const TOKENS: readonly (readonly [RegExp, (text: string) => string])[] = [
  [/^\\d/, () => '[0-9]'],
  [/^\\w/, () => '[0-9A-Za-z_]'],
  [/^\\[.*+]/, (text) => `[${text.slice(1)}]`],
  [/^\[\^?(?:\\d|[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9A-Za-z_.*#+])+-?\]/, (text) => text.replaceAll('\\d', '0-9')],
  [/^\((?:\?:)?(?![?*+{])/, () => '('],
  // A quantifier of a quantifier (`a*?`, `a++`) is lazy or possessive here and something else there.
  [/^(?:[?*+]|\{\d{1,3}(?:,\d{0,3})?\})(?![?*+{])/, (text) => text],
  // `${` and `$[` begin a variable and an expression.
  [/^\$(?![{[])/, () => '$'],
  [/^[\^.|)0-9A-Za-z_#-]/, (text) => text],
];

/** The expression as Asterisk's REGEX() takes it, null = it has no way to say this. `source` must be a valid JavaScript expression. */
export function asteriskPattern(source: string): string | null {
  if (source === '' || source.length > LONGEST) return null;
  let rest = source;
  let result = '';
  while (rest !== '') {
    const [text, made] = next(rest);
    if (text === '') return null;
    result += made;
    rest = rest.slice(text.length);
  }
  return result;
}

function next(rest: string): readonly [text: string, made: string] {
  for (const [token, make] of TOKENS) {
    const text = token.exec(rest)?.[0];
    if (text !== undefined) return [text, make(text)];
  }
  return ['', ''];
}
