import { setTimeout as pause } from 'node:timers/promises';

/** Waits until something that no signal tells has come true; rejects after `seconds`. */
export async function until(holds: () => Promise<boolean> | boolean, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${holds.toString()}`);
    await pause(50);
  }
}
