/** Watches one reader: who takes no bytes for too long, or takes them too slowly on the whole, is cut off. A player then asks for the rest. */
import type { ServerResponse } from 'node:http';
import type { Ending } from './exchange.ts';

export interface ReaderLimits {
  /** Milliseconds without a single byte. Bytes go in pieces of 64 KiB, which last a minute where sound is thinnest. */
  readonly idleMs: number;
  /** Bytes per second on the whole: below it the reader only holds a connection. The thinnest MP3 (8 kbit/s) plays at 1000. */
  readonly slowest: number;
}

export const READER_LIMITS: ReaderLimits = { idleMs: 120_000, slowest: 500 };

/**
 * Calls `closed` once: at the end of the answer, or when the connection is gone. Progress is what the kernel took off our hands; the last
 * bytes count too, which lie in buffers when a stream has long ended.
 */
export function watchReader(response: ServerResponse, { idleMs, slowest }: ReaderLimits, closed: (ending: Ending) => void): void {
  const { socket } = response;
  const taken = (): number => (socket === null ? 0 : socket.bytesWritten - socket.writableLength);
  const begun = { bytes: taken(), at: performance.now() };
  let last = begun.bytes;
  let slow = false;
  const timer = setInterval(() => {
    const now = taken();
    const seconds = (performance.now() - begun.at) / 1000;
    const waiting = response.headersSent && !response.writableFinished;
    slow = waiting && (now === last || now - begun.bytes < (seconds - 2 * idleMs / 1000) * slowest);
    last = now;
    if (slow) response.destroy();
  }, idleMs);
  timer.unref();
  response.once('close', () => {
    clearInterval(timer);
    closed(response.writableFinished ? 'whole' : slow ? 'slow' : 'left');
  });
}
