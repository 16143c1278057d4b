import type { Delivery, Settlement } from '../core/ports.ts';
import { nextTry } from '../core/schedule.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Instant } from '../core/words.ts';

const DAY_MS = 86_400_000;

/** What a verdict means for the row. Pure; `die` is a random number in [0, 1). */
export function settlementOf(delivery: Delivery, verdict: Verdict, now: Instant, die: number): Settlement {
  switch (verdict.kind) {
    case 'delivered': return { state: 'done', reason: verdict.note };
    case 'skipped': return { state: 'skipped', reason: verdict.reason };
    case 'refused': return { state: 'dead', reason: verdict.reason };
    // Held, not deferred: whoever lists the outbox sees that it waits for him.
    case 'locked-out': return { state: 'held', reason: verdict.reason };
    case 'try-later': return later(delivery, verdict, now, die);
  }
}

/** We stop: it was not the CRM's fault, so it is due again at once, for the next start. */
export function interrupted(now: Instant): Settlement {
  return { state: 'deferred', reason: 'interrupted by a stop of CallMe', notBefore: now };
}

type TryLater = Extract<Verdict, { kind: 'try-later' }>;

function later(delivery: Delivery, { reason, retryAfterMs }: TryLater, now: Instant, die: number): Settlement {
  const { attempts, createdAt, deadline } = delivery;
  const next = nextTry({ attempts, createdAt, deadline, retryAfterMs }, now, die);
  switch (next.kind) {
    case 'again': return { state: 'deferred', reason, notBefore: next.notBefore };
    case 'expired': return { state: 'expired', reason: `its deadline passed: ${reason}` };
    case 'dead': return { state: 'dead', reason: `given up after ${attempts} attempts in ${days(now - createdAt)} days: ${reason}` };
  }
}

const days = (milliseconds: number): number => Math.round((milliseconds / DAY_MS) * 10) / 10;
