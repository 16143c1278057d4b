/**
 * Work on many recordings in one thread, a piece a turn of its loop: in between lame is heard. A dozen files that are deleted or looked at one after the other without a
 * pause leave the encoders that end meanwhile without work, half a millisecond for each recording where lame itself needs seven.
 */
let last: Promise<void> = Promise.resolve();

/** Resolves in a turn of its own, behind all who asked before. */
export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => { setImmediate(resolve); }));
  return last;
}
