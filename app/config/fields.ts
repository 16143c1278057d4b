/**
 * The kinds of value that a configuration key can have. Each knows in words what it expects and an example, because both are what a
 * person needs when it is wrong (`meta`, read by `describe.ts`).
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { asteriskPattern } from '../dialplan-kit/pattern.ts';
import { maskStoreUrl, Secret } from './secret.ts';

/** `expected` and `example` travel with the schema. */
export function told<Schema extends z.ZodType>(schema: Schema, expected: string, example: string): Schema {
  return schema.meta({ description: expected, example });
}

/** An address to listen on; port 0 lets the system choose (tests). */
export interface Listen { readonly host: string; readonly port: number }

export function parseListen(text: string): Listen | null {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

export function showListen(listen: Listen): string {
  return isIP(listen.host) === 6 ? `[${listen.host}]:${listen.port}` : `${listen.host}:${listen.port}`;
}

export const listen = (example: string) => told(z.string().refine((text) => parseListen(text) !== null)
  .transform((text): Listen => parseListen(text) ?? { host: '127.0.0.1', port: 0 }), 'HOST:PORT', example);

/** Ids become parts of keys (`<pbx>/<linkedid>`, `<call>|<account>`), so none of the separators may be in them. */
export const id = (what: string, example: string) => told(z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
  `the ${what}'s id: 1 to 40 letters, digits, "_" or "-"`, example);

export const text = (expected: string, example: string) => told(z.string().min(1), expected, example);
export const flag = (expected: string, example: string) => told(z.boolean(), `true or false: ${expected}`, example);
export const whole = (from: number, to: number, what: string, example: string) => told(z.int().min(from).max(to),
  `${what}, ${from} to ${to}`, example);
export const secret = (expected: string, example: string) => told(z.string().min(1).transform((value) => new Secret(value)), expected, example);
export const storeUrl = (example: string) => told(z.string().regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/)
  .transform((value) => new Secret(value, maskStoreUrl(value))),
    '"sqlite:FILE" (relative to dataDir) or "postgres://user:password@host/database"', example);
export const folder = (expected: string, example: string) => told(z.string().regex(/^\//), `${expected}: an absolute path`, example);
export const webUrl = (expected: string, example: string) => told(
  z.string().refine((value) => URL.canParse(value)
    && /^https?:$/.test(new URL(value).protocol)).transform((value) => value.replace(/\/+$/, '')), expected, example);

export function isRegex(source: string): boolean {
  try {
    return new RegExp(source, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

export const regex = (expected: string, example: string) => told(z.string().refine(isRegex).transform((source) => new RegExp(source,
  'u')), `${expected}: a regular expression`, example);

/** Read by CallMe and by the dialplan alike (`app/dialplan-kit/pattern.ts`). */
export const pattern = (expected: string, example: string) => told(z.string().refine((source) => isRegex(source) && asteriskPattern(source) !== null)
  .transform((source) => new RegExp(source, 'u')), `${expected}: a regular expression that Asterisk reads, too (digits, letters, ^ $ . | ( ) [ ] ? * + {2,3} \\d \\w)`, example);

export const address = (example: string) => told(z.string().refine(isAddress), 'an IP address, or a network such as 10.0.0.0/8', example);

function isAddress(value: string): boolean {
  const [ip = '', bits, ...more] = value.split('/');
  const size = isIP(ip) === 6 ? 128 : 32;
  return isIP(ip) !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= size));
}

/** An IANA name, `Europe/Moscow`, `UTC`. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
