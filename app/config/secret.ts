import { inspect } from 'node:util';

/**
 * A value that must not be seen. Printing it, putting it into JSON or into a log shows `shown` instead; the only way to the value is
 * `reveal()`, which is easy to search for. `shown` may keep the harmless part (`postgres://***@host/db`).
 */
export class Secret<Value = string> {
  readonly #value: Value;
  readonly shown: string;

  constructor(value: Value, shown = '***') {
    this.#value = value;
    this.shown = shown;
  }

  reveal(): Value { return this.#value; }
  toString(): string { return this.shown; }
  toJSON(): string { return this.shown; }
  [inspect.custom](): string { return this.shown; }
}

/** The harmless part of a URL: scheme and host stay, user, password, path and query go (a Bitrix24 webhook's path is its password). */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return '***';
  const url = new URL(text);
  if (url.protocol === 'sqlite:') return text;
  const account = url.username !== '' || url.password !== '' ? '***@' : '';
  const path = url.pathname.length > 1 || url.search !== '' ? '/***' : '';
  return `${url.protocol}//${account}${url.host}${path}`;
}

/** As `maskUrl`, but a database's name is not a secret. */
export function maskStoreUrl(text: string): string {
  if (!URL.canParse(text)) return '***';
  const url = new URL(text);
  if (url.protocol === 'sqlite:') return text;
  return `${url.protocol}//${url.username === '' ? '' : '***@'}${url.host}${url.pathname}`;
}
