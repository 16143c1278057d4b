/** Why there was no whole answer. Codes are stable: logs, drivers and tests rely on them. */
export type HttpFailureCode =
  /** The deadline passed: before the connection stood (`sent` false) or after the request had gone out. */
  | 'HTTP_TIMEOUT'
  /** Nobody listens there, or the name does not resolve. Never sent. */
  | 'HTTP_REFUSED'
  /** The connection broke, or what came was not HTTP, after the request may have been read. */
  | 'HTTP_RESET'
  /** TLS refused the peer (certificate, protocol). Never sent. */
  | 'HTTP_TLS'
  /** The answer is larger than we are willing to hold. The peer has applied the request. */
  | 'HTTP_TOO_LARGE'
  /** The caller's signal, or `close()`. */
  | 'HTTP_ABORTED'
  /** Plain http towards another machine, or not http at all. Never sent. */
  | 'HTTP_NOT_HTTPS'
  /** An address, header or file name that could forge another request (RFC 9110 5.5: no CR, LF, NUL). Never sent. */
  | 'HTTP_UNSAFE'
  /** The file to upload cannot be read, or changed its size under way. */
  | 'HTTP_FILE'
  /** The product wants to be left alone with this for longer than the request can wait (`DriverTools.rest`). Never sent. */
  | 'HTTP_RESTING';

/** `sent` false = the peer cannot have applied the request; true = it may have. */
export class HttpFailure extends Error {
  readonly code: HttpFailureCode;
  readonly sent: boolean;
  /** How long the product wants to be left alone yet, milliseconds; null = that is not what is wrong. */
  readonly retryAfterMs: number | null;

  /** `origin` is scheme, host and port alone: path and query of a CRM address hold secrets (Bitrix24, U-ON, Telegram). */
  constructor(code: HttpFailureCode, origin: string, why: string, sent: boolean, retryAfterMs: number | null = null) {
    super(`${code}: ${origin}: ${why}`);
    this.name = 'HttpFailure';
    this.code = code;
    this.sent = sent;
    this.retryAfterMs = retryAfterMs;
  }
}

const NOT_REACHED = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'ENETDOWN', 'EHOSTDOWN',
]);

/** The `code` of a Node or undici error, `''` when it has none. Never its message: undici's may quote the address. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Translates what undici threw. `sent`: the request's first byte may have left. */
export function translate(error: unknown, origin: string, sent: boolean): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const code = codeOf(error);
  const [kind, why] = kindOf(code, sent);
  return new HttpFailure(kind, origin, code === '' ? why : `${why} (${code})`, sent && !NEVER_SENT.has(kind));
}

const NEVER_SENT = new Set<HttpFailureCode>(['HTTP_REFUSED', 'HTTP_TLS', 'HTTP_UNSAFE']);

function kindOf(code: string, sent: boolean): readonly [HttpFailureCode, string] {
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return ['HTTP_TIMEOUT', 'no connection in time'];
  if (code === 'UND_ERR_INVALID_ARG') return ['HTTP_UNSAFE', 'a header or the address holds characters that HTTP forbids'];
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return ['HTTP_ABORTED', 'the HTTP client is closed'];
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') return ['HTTP_FILE', 'the file to upload changed its size under way'];
  if (NOT_REACHED.has(code)) return ['HTTP_REFUSED', 'not reachable'];
  if (!sent && isTls(code)) return ['HTTP_TLS', 'TLS does not trust or understand the peer'];
  return sent ? ['HTTP_RESET', 'the connection broke before the whole answer'] : ['HTTP_REFUSED', 'the connection broke before the request'];
}

/** OpenSSL's verify results and Node's own codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isTls(code: string): boolean {
  return /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/.test(code);
}
