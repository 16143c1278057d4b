/**
 * What the portal posts: urlencoded, with PHP's brackets in the names (crm-contracts 1.13). The names stay flat text, `data[PHONE_NUMBER]`: nothing is built of
 * them, so that `__proto__` is a name like any other.
 */
const MOST_BYTES = 16 * 1024;
const MOST_KEYS = 200;

/** The value of a name, `''` where it was not sent. */
export type Fields = (name: string) => string;

/** Null: longer, or more names, than an event ever has. Of a name that comes twice the last value counts, as in PHP. */
export function fieldsOf(body: string): Fields | null {
  if (Buffer.byteLength(body) > MOST_BYTES || body.split('&').length > MOST_KEYS) return null;
  const found = new Map(new URLSearchParams(body));
  return (name) => found.get(name) ?? '';
}
