/** What can go wrong between CallMe and one Asterisk. The code is stable; the remedy is for the operator's log line. */
export type AmiErrorCode =
  /** Wrong user name or password, or the address is not permitted. */
  | 'AMI_DENIED'
  /** Nobody listens on that host and port. */
  | 'AMI_REFUSED'
  /** No answer within the deadline; the connection may be half-open. */
  | 'AMI_TIMEOUT'
  /** There is no connection (any more). */
  | 'AMI_DOWN'
  /** Who answers there is no Asterisk manager. */
  | 'AMI_GREETING'
  /** Plain text to another machine was not allowed by the configuration, or TLS could not be agreed. */
  | 'AMI_INSECURE'
  /** The action itself would break the protocol (a line break, a line too long …): it was not sent. */
  | 'AMI_ACTION'
  /** Asterisk sent an item or a list beyond the cap. */
  | 'AMI_OVERFLOW'
  /** Our own listener threw: the event was not processed, a resync has to repair that. */
  | 'AMI_LISTENER'
  /** A capture file cannot be read. */
  | 'AMI_CAPTURE';

export class AmiError extends Error {
  override readonly name = 'AmiError';
  readonly code: AmiErrorCode;
  readonly remedy: string;

  /** Neither text may hold a secret: both are logged. */
  constructor(code: AmiErrorCode, message: string, remedy = '', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** What a socket says about its death, as an AmiError. `where` is `host:port`. */
export function socketFailure(where: string, cause: unknown): AmiError {
  if (cause instanceof AmiError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') {
    return new AmiError('AMI_REFUSED', `${where} refused the connection`,
      'is Asterisk running, and does manager.conf [general] have enabled = yes with this port and bindaddr?', { cause });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new AmiError('AMI_DOWN', `connection to ${where} failed: ${message}`, 'check host, network and firewall', { cause });
}
