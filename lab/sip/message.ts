/** SIP messages as text [RFC 3261 section 7]. */
export interface SipMessage {
  /** Request line or status line. */
  readonly first: string;
  /** Names in lower case and long form, in order, repeated ones kept. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Compact forms [RFC 3261 7.3.3, RFC 3515, RFC 3892, RFC 6665]. */
const LONG: Readonly<Record<string, string>> = {
  i: 'call-id', f: 'from', t: 'to', v: 'via', m: 'contact', c: 'content-type', l: 'content-length', r: 'refer-to', b: 'referred-by', o: 'event',
};

function parseHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).trim().toLowerCase();
  return [LONG[name] ?? name, line.slice(colon + 1).trim()];
}

export function parseMessage(text: string): SipMessage {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  return { first, headers: lines.filter((line) => line.includes(':')).map(parseHeader), body: end < 0 ? '' : text.slice(end + 4) };
}

export function formatMessage(first: string, headers: readonly string[], body: string): string {
  return [first, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** The first header of that name, or ''. */
export function header(message: SipMessage, name: string): string {
  return message.headers.find(([key]) => key === name)?.[1] ?? '';
}

/** 0 for a request. */
export function statusOf(message: SipMessage): number {
  return message.first.startsWith('SIP/2.0 ') ? Number(message.first.split(' ')[1]) : 0;
}

export const methodOf = (message: SipMessage): string => message.first.split(' ')[0] ?? '';
export const requestUri = (message: SipMessage): string => message.first.split(' ')[1] ?? '';

export function cseqOf(message: SipMessage): { readonly number: number; readonly method: string } {
  const [number = '0', method = ''] = header(message, 'cseq').split(' ');
  return { number: Number(number), method };
}

export const tagOf = (nameAddress: string): string => /;tag=([^;>\s]+)/.exec(nameAddress)?.[1] ?? '';

export function uriOf(nameAddress: string): string {
  return /<([^>]+)>/.exec(nameAddress)?.[1] ?? nameAddress.split(';')[0]?.trim() ?? '';
}
