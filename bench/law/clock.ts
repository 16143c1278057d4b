/**
 * Microseconds of processor time that the work took on its own core. Not the clock on the wall: whatever else runs on this machine would be counted in. The
 * collections of young garbage are in it, as they are part of the work; what the collector does beside it on other cores is not.
 */
import { collect } from './collect.ts';

export function microseconds(work: () => void): number {
  collect();
  return spent(work);
}

/** A kernel's clock of processor time ticks every 4 ms: what may be done again is done until it has ticked often enough. */
const ENOUGH = 60_000;

/** Microseconds of one time, of work that leaves everything as it was. */
export function microsecondsEach(work: () => void): number {
  collect();
  let [sum, times] = [0, 0];
  for (; sum < ENOUGH; times += BATCH) sum += spent(() => { for (let time = 0; time < BATCH; time += 1) work(); });
  return sum / times;
}
const BATCH = 2;

function spent(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}
