/** `Authorization: Bearer …` against the tokens of the configuration. */
import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export type Shown = 'right' | 'wrong' | 'none';

/** Every token is compared, and whole: hashes have one length, so how long it takes tells neither a token nor its length. */
export function shownToken(header: string | undefined, tokens: readonly string[]): Shown {
  const [, token] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '') ?? [];
  if (token === undefined) return header === undefined ? 'none' : 'wrong';
  const shown = digest(token);
  return tokens.map((known) => timingSafeEqual(digest(known), shown)).includes(true) ? 'right' : 'wrong';
}
