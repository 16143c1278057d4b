/** In the server an import shares its thread with callers who wait for their route: every so many rows they are let through. */
const ROWS = 20;

/** Call it with each row. */
export function breather(signal: AbortSignal): () => Promise<void> {
  let row = 0;
  return async () => {
    signal.throwIfAborted();
    row += 1;
    if (row % ROWS === 0) await breath();
  };
}

export const breath = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
