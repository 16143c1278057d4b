/** Waiting for an answer that may come too late: the caller's patience is a signal. */

/** A promise of null for the moment when patience ends; made of one listener that is taken back. */
export function lateness(signal: AbortSignal): { readonly promise: Promise<null>; readonly forget: () => void } {
  let forget = (): void => { /* nothing was attached */ };
  const promise = new Promise<null>((resolve) => {
    const over = (): void => { resolve(null); };
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    forget = () => { signal.removeEventListener('abort', over); };
  });
  return { promise, forget };
}

/** A driver that forgets its signal must not keep its number's place for ever. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const over = (): void => { reject(signal.reason as Error); };
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    promise.then(resolve, reject).finally(() => { signal.removeEventListener('abort', over); });
  });
}
