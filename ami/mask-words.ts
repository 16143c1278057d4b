/** Names, hosts and texts of no known shape, each replaced by a word that only the key leads to: the same text always by the same word. */
import { createHmac } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** What Asterisk and the networks write where nobody is named: it tells nothing of anybody. */
const NOBODY = /^(?:<unknown>|<none>|unknown|anonymous|restricted|unavailable|private|withheld|asterisk|s)?$/i;

export const isNobody = (text: string): boolean => NOBODY.test(text);

export class WordMask {
  readonly #key: Buffer;

  constructor(key: Buffer) { this.#key = key; }

  name(text: string): string { return `Name-${this.#letters(`name ${text}`)}`; }
  user(text: string): string { return `user-${this.#letters(`user ${text}`)}`; }
  /** An account code, somebody's variable, a header nobody knows. */
  text(text: string): string { return `masked-${this.#letters(`text ${text}`)}`; }

  /** Addresses of the ranges that are kept free for tests and examples (RFC 2544, RFC 3849, RFC 2606). This machine itself is no secret. */
  host(host: string): string {
    if (/^(?:127\.[\d.]+|0\.0\.0\.0|::1|localhost)$/i.test(host)) return host;
    const digest = this.#digest(`host ${host.toLowerCase()}`);
    const [one = 0, two = 0, three = 0] = digest;
    if (isIPv4(host)) return `198.${18 + (one & 1)}.${two}.${three}`;
    if (host.includes(':')) return `2001:db8::${digest.toString('hex', 0, 2)}:${digest.toString('hex', 2, 4)}`;
    return `host-${this.#letters(`host ${host.toLowerCase()}`)}.invalid`;
  }

  /** Letters alone: what holds no digit is never taken for a number afterwards. */
  #letters(text: string): string {
    return Array.from(this.#digest(text).subarray(0, 8), (byte) => String.fromCharCode(97 + (byte % 26))).join('');
  }

  #digest(text: string): Buffer { return createHmac('sha256', this.#key).update(text).digest(); }
}
