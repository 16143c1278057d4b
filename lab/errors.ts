/** What fails in the lab's technique. `code` is stable; the message holds what the tool last said. */
export type LabErrorCode = 'build-failed' | 'no-place' | 'asterisk-did-not-start' | 'asterisk-gone' | 'cli-failed' | 'control-failed' | 'timeout' | 'abandoned';

export class LabError extends Error {
  readonly code: LabErrorCode;
  constructor(code: LabErrorCode, message: string) {
    super(message);
    this.name = 'LabError';
    this.code = code;
  }
}

/** Settles as `promise` does, or rejects with a LabError `timeout` that says what was waited for. */
export async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new LabError('timeout', `${what}: nothing after ${seconds} s`)); }, seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
