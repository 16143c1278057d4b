import type { Clock } from '../core/ports.ts';
import { instant } from '../core/words.ts';

/** The one clock of the house; the core gets its instants from events. */
export const systemClock: Clock = { now: () => instant(Date.now()) };
