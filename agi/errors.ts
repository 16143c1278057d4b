/**
 * AGI_HANGUP      the caller is gone: a HANGUP line, or 511 on a dead channel
 * AGI_CLOSED      Asterisk closed or reset the connection, the session has ended, or the peer does not speak AGI
 * AGI_TIMEOUT     no answer in time (request block, one command, or the session as a whole)
 * AGI_REFUSED     Asterisk refused the command: 510 unknown, 520 wrong usage
 * AGI_UNSAFE      we refused to write it: a line break, NUL, or a line that Asterisk would cut
 * AGI_PORT_TAKEN  somebody listens where we should
 */
export type AgiErrorCode = 'AGI_HANGUP' | 'AGI_CLOSED' | 'AGI_TIMEOUT' | 'AGI_REFUSED' | 'AGI_UNSAFE' | 'AGI_PORT_TAKEN';

export class AgiError extends Error {
  override readonly name = 'AgiError';
  readonly code: AgiErrorCode;

  constructor(code: AgiErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error that tells what the peer did, not where we were: it needs no stack, and may be shared. */
export function peerError(code: AgiErrorCode, message: string): AgiError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new AgiError(code, message);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
