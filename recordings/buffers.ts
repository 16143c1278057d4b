/**
 * Buffers that are used again. One for each look at a file (two looks a recording) would be garbage outside the heap, which V8 collects late:
 * ten thousand short recordings would leave hundreds of megabytes of it for a while.
 */

const BYTES = 256 * 1024;
/** More looks than this at a time are rare: their buffers are garbage then. */
const MOST_FREE = 8;
const free: Buffer[] = [];

/** 256 KiB of anything, aligned for samples. Whoever takes it gives it back, once, when nobody reads it any more. */
export const takeBuffer = (): Buffer => free.pop() ?? Buffer.from(new ArrayBuffer(BYTES));

export function giveBack(buffer: Buffer): void {
  if (free.length < MOST_FREE) free.push(buffer);
}
