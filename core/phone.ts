/**
 * Telephone numbers as Asterisk, people and CRMs write them. No library: the core stays free of packages, and all it has to decide is
 * whether there is a number at all, and whether two spellings may mean the same telephone. What a plan makes of it is `Numbers`
 * (`core/numbers.ts`).
 */

/** Ten digits from the end: enough to tell two telephones apart, short enough to survive `8`, `7` and `+7` before them. */
const SIGNIFICANT = 10;
/** Longer texts are no telephone number with something around it. */
const MAX_TEXT = 200;

/**
 * True where nobody can be looked up: the caller hid its number, or the network gave none. Asterisk, trunks and gateways write
 * `unknown`, `<unknown>`, `anonymous`, `anonymous@10.0.0.1`, `Restricted`, `unavailable`, nothing, or zeros (asterisk-facts 6; RFC 3323
 * 4.1). A word in the place of the number (`MEGAFON`, `TELE2`) is a name: nobody can be looked up by it either.
 */
export function isHidden(text: string): boolean {
  return digits(text) === '';
}

/** The digits of a number, without a `sip:…@host` around it or an extension behind it. `''` when there is no number. */
export function digits(text: string): string {
  if (/^[0-9]+$/.test(text) && !ZEROS.test(text)) return text;
  return dialled(text).replace(/\D/g, '');
}

/** Some networks send zeros for "no number". A few may be somebody: `0` is the operator. */
const ZEROS = /^\+?0{5,}$/;
/** `"Irina" <sip:79035550142@host>;tag=1`. */
const IN_BRACKETS = /<([^<>]*)>/;
const SCHEME = /^\s*(?:sips?|tel|callto|gsm):(?:\/\/)?/i;
/** `tel:9035550142;phone-context=+7` is an international number in two pieces [RFC 3966 5.1.5]. */
const CONTEXT = /;phone-context=\+([0-9]{1,7})(?:;|$)/i;
/** `*31#`, `#31#` (hide my number), `*67`, `*82`: service codes dialled before a number that is the real one. */
const BEFORE_NUMBER = /^(?:\*31#|#31#|\*67|\*82)(?=\+?[0-9]{5})/;

/**
 * What one would dial: digits, `*` and `#`, with a `+` before them where the number is international. Reads SIP and tel addresses, names around
 * the number, separators and digits of any script, percent escapes, and cuts extensions (`,102`, `доб. 102`, `ext 102`). `''` = there is no number.
 */
export function dialled(text: string): string {
  if (/^\+?[0-9]+$/.test(text)) return ZEROS.test(text) ? '' : text;
  const plain = inAscii(text.slice(0, MAX_TEXT));
  const address = (IN_BRACKETS.exec(plain)?.[1] ?? plain).replace(SCHEME, '');
  const [number = ''] = address.split(/[@;,]/);
  const bare = withoutWords(withoutExtension(number));
  if (/\p{L}/u.test(bare)) return '';
  const dialledText = bare.replace(/[^0-9*#+]/g, '').replace(BEFORE_NUMBER, '');
  return withPlus(dialledText, CONTEXT.exec(address)?.[1] ?? '');
}

/** A `+` counts at the beginning alone; `(+7)`, `++7` and `+(7)` are read like `+7`. */
function withPlus(text: string, context: string): string {
  const number = text.replaceAll('+', '');
  if (!/[0-9]/.test(number) || ZEROS.test(number)) return '';
  if (text.startsWith('+')) return `+${number}`;
  return context === '' ? number : `+${context}${number}`;
}

/** Digits of every script, full-width signs, and what a URI escapes (`%2B7903…`). */
function inAscii(text: string): string {
  const decoded = text.replaceAll('№', ' ').replace(/%([2-7][0-9a-f])/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decoded.normalize('NFKC').replace(/[^\P{Nd}0-9]/gu, asciiDigit);
}

/** Unicode keeps the ten digits of a script in one row: its zero is where the row begins [Unicode 4.6, Nd]. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value);
}

/** Words that stand before an extension, behind a whole number: `8 495 123-45-67 доб. 102`, `+49 30 901820 ext 17`, `…p102`, `…#102`. */
const EXTENSION = /^((?:[^0-9]*[0-9]){5,}?[^0-9\p{L}#]*)(?:#|(?:доб|вн|внутр|ext|extension|extn|wew|dop|int|durchwahl|dw|x|х|p|w)[\s.:#]*(?=[0-9])).*$/iu;

function withoutExtension(text: string): string {
  const cut = EXTENSION.exec(text)?.[1] ?? text;
  // A second number behind a slash; `030/901820` is one number, as Germans write it.
  const [first = '', second] = cut.split('/');
  return second !== undefined && first.replace(/[^0-9]/g, '').length >= 7 ? first : cut;
}

/** `тел. 8 903 555-01-42`, `8 903 555-01-42 (мама)`: one number of at least seven digits, no letter touching it, no digit elsewhere. */
function withoutWords(text: string): string {
  if (!/\p{L}/u.test(text)) return text;
  const pieces = text.split(/\p{L}+/u);
  const [number, another] = pieces.filter((piece) => /[0-9]/.test(piece));
  const alone = number !== undefined && another === undefined && number.replace(/[^0-9]/g, '').length >= 7;
  const touched = number === undefined || (pieces.at(-1) !== number && /[0-9]$/.test(number)) || (pieces[0] !== number && /^[+0-9]/.test(number));
  return alone && !touched ? number : text;
}

/** The key under which two spellings of one telephone meet where no plan is at hand: its last ten digits, or all it has. */
export function phoneKey(text: string): string {
  return digits(text).slice(-SIGNIFICANT);
}
