/** What can fail at the window. `code` is stable. */
export type WebErrorCode = 'WEB_PORT_TAKEN' | 'WEB_FAILED' | /** The sound had another length than the manifest says. */ 'WEB_SOUND_CHANGED' | /** The disk or the bucket did not answer in time. */ 'WEB_SOUND_LATE';

export class WebError extends Error {
  override readonly name = 'WebError';
  readonly code: WebErrorCode;
  constructor(code: WebErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The stable code of what the world refused (a system call, a bucket), `''` for a bug of ours. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
