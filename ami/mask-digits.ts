/**
 * Telephone numbers that stay telephone numbers: the digits are moved by a permutation that only the key knows, so one telephone always
 * gets one mask, two telephones never share one, no table is kept and there is no way back.
 */
import { createHmac } from 'node:crypto';

/** What a capture's Pbx is like: a masked number must answer to these as the true one did. */
export interface NumberRules { readonly internal: RegExp; readonly external: readonly RegExp[] }

/** A country's numbers differ before the last ten digits (`8`, `7`, `+7`, nothing), so what stands there stays [core/phone.ts]. */
const SIGNIFICANT = 10;
/** E.164 ends at 15 digits, `810` or `00` before them: what is longer is several things in one, and all of it is masked. */
const LONGEST = 18;
/** Shorter ones are services (112), parking spaces and feature codes: nobody's telephone. */
export const SHORTEST = 5;
/** More digits than an extension has: a loose `phones.internal` (`[0-9]+`) must not let customers through. */
const LONGEST_OURS = 7;
const CACHED = 10_000;

export class NumberMask {
  readonly #key: Buffer;
  readonly #internal: RegExp;
  readonly #external: readonly RegExp[];
  readonly #known = new Map<string, string>();

  constructor(key: Buffer, { internal, external }: NumberRules) {
    this.#key = key;
    this.#internal = stateless(internal);
    // An expression that spells a number out is masked itself (see `expression`): it says nothing about other numbers.
    this.#external = external.filter(({ source }) => !/\d{5}/.test(source)).map(stateless);
  }

  /** An extension, or too short to be anybody's telephone. */
  isOurs(text: string): boolean {
    const count = digitsOf(text).length;
    return count < SHORTEST ? /^[\d*#+]*$/.test(text) : count <= LONGEST_OURS && /^\S{1,20}$/.test(text) && this.#internal.test(text);
  }

  /** The same text with other digits; signs, blanks and what stands before the last ten digits stay. */
  mask(text: string): string {
    const digits = digitsOf(text);
    if (digits.length < SHORTEST || this.isOurs(text)) return text;
    const tail = digits.length > LONGEST ? digits.length : Math.min(SIGNIFICANT, digits.length);
    const masked = digits.slice(0, -tail) + this.#masked(digits.slice(-tail));
    let next = 0;
    return text.replaceAll(/[0-9]/g, () => masked[next++] ?? '');
  }

  #masked(digits: string): string {
    const known = this.#known.get(digits) ?? this.#walk(digits);
    if (this.#known.size >= CACHED) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(digits, known);
    return known;
  }

  /**
   * Moves on until the number is of the same sort as the true one (cycle walking: still a permutation, among numbers of one sort). The cap
   * only counts where an `external` fits less than one number in thousands: then its trunk may not be recognised in the masked capture.
   */
  #walk(digits: string): string {
    const sort = this.#sortOf(digits);
    let masked = permuted(this.#key, digits);
    for (let steps = 0; steps < 5_000 && this.#sortOf(masked) !== sort; steps++) masked = permuted(this.#key, masked);
    return masked;
  }

  #sortOf(digits: string): string {
    const spellings = digits.length === SIGNIFICANT ? [digits, `7${digits}`, `8${digits}`, `+7${digits}`] : [digits];
    const answers = spellings.flatMap((number) => [this.#internal.test(number), ...this.#external.flatMap((outside) =>
      TECHNOLOGIES.map((technology) => outside.test(`${technology}/${number}-00000001`)))]);
    // A zero in front leads abroad or to another city; other digits do not.
    return [digits.startsWith('0'), ...answers].map(Number).join('');
  }
}

const TECHNOLOGIES = ['PJSIP', 'SIP', 'IAX2', 'DAHDI/i1'] as const;
const digitsOf = (text: string): string => text.replaceAll(/[^0-9]/g, '');
/** `g` and `y` make an expression remember where it was. */
const stateless = (expression: RegExp): RegExp => new RegExp(expression.source, expression.flags.replaceAll(/[gy]/g, ''));

/** A Feistel network over decimal digits, after NIST SP 800-38G (FF1): ten rounds, HMAC-SHA256 in each. */
function permuted(key: Buffer, digits: string): string {
  const half = Math.floor(digits.length / 2);
  let [left, right] = [digits.slice(0, half), digits.slice(half)];
  for (let round = 0; round < 10; round++) {
    const width = left.length;
    const pad = createHmac('sha256', key).update(`digits ${digits.length} ${round} ${right}`).digest('hex');
    const sum = (BigInt(left) + BigInt(`0x${pad}`)) % 10n ** BigInt(width);
    [left, right] = [right, sum.toString().padStart(width, '0')];
  }
  return left + right;
}
