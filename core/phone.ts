/**
 * Telephone numbers as Asterisk, people and CRMs write them. No library: the core stays free of packages, and all it has to
 * decide is whether a number is hidden, one of ours, or somebody outside, and whether two spellings mean the same telephone.
 */
export type PhoneKind = 'hidden' | 'internal' | 'external';
export interface Phone {
  readonly kind: PhoneKind;
  /** Digits alone, `''` when hidden. */
  readonly digits: string;
  /** `+` and the international number; `''` when hidden or internal. */
  readonly e164: string;
}

/** Ten digits from the end: enough to tell two telephones apart, short enough to survive `8`, `7` and `+7` before them. */
const SIGNIFICANT = 10;

/**
 * True where nobody can be looked up: the caller hid its number, or the network gave none. Asterisk, trunks and gateways write
 * `unknown`, `<unknown>`, `anonymous`, `anonymous@10.0.0.1`, `Restricted`, `unavailable`, or nothing there (asterisk-facts 6; RFC 3323
 * 4.1): what they have in common is that no digit stands before the `@`.
 */
export function isHidden(text: string): boolean {
  return digits(text) === '';
}

/** The digits of a number, without a `sip:…@host` or `,extension` behind it. `''` when there are none. */
export function digits(text: string): string {
  if (/^[0-9]+$/.test(text)) return text;
  const number = text.replace(/^\s*(?:sips?|tel):/i, '').split(/[@;,]/)[0] ?? '';
  return number.replace(/\D/g, '');
}

/**
 * The number with its country code, digits alone. Rules of the Russian plan where `country` is RU: `8` and ten digits, or ten digits
 * alone, are national (7…); `810` is the way abroad. `+` and `00` lead abroad everywhere. Other countries: the digits as they are.
 */
export function internationalDigits(text: string, country = 'RU'): string {
  const number = digits(text);
  if (text.trimStart().startsWith('+')) return number;
  if (number.startsWith('00') && number.length > SIGNIFICANT) return number.slice(2);
  return country === 'RU' ? russian(number) : number;
}

function russian(number: string): string {
  if (number.startsWith('810') && number.length > SIGNIFICANT + 1) return number.slice(3);
  if (number.startsWith('8') && number.length === SIGNIFICANT + 1) return `7${number.slice(1)}`;
  return number.length === SIGNIFICANT ? `7${number}` : number;
}

/** {@link internationalDigits} with its `+`; `''` for a hidden number. */
export function e164(text: string, country = 'RU'): string {
  if (isHidden(text)) return '';
  return `+${internationalDigits(text, country)}`;
}

/** The key under which two spellings of one telephone meet: its last ten digits, or all it has. */
export function phoneKey(text: string): string {
  return digits(text).slice(-SIGNIFICANT);
}

/** Do two spellings mean one telephone? Hidden numbers are never the same: nobody knows. */
export function sameNumber(one: string, other: string): boolean {
  const key = phoneKey(one);
  return key !== '' && !isHidden(one) && !isHidden(other) && key === phoneKey(other);
}

/**
 * A function that tells what a number is. `internal` is the source of a regular expression over the number as it stands
 * (`phones.internal`, e.g. `^[0-9]{2,5}$`); an invalid source throws here, once, and not per call.
 */
export function classifier(internal: string, country = 'RU'): (text: string) => Phone {
  const ours = new RegExp(internal);
  return (text) => {
    if (ours.test(text)) return { kind: 'internal', digits: digits(text), e164: '' };
    if (isHidden(text)) return { kind: 'hidden', digits: '', e164: '' };
    return { kind: 'external', digits: digits(text), e164: e164(text, country) };
  };
}
